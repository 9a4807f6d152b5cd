// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bench.h"
#include "host/clock.h"
#include "host/tai.h"

#define VERDICT_NEXT 0xffffffffU /* TCX_NEXT, as test-run hands it out */
#define VERDICT_REDIRECT 7
#define VERDICT_SHOT 2

static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

uint64_t bench_tai_ns(void)
{
	return read_ns(CLOCK_TAI);
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	printf("Bail out! %s: %s\n", what, strerror(err < 0 ? -err : errno));
	exit(1);
}

void bench_allow(struct bench *b, const uint8_t address[16], uint32_t bits)
{
	struct door_prefix key = { .length = bits };
	__u32 yes = 1;

	memcpy(key.address, address, 16);
	must(bpf_map_update_elem(bpf_map__fd(b->skel->maps.allow), &key, &yes,
				 BPF_ANY),
	     "allow list");
}

static void open_door(struct bench *b)
{
	int version, fd = bpf_map__fd(b->skel->maps.local);
	struct door_address key;
	uint8_t address[16];
	__u32 yes = 1;

	for (version = 4; version <= 6; version += 2) {
		frame_address(key.address, version, 1, 2);
		must(bpf_map_update_elem(fd, &key, &yes, BPF_ANY), "local");
		frame_address(address, version, 0, 0);
		bench_allow(b, address, 125); /* .0 to .7 */
	}
}

void bench_open(struct bench *b, const struct bench_setup *setup)
{
	struct reflector_config *c;
	struct taimap map;

	memset(b, 0, sizeof(*b));
	b->skel = reflector_bpf__open();
	must(b->skel ? 0 : -errno, "open the reflector's object");
	b->no_link = setup->no_link;
	c = (struct reflector_config *)&b->skel->rodata->config;
	c->port = htons(FRAME_PORT);
	c->link_header = setup->no_link ? 0 : 14;
	c->has_tai = !setup->no_tai;
	c->token_ns = setup->token_ns;
	c->burst_ns = setup->burst_ns;
	must(reflector_bpf__load(b->skel),
	     "load the reflector (it takes CAP_BPF and CAP_NET_ADMIN)");
	tai_read(&map);
	b->skel->bss->clock_known = (struct reflector_clock){
		.tai_offset_ns = map.offset_ns,
		.error = BENCH_ERROR,
		.stale = BENCH_STALE,
		.from_ns = bench_tai_ns(),
		.lease_ns = 3600 * (uint64_t)NSEC_PER_SEC,
	};
	b->fd[BENCH_XDP] = bpf_program__fd(b->skel->progs.xrtt_reflect_xdp);
	b->fd[BENCH_TC] = bpf_program__fd(b->skel->progs.xrtt_reflect_tc);
	open_door(b);
}

void bench_close(struct bench *b)
{
	reflector_bpf__destroy(b->skel);
}

static enum bench_fate read_fate(enum bench_hook hook, uint32_t verdict)
{
	if (hook == BENCH_XDP)
		return verdict == XDP_TX     ? BENCH_SEND
		       : verdict == XDP_DROP ? BENCH_DROP
		       : verdict == XDP_PASS ? BENCH_PASS
					     : BENCH_STRANGE;
	return verdict == VERDICT_REDIRECT ? BENCH_SEND
	       : verdict == VERDICT_SHOT   ? BENCH_DROP
	       : verdict == VERDICT_NEXT   ? BENCH_PASS
					   : BENCH_STRANGE;
}

int bench_run(struct bench *b, enum bench_hook hook, struct bench_run *run)
{
	struct __sk_buff skb = { .gso_size = run->gso_size,
				 .data_end = run->linear };
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err;

	opts.data_in = run->in.octets;
	opts.data_size_in = run->in.length;
	opts.data_out = run->out.octets;
	opts.data_size_out = sizeof(run->out.octets);
	opts.repeat = run->repeat ? run->repeat : 1;
	opts.flags = run->flags;
	if (run->gso_size || run->linear) {
		opts.ctx_in = &skb;
		opts.ctx_size_in = sizeof(skb);
	}
	err = bpf_prog_test_run_opts(b->fd[hook], &opts);
	if (err)
		return err;
	run->out.length = opts.data_size_out;
	run->duration_ns = opts.duration;
	run->fate = read_fate(hook, opts.retval);
	return 0;
}

static uint64_t sum_counter(struct bench *b, __u32 counter)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *each = calloc(cpus, sizeof(*each));
	uint64_t sum = 0;
	int i;

	must(bpf_map_lookup_elem(bpf_map__fd(b->skel->maps.counters), &counter,
				 each),
	     "read a counter");
	for (i = 0; i < cpus; i++)
		sum += each[i];
	free(each);
	return sum;
}

int bench_counted(struct bench *b)
{
	int i, found = -1;
	uint64_t now;

	for (i = 0; i < DOOR_COUNTERS; i++) {
		now = sum_counter(b, i);
		if (now == b->counters[i])
			continue;
		found = found == -1 && now == b->counters[i] + 1 ? i : -2;
		b->counters[i] = now;
	}
	return found;
}

int bench_set_up(void **state)
{
	static struct bench b;
	struct bench_setup setup = { 0 };

	bench_open(&b, &setup);
	*state = &b;
	return 0;
}

int bench_tear_down(void **state)
{
	bench_close(*state);
	return 0;
}
