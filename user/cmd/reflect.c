// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "out/preflight.h"
#include "probe/reflector.h"
#include "probe/session.h"
#include "wire.h"

/* How often the answers' Error Estimate follows the clock's state. */
#define REFRESH_MS 1000

struct reflect_options {
	const char *ifname;
	struct option_list allow;
	uint64_t port, rate;
	int hook, tc, clock;
	bool prepare, verbose;
};

static const char *const hooks[] = { "auto", "xdp", "tc", NULL };
static const char *const tcs[] = { "auto", "tcx", "clsact", NULL };
static const char *const clocks[] = { "auto", "tai", "offset", NULL };

#define AT(member) offsetof(struct reflect_options, member)

static const struct option_row rows[] = {
	{ OPTION_TEXT, 'I', "interface", "IFACE", "answer on this one",
	  AT(ifname), 0, 0, NULL },
	{ OPTION_LIST, 0, "allow", "CIDR",
	  "who may ask; may be repeated (nobody)", AT(allow), 0, 0, NULL },
	{ OPTION_NUMBER, 'p', "port", "PORT", "UDP port (862)", AT(port), 1,
	  65535, NULL },
	{ OPTION_NUMBER, 0, "rate", "PPS",
	  "answers a second and source; 0: no limit (100000)", AT(rate), 0,
	  100000000, NULL },
	{ OPTION_CHOICE, 0, "hook", "KIND",
	  "auto: native XDP, else tc; xdp; tc", AT(hook), 0, 0, hooks },
	{ OPTION_CHOICE, 0, "tc", "KIND", "auto: tcx, else clsact; tcx; clsact",
	  AT(tc), 0, 0, tcs },
	{ OPTION_CHOICE, 0, "clock", "KIND",
	  "auto: the kernel's TAI, else offset; tai; offset", AT(clock), 0, 0,
	  clocks },
	{ OPTION_FLAG, 0, "prepare", NULL,
	  "give native XDP what it needs, put back after", AT(prepare), 0, 0,
	  NULL },
	{ OPTION_FLAG, 'v', "verbose", NULL, "what is on the interface",
	  AT(verbose), 0, 0, NULL },
	{ 0 },
};

static const struct command_usage usage = {
	.name = "reflect",
	.summary = "answer STAMP probes in the kernel, until Ctrl-C",
	.more = "SIGUSR1 prints what became of the packets so far.",
	.rows = rows,
};

static const char *const counter_names[DOOR_COUNTERS] = {
	[DOOR_ANSWERED] = "answered",
	[DOOR_REFUSED_SOURCE] = "refused: source not on the allow list",
	[DOOR_REFUSED_RATE] = "refused: source over --rate",
	[DOOR_REFUSED_LOOP] =
		"refused: an answer, or sent from a reflector's port",
	[DOOR_PASSED_SHORT] = "passed on: shorter than STAMP's 44 octets",
	[DOOR_PASSED_LONG] = "passed on: longer than 512 octets of UDP",
	[DOOR_PASSED_LENGTH] = "passed on: lengths disagree",
	[DOOR_PASSED_OPTIONS] = "passed on: IPv4 options",
	[DOOR_PASSED_FRAGMENT] = "passed on: a fragment",
	[DOOR_PASSED_ELSEWHERE] = "passed on: not addressed to this host",
	[DOOR_FAILED] = "failed: could not be answered",
};

/* Answers always, everything else where there is any. */
static void print_counters(const struct reflector *r)
{
	uint64_t count[DOOR_COUNTERS];

	reflector_count(r, count);
	for (int i = 0; i < DOOR_COUNTERS; i++) {
		if (count[i] || i == DOOR_ANSWERED)
			printf("%12" PRIu64 "  %s\n", count[i],
			       counter_names[i]);
	}
	fflush(stdout);
}

/* *stop: the same without SIGUSR1, which ends nothing; for looking only. */
static int open_signals(int *stop)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	*stop = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* True until asked to end. */
static bool serve_signals(const struct reflector *r, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGUSR1)
			return false;
		print_counters(r);
	}
	return true;
}

