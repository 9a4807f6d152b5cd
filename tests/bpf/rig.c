// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "rig.h"
#include "prober.skel.h"

#define TCX_PASS 0xffffffffU /* TCX_NEXT, as test-run hands it out */

struct kind {
	int version;
	int protocol;
	uint8_t far;
	uint16_t near_port;
};

static const struct kind kinds[RIG_SESSIONS] = {
	{ 4, IPPROTO_UDP, RIG_FAR, RIG_PORT },
	{ 6, IPPROTO_UDP, RIG_FAR, RIG_PORT + 1 },
	{ 4, IPPROTO_ICMP, RIG_FAR, 1 },
	{ 6, IPPROTO_ICMPV6, RIG_FAR, RIG_PORT + 3 },
	{ 4, IPPROTO_UDP, RIG_FAR_OTHER, 65535 },
	{ 6, IPPROTO_UDP, RIG_FAR_OTHER, RIG_PORT + 5 },
};

static void must(int err, const char *what)
{
	if (!err)
		return;
	printf("Bail out! %s: %s\n", what, strerror(err < 0 ? -err : errno));
	exit(1);
}

uint64_t rig_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

void rig_move(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

static uint16_t far_port(const struct kind *k)
{
	return k->protocol == IPPROTO_UDP ? FRAME_PORT : 0;
}

static void set_sessions(struct rig *r)
{
	struct session s;
	uint32_t i, port, number;

	for (i = 0; i < RIG_SESSIONS; i++) {
		memset(&s, 0, sizeof(s));
		frame_address(s.remote, kinds[i].version, 1, kinds[i].far);
		s.local_port = htons(kinds[i].near_port);
		s.remote_port = htons(far_port(&kinds[i]));
		s.protocol = kinds[i].protocol;
		s.first_slot = i * RIG_SLOTS;
		s.slot_mask = RIG_SLOTS - 1;
		port = kinds[i].near_port;
		number = i + 1;
		must(bpf_map_update_elem(bpf_map__fd(r->bpf->maps.sessions), &i,
					 &s, BPF_ANY),
		     "set a session");
		must(bpf_map_update_elem(bpf_map__fd(r->bpf->maps.ports), &port,
					 &number, BPF_ANY),
		     "set a port");
	}
}

static int keep_record(void *ctx, void *data, size_t size)
{
	struct rig *r = ctx;
	unsigned int i;

	assert_int_equal(size, sizeof(struct slot));
	for (i = 0; i < RIG_RECORDS && r->records[i].state; i++)
		;
	assert_true(i < RIG_RECORDS);
	memcpy(&r->records[i], data, size);
	assert_int_equal(r->records[i].state, SLOT_DONE);
	return 0;
}

static void take_programs(struct rig *r)
{
	struct bpf_program *programs[RIG_HOOKS] = {
		r->bpf->progs.xrtt_tc_egress,  r->bpf->progs.xrtt_xdp_rx,
		r->bpf->progs.xrtt_tc_ingress, r->bpf->progs.xrtt_sock_udp,
		r->bpf->progs.xrtt_sock_icmp4, r->bpf->progs.xrtt_sock_icmp6,
	};

	for (int i = 0; i < RIG_HOOKS; i++)
		r->fd[i] = bpf_program__fd(programs[i]);
}

void rig_open(struct rig *r, const struct rig_setup *setup)
{
	memset(r, 0, sizeof(*r));
	r->setup = *setup;
	r->bpf = prober_bpf__open();
	must(r->bpf ? 0 : -errno, "open the prober's object");
	r->bpf->rodata->config.link_header = setup->no_link ? 0 : 14;
	r->bpf->rodata->config.rx_at_tc = setup->rx_at_tc;
	bpf_program__set_autoload(r->bpf->progs.xrtt_xdp_rx, !setup->rx_at_tc);
	bpf_map__set_max_entries(r->bpf->maps.sessions, RIG_SESSIONS);
	bpf_map__set_max_entries(r->bpf->maps.slots, RIG_ALL);
	must(prober_bpf__load(r->bpf),
	     "load the prober (it takes CAP_BPF and CAP_NET_ADMIN)");
	take_programs(r);
	set_sessions(r);
	r->slots = mmap(NULL, sizeof(struct slot) * RIG_ALL,
			PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(r->bpf->maps.slots), 0);
	must(r->slots == MAP_FAILED, "map the slots");
	r->ring = ring_buffer__new(bpf_map__fd(r->bpf->maps.records),
				   keep_record, r, NULL);
	must(r->ring ? 0 : -errno, "open the ring buffer");
}

void rig_close(struct rig *r)
{
	ring_buffer__free(r->ring);
	munmap(r->slots, sizeof(struct slot) * RIG_ALL);
	prober_bpf__destroy(r->bpf);
}

uint64_t rig_nonce(int session, uint32_t seq)
{
	uint64_t z = ((uint64_t)session + 1) << 32 | seq;

	return (z ^ z >> 29) * 0xbf58476d1ce4e5b9ULL;
}

struct slot *rig_slot(struct rig *r, int session, uint32_t seq)
{
	return &r->slots[session * RIG_SLOTS + seq % RIG_SLOTS];
}

struct slot *rig_arm(struct rig *r, int session, uint32_t seq,
		     enum slot_engine engine)
{
	struct slot *slot = rig_slot(r, session, seq);

	*slot = (struct slot){
		.state = SLOT_ARMED,
		.seq = seq,
		.nonce = rig_nonce(session, seq),
		.session = session,
		.engine = engine,
		.tx_cpu = 0xffff,
		.rx_cpu = 0xffff,
	};
	return slot;
}

struct probe_spec rig_request(const struct rig *r, int session, uint32_t seq)
{
	const struct kind *k = &kinds[session];

	return (struct probe_spec){
		.version = k->version,
		.protocol = k->protocol,
		.outbound = 1,
		.no_link = r->setup.no_link,
		.far = k->far,
		.near = 1,
		.far_port = far_port(k),
		.near_port = k->near_port,
		.ttl = 64,
		.icmp_type = -1,
		.seq = seq,
		.nonce = rig_nonce(session, seq),
		.payload = FRAME_STAMP,
	};
}

struct probe_spec rig_reply(const struct rig *r, int session, uint32_t seq)
{
	struct probe_spec s = rig_request(r, session, seq);

	s.outbound = 0;
	s.ttl = 57;
	s.reflector_seq = 0x01020304 + seq;
	s.received = 0x1122334455667788ULL + seq;
	s.sent = 0x8877665544332211ULL - seq;
	s.error = 0xc1a7;
	s.sender_ttl = 251;
	return s;
}

enum rig_hook rig_first(const struct rig *r)
{
	return r->setup.rx_at_tc ? RIG_INGRESS : RIG_XDP;
}

enum rig_hook rig_socket(int session)
{
	return kinds[session].protocol == IPPROTO_UDP ? RIG_UDP
	       : kinds[session].version == 4	      ? RIG_ICMP4
						      : RIG_ICMP6;
}

int rig_is_socket(enum rig_hook hook)
{
	return hook >= RIG_UDP;
}

int rig_run(const struct rig *r, enum rig_hook hook, const struct frame *in,
	    struct rig_ran *ran)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err;

	opts.data_in = in->octets;
	opts.data_size_in = in->length;
	opts.data_out = ran->out.octets;
	opts.data_size_out = sizeof(ran->out.octets);
	opts.repeat = 1;
	err = bpf_prog_test_run_opts(r->fd[hook], &opts);
	ran->verdict = opts.retval;
	ran->out.length = opts.data_size_out;
	return err;
}

