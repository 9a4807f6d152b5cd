// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "delay.h"
#include "delay.skel.h"
#include "span.h"

/* Not in libbpf 1.1's headers. */
#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define PLACE_BEFORE (1u << 3)
#define PLACE_AFTER (1u << 4)

#define MAX_WAIT_NS 100000000

struct hook {
	const char *name;
	int attach;
	__u32 place;
	bool cgroup;
};

static const struct hook hooks[] = {
	{ "tcx-egress-after", TCX_EGRESS, PLACE_AFTER, false },
	{ "tcx-ingress-before", TCX_INGRESS, PLACE_BEFORE, false },
	{ "tcx-ingress-after", TCX_INGRESS, PLACE_AFTER, false },
	{ "cgroup-egress", BPF_CGROUP_INET_EGRESS, 0, true },
	{ "cgroup-ingress", BPF_CGROUP_INET_INGRESS, 0, true },
};

struct options {
	const struct hook *hook;
	const char *target;
	const char *log;
	int seconds;
	struct delay_config config;
};

static const char usage[] =
	"usage: delay HOOK IFACE|CGROUP TIME [--port P | --icmp] [--drop]\n"
	"             [--nth N[-M][,...]] [--odd] [--seconds S] [--log FILE]\n"
	"Holds every matching packet for TIME (ns us ms s) at HOOK, one of\n"
	"  tcx-egress-after tcx-ingress-before tcx-ingress-after IFACE\n"
	"  cgroup-egress cgroup-ingress CGROUP, a directory\n"
	"or drops it. --odd: only odd STAMP sequence numbers match. Prints\n"
	"\"ready\", on exit \"seen N hit N\". The log has a line per matching\n"
	"packet: CLOCK_MONOTONIC in ns as it came to HOOK.\n";

static const struct hook *hook_find(const char *name)
{
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (!strcmp(hooks[i].name, name))
			return &hooks[i];
	return NULL;
}

/* "1,5,100-149": numbers of packets, counted from 1. */
static int ranges_parse(const char *text, struct delay_config *config)
{
	struct delay_range *range;
	char *end;

	for (;; text = end + 1) {
		if (config->ranges == DELAY_RANGES)
			return -E2BIG;
		range = &config->range[config->ranges++];
		range->first = strtoull(text, &end, 10);
		range->last = range->first;
		if (end == text || !range->first)
			return -EINVAL;
		if (*end == '-') {
			text = end + 1;
			range->last = strtoull(text, &end, 10);
			if (end == text || range->last < range->first)
				return -EINVAL;
		}
		if (!*end)
			return 0;
		if (*end != ',')
			return -EINVAL;
	}
}

static int option_take(int c, struct options *o)
{
	int64_t value = 0;

	if (c == 'p') {
		value = number_parse(optarg, 65535);
		o->config.port = value;
	} else if (c == 's') {
		value = number_parse(optarg, 3600);
		o->seconds = value;
	} else if (c == 'n') {
		value = ranges_parse(optarg, &o->config);
	} else if (c == 'l') {
		o->log = optarg;
	} else if (c == 'i') {
		o->config.icmp = 1;
	} else if (c == 'o') {
		o->config.odd = 1;
	} else if (c == 'd') {
		o->config.drop = 1;
	} else {
		value = -EINVAL;
	}
	return value < 0 ? (int)value : 0;
}

static int options_parse(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "icmp", no_argument, NULL, 'i' },
		{ "odd", no_argument, NULL, 'o' },
		{ "drop", no_argument, NULL, 'd' },
		{ "nth", required_argument, NULL, 'n' },
		{ "log", required_argument, NULL, 'l' },
		{ "seconds", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int64_t wait;
	int c, err;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		err = option_take(c, o);
		if (err)
			return err;
	}
	if (argc - optind != 3)
		return -EINVAL;
	o->hook = hook_find(argv[optind]);
	o->target = argv[optind + 1];
	wait = span_parse(argv[optind + 2]);
	if (!o->hook || wait < 0 || wait > MAX_WAIT_NS)
		return -EINVAL;
	o->config.wait_ns = wait;
	return 0;
}

/* The link's descriptor, or -errno. */
static int delay_attach(const struct delay_bpf *skel, const struct options *o)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = o->hook->place);
	int prog, target, fd;

	if (o->hook->cgroup) {
		prog = bpf_program__fd(skel->progs.delay_cgroup);
		target = open(o->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (target < 0)
			return -errno;
	} else {
		prog = bpf_program__fd(skel->progs.delay_tc);
		target = if_nametoindex(o->target);
		if (!target)
			return -errno;
	}
	fd = bpf_link_create(prog, target, o->hook->attach, &opts);
	if (o->hook->cgroup)
		close(target);
	return fd;
}

static void stop_wait(const sigset_t *stop, int seconds)
{
	struct timespec limit = { .tv_sec = seconds };

	while (sigtimedwait(stop, NULL, &limit) < 0 && errno == EINTR)
		;
}

static int log_write(const struct delay_bpf *skel, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	for (__u64 i = 0; i < skel->bss->seen && i < DELAY_LOG; i++)
		fprintf(f, "%llu\n", (unsigned long long)skel->bss->arrived[i]);
	return fclose(f) ? -errno : 0;
}

static int delay_run(const struct options *o, const sigset_t *stop)
{
	struct delay_bpf *skel = delay_bpf__open();
	int link = -1, err;

	if (!skel)
		return -errno;
	memcpy((void *)&skel->rodata->config, &o->config, sizeof(o->config));
	bpf_program__set_autoload(skel->progs.delay_tc, !o->hook->cgroup);
	bpf_program__set_autoload(skel->progs.delay_cgroup, o->hook->cgroup);
	err = delay_bpf__load(skel);
	if (err)
		goto out;
	link = delay_attach(skel, o);
	err = link < 0 ? link : 0;
	if (err)
		goto out;
	puts("ready");
	fflush(stdout);
	stop_wait(stop, o->seconds);
	printf("seen %llu hit %llu\n", (unsigned long long)skel->bss->seen,
	       (unsigned long long)skel->bss->hit);
	if (o->log)
		err = log_write(skel, o->log);
out:
	if (link >= 0)
		close(link);
	delay_bpf__destroy(skel);
	return err;
}

int main(int argc, char **argv)
{
	struct options o = { .seconds = 60, .config.port = 862 };
	sigset_t stop;
	int err;

	if (options_parse(argc, argv, &o)) {
		fputs(usage, stderr);
		return 2;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	err = delay_run(&o, &stop);
	if (!err)
		return 0;
	fprintf(stderr, "delay: %s on %s: %s\n", o.hook->name, o.target,
		strerror(-err));
	return 1;
}