static void serve(struct reflector *r, int signals)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = reflector_fd(r), .events = POLLIN },
		{ .fd = reflector_clock_fd(r), .events = POLLIN },
	};
	int err;

	do {
		poll(fds, 3, REFRESH_MS);
		err = reflector_refresh(r);
		if (err)
			fprintf(stderr,
				"xrtt reflect: cannot read this host's "
				"addresses: %s\n",
				strerror(-err));
	} while (serve_signals(r, signals));
}

/* A line for each step down that it took. */
static void say_fallbacks(const struct fallback *at)
{
	const struct fallback *clock = &at[FALLBACK_CLOCK];

	if (at[FALLBACK_RX].used)
		fprintf(stderr, "xrtt reflect: not by native XDP: %s\n",
			at[FALLBACK_RX].why);
	if (at[FALLBACK_TX].used)
		fprintf(stderr, "xrtt reflect: not by tcx: %s\n",
			at[FALLBACK_TX].why);
	if (clock->used)
		fprintf(stderr, "xrtt reflect: no TAI in the kernel: %s\n",
			clock->why);
}

static void say_ready(const struct reflector *r,
		      const struct reflect_options *o)
{
	fprintf(stderr, "xrtt reflect: reflecting on %s, UDP port %u, by %s\n",
		o->ifname, (unsigned int)o->port, reflector_how(r));
	say_fallbacks(reflector_fallbacks(r)->at);
	if (!reflector_has_tai(r))
		fputs("xrtt reflect: stamps are MONOTONIC plus an offset, "
		      "exact but until a step of the clock is noticed\n",
		      stderr);
	if (o->verbose)
		preflight_text(stderr, "xrtt reflect", reflector_preflight(r));
	if (!o->allow.count)
		fprintf(stderr, "xrtt reflect: nobody is allowed to ask; "
				"--allow CIDR lets them\n");
}

static int parse_allow(const struct option_list *list, struct prefix *out)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!prefix_parse(list->item[i], &out[i]))
			continue;
		fprintf(stderr,
			"xrtt reflect: --allow %s: not a prefix such as "
			"10.0.0.0/16 or fd00::/8 (no bits beyond the length)\n",
			list->item[i]);
		return -EINVAL;
	}
	return 0;
}

static void on_tuned(void *data, const char *line)
{
	(void)data;
	fprintf(stderr, "xrtt reflect: %s\n", line);
}

static enum session_end run(const struct reflect_options *o,
			    const struct prefix *allow)
{
	static const struct tune_sink sink = { .line = on_tuned };
	int stop, signals = open_signals(&stop);
	const struct reflector_plan plan = {
		.ifname = o->ifname,
		.allow = allow,
		.allows = o->allow.count,
		.port = o->port,
		.hook = o->hook,
		.tc = o->tc,
		.clock = o->clock,
		.rate = o->rate,
		.prepare = o->prepare,
		.sink = &sink,
		.stop_fd = stop,
	};
	char why[WHY_SIZE];
	struct reflector *r;
	int err;

	r = reflector_open(&plan, why, &err);
	if (!r) {
		fprintf(stderr, "xrtt reflect: %s\n", why);
		return err == -ENODEV ? SESSION_BAD_ARGUMENT : SESSION_CANNOT;
	}
	say_ready(r, o);
	serve(r, signals);
	print_counters(r);
	reflector_close(r);
	return SESSION_MEASURED;
}

int cmd_reflect(int argc, char **argv)
{
	struct reflect_options o = { .port = STAMP_PORT, .rate = 100000 };
	struct prefix allow[OPTION_LIST_MAX];
	const char *operand;
	int err = option_parse(&usage, argc, argv, &o, &operand);

	if (err)
		return err > 0 ? SESSION_MEASURED : SESSION_BAD_ARGUMENT;
	if (!o.ifname) {
		fprintf(stderr, "xrtt reflect: on which interface? -I is "
				"missing (see xrtt reflect -h)\n");
		return SESSION_BAD_ARGUMENT;
	}
	if (parse_allow(&o.allow, allow))
		return SESSION_BAD_ARGUMENT;
	return run(&o, allow);
}