uint32_t rig_pass_verdict(enum rig_hook hook, const struct frame *in)
{
	return hook == RIG_XDP	 ? XDP_PASS
	       : hook >= RIG_UDP ? in->length - 14
				 : TCX_PASS;
}

void rig_send_frame(struct rig *r, enum rig_hook hook, const struct frame *in,
		    uint32_t verdict)
{
	struct rig_ran ran;

	assert_int_equal(rig_run(r, hook, in, &ran), 0);
	assert_int_equal(ran.verdict, verdict);
	assert_int_equal(ran.out.length, in->length);
	assert_memory_equal(ran.out.octets, in->octets, in->length);
}

void rig_frame(struct frame *f, enum rig_hook hook, const struct probe_spec *s)
{
	struct frame whole;

	if (!rig_is_socket(hook)) {
		probe_frame_build(f, s);
		return;
	}
	probe_frame_build(&whole, s);
	probe_frame_cut(f, &whole, s);
}

void rig_send(struct rig *r, enum rig_hook hook, const struct probe_spec *s,
	      uint32_t verdict)
{
	struct frame f;

	rig_frame(&f, hook, s);
	rig_send_frame(r, hook, &f, verdict);
}

void rig_pass(struct rig *r, enum rig_hook hook, const struct probe_spec *s)
{
	struct frame f;

	rig_frame(&f, hook, s);
	rig_send_frame(r, hook, &f, rig_pass_verdict(hook, &f));
}

void rig_watch(struct rig *r)
{
	memcpy(r->before, r->slots, sizeof(r->before));
}

const struct slot *rig_before(const struct rig *r, const struct slot *slot)
{
	return &r->before[slot - r->slots];
}

void rig_unchanged(const struct rig *r, const struct slot *but)
{
	for (int i = 0; i < RIG_ALL; i++)
		if (&r->slots[i] != but)
			assert_memory_equal(&r->slots[i], &r->before[i],
					    sizeof(struct slot));
}

uint64_t rig_counted(struct rig *r, enum prober_counter which)
{
	uint64_t each[libbpf_num_possible_cpus()], sum = 0, last;
	uint32_t key = which;

	must(bpf_map_lookup_elem(bpf_map__fd(r->bpf->maps.counters), &key,
				 each),
	     "read a counter");
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++)
		sum += each[i];
	last = r->counters[which];
	r->counters[which] = sum;
	return sum - last;
}

int rig_records(struct rig *r)
{
	int n;

	memset(r->records, 0, sizeof(r->records));
	n = ring_buffer__consume(r->ring);
	assert_true(n >= 0);
	return n;
}

static int set_up(void **state, struct rig_setup setup)
{
	static struct rig r;

	rig_open(&r, &setup);
	*state = &r;
	return 0;
}

int rig_set_up_xdp(void **state)
{
	return set_up(state, (struct rig_setup){ 0 });
}

int rig_set_up_tc(void **state)
{
	return set_up(state, (struct rig_setup){ .rx_at_tc = 1 });
}

int rig_set_up_tun(void **state)
{
	return set_up(state, (struct rig_setup){ .no_link = 1 });
}

int rig_set_up_tun_tc(void **state)
{
	return set_up(state, (struct rig_setup){ .no_link = 1, .rx_at_tc = 1 });
}

int rig_tear_down(void **state)
{
	rig_close(*state);
	return 0;
}
