// SPDX-License-Identifier: GPL-2.0-only
#include "tcp_rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "prober.skel.h"

#define LINK 14
#define NEAR 1
#define FAR 2

static void must(int err, const char *what)
{
	if (!err)
		return;
	printf("Bail out! %s: %s\n", what, strerror(err < 0 ? -err : errno));
	exit(1);
}

static void set(struct bpf_map *map, uint32_t key, const void *value)
{
	must(bpf_map_update_elem(bpf_map__fd(map), &key, value, BPF_ANY),
	     "fill a map");
}

static void set_sessions(struct tcp_rig *r)
{
	for (uint32_t i = 0; i < TCP_SESSIONS; i++) {
		struct session s = {
			.remote_port = htons(TCP_FAR_PORT),
			.protocol = IPPROTO_TCP,
			.first_slot = i * TCP_SLOTS,
			.slot_mask = TCP_SLOTS - 1,
		};
		uint32_t number = i + 1;

		frame_address(s.remote, i ? 6 : 4, 1, FAR);
		set(r->bpf->maps.sessions, i, &s);
		set(r->bpf->maps.ports, TCP_PORT + 2 * i, &number);
		set(r->bpf->maps.ports, TCP_PORT + 2 * i + 1, &number);
	}
}

static int keep_record(void *ctx, void *data, size_t size)
{
	struct tcp_rig *r = ctx;

	assert_int_equal(size, sizeof(struct slot));
	memcpy(&r->record, data, size);
	r->records++;
	return 0;
}

static void *map_shared(const struct bpf_map *map, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(map), 0);

	must(at == MAP_FAILED, "map a map");
	return at;
}

void tcp_rig_open(struct tcp_rig *r, int rx_at_tc, int is_vlan)
{
	struct prober_bpf *bpf = prober_bpf__open();

	memset(r, 0, sizeof(*r));
	must(bpf ? 0 : -errno, "open the prober's object");
	r->bpf = bpf;
	r->rx_at_tc = rx_at_tc;
	bpf->rodata->config.link_header = LINK;
	bpf->rodata->config.rx_at_tc = rx_at_tc;
	bpf->rodata->config.is_tcp = 1;
	bpf->rodata->config.is_vlan = is_vlan;
	bpf_program__set_autoload(bpf->progs.xrtt_xdp_rx, !rx_at_tc);
	bpf_map__set_max_entries(bpf->maps.riders, PORTS_MAX);
	bpf_map__set_max_entries(bpf->maps.sessions, TCP_SESSIONS);
	bpf_map__set_max_entries(bpf->maps.slots, TCP_SESSIONS * TCP_SLOTS);
	must(prober_bpf__load(bpf), "load the prober");
	r->fd[TCP_EGRESS] = bpf_program__fd(bpf->progs.xrtt_tc_egress);
	r->fd[TCP_XDP] = bpf_program__fd(bpf->progs.xrtt_xdp_rx);
	r->fd[TCP_INGRESS] = bpf_program__fd(bpf->progs.xrtt_tc_ingress);
	r->fd[TCP_SOCKET] = bpf_program__fd(bpf->progs.xrtt_sock_tcp);
	set_sessions(r);
	r->slots = map_shared(bpf->maps.slots, sizeof(r->before));
	r->riders = map_shared(bpf->maps.riders, PORTS_MAX * sizeof(uint64_t));
	r->ring = ring_buffer__new(bpf_map__fd(bpf->maps.records), keep_record,
				   r, NULL);
	must(r->ring ? 0 : -errno, "open the ring buffer");
}

void tcp_rig_close(struct tcp_rig *r)
{
	ring_buffer__free(r->ring);
	munmap(r->slots, sizeof(r->before));
	munmap(r->riders, PORTS_MAX * sizeof(uint64_t));
	prober_bpf__destroy(r->bpf);
}

/* ---- segments ------------------------------------------------------------ */

struct tcp_segment tcp_syn(int session)
{
	return (struct tcp_segment){
		.session = session,
		.outbound = 1,
		.options = 20,
		.near_port = TCP_PORT + 2 * session,
		.far_port = TCP_FAR_PORT,
		.far = FAR,
		.flags = 0x02,
		.ttl = 64,
		.seq = TCP_ISN,
	};
}

struct tcp_segment tcp_syn_ack(int session)
{
	struct tcp_segment s = tcp_syn(session);

	s.outbound = 0;
	s.flags = 0x12;
	s.ttl = 57;
	s.seq = 0x89abcdef;
	s.ack = TCP_ISN + 1;
	return s;
}

/* RFC 1071, two octets at a time, folded at once. */
static uint32_t add_up(uint32_t sum, const uint8_t *at, size_t octets)
{
	for (size_t i = 0; i < octets; i += 2) {
		sum += (uint32_t)at[i] << 8 | at[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static void put_address(uint8_t *at, const struct tcp_segment *s, int is_far)
{
	uint8_t address[16];

	frame_address(address, s->session ? 6 : 4, is_far,
		      is_far ? s->far : NEAR);
	memcpy(at, address + (s->session ? 0 : 12), s->session ? 16 : 4);
}

static size_t put_link(uint8_t *at, const struct tcp_segment *s)
{
	/* The near end's is the one that the catcher takes. */
	static const uint8_t near[] = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 };
	static const uint8_t far[] = { 2, 0xfa, 1, 2, 3, 4 };
	size_t n = 12;

	memcpy(at, s->outbound ? far : near, 6);
	memcpy(at + 6, s->outbound ? near : far, 6);
	if (s->tags) {
		frame_put16(at + n, 0x8100);
		frame_put16(at + n + 2, 0x2007);
		n += 4;
	}
	frame_put16(at + n, s->session ? 0x86dd : 0x0800);
	return n + 2;
}

static size_t put_ip(uint8_t *at, const struct tcp_segment *s, size_t octets)
{
	size_t header = 20 + s->ip_options;

	if (s->session) {
		frame_put32(at, 6U << 28);
		frame_put16(at + 4, octets);
		at[6] = 6;
		at[7] = s->ttl;
		put_address(at + 8, s, !s->outbound);
		put_address(at + 24, s, s->outbound);
		return 40;
	}
	memset(at, 1, header);
	frame_put32(at, 0x40000000 | (uint32_t)(header / 4) << 24 |
				(uint32_t)(header + octets));
	frame_put32(at + 4, s->part);
	at[8] = s->ttl;
	at[9] = 6;
	frame_put16(at + 10, 0);
	put_address(at + 12, s, !s->outbound);
	put_address(at + 16, s, s->outbound);
	frame_put16(at + 10, ~add_up(0, at, header));
	return header;
}

size_t tcp_build(struct frame *f, const struct tcp_segment *s)
{
	size_t octets = 20 + s->options, at, ip;
	uint8_t *tcp;
	uint32_t sum;

	memset(f, 0, sizeof(*f));
	ip = put_link(f->octets, s);
	at = ip + put_ip(f->octets + ip, s, octets);
	tcp = f->octets + at;
	frame_put16(tcp, s->outbound ? s->near_port : s->far_port);
	frame_put16(tcp + 2, s->outbound ? s->far_port : s->near_port);
	frame_put32(tcp + 4, s->seq);
	frame_put32(tcp + 8, s->ack);
	frame_put16(tcp + 12, octets / 4 << 12 | s->flags);
	frame_put16(tcp + 14, s->flags & 4 ? 0 : 64240);
	memset(tcp + 20, 1, s->options);
	sum = s->session ? add_up(0, f->octets + ip + 8, 32)
			 : add_up(0, f->octets + ip + 12, 8);
	frame_put16(tcp + 16, ~add_up(sum + 6 + octets, tcp, octets));
	f->length = at + octets;
	return at;
}

/* ---- running them -------------------------------------------------------- */

struct slot *tcp_arm(struct tcp_rig *r, int session, uint32_t seq,
		     enum slot_engine engine)
{
	struct slot *slot = &r->slots[session * TCP_SLOTS + seq % TCP_SLOTS];

	*slot = (struct slot){
		.state = SLOT_ARMED,
		.seq = seq,
		.nonce = engine == SLOT_BYPASS ? SYN_NONCE(TCP_ISN) : 0,
		.session = session,
		.engine = engine,
		.drv_tx = engine == SLOT_BYPASS,
	};
	r->riders[TCP_PORT + 2 * session] = seq;
	return slot;
}

void tcp_run(struct tcp_rig *r, enum tcp_hook hook, const struct frame *in,
	     uint32_t verdict, struct frame *out)
{
	struct frame got;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->octets,
		    .data_size_in = in->length, .data_out = got.octets,
		    .data_size_out = sizeof(got.octets), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(r->fd[hook], &opts), 0);
	assert_int_equal(opts.retval, verdict);
	got.length = opts.data_size_out;
	if (out) {
		*out = got;
		return;
	}
	assert_int_equal(got.length, in->length);
	assert_memory_equal(got.octets, in->octets, in->length);
}

void tcp_send(struct tcp_rig *r, enum tcp_hook hook,
	      const struct tcp_segment *s, uint32_t verdict)
{
	struct frame whole, cut = { .length = LINK };
	size_t at = tcp_build(&whole, s);

	if (hook == TCP_SOCKET) {
		cut.length += whole.length - at;
		memcpy(cut.octets + LINK, whole.octets + at, whole.length - at);
		whole = cut;
	}
	tcp_run(r, hook, &whole, verdict, NULL);
}

void tcp_watch(struct tcp_rig *r)
{
	memcpy(r->before, r->slots, sizeof(r->before));
}

void tcp_unchanged(const struct tcp_rig *r, const struct slot *but)
{
	for (int i = 0; i < TCP_SESSIONS * TCP_SLOTS; i++)
		if (&r->slots[i] != but)
			assert_memory_equal(&r->slots[i], &r->before[i],
					    sizeof(struct slot));
}

int tcp_records(struct tcp_rig *r)
{
	r->records = 0;
	assert_true(ring_buffer__consume(r->ring) >= 0);
	return r->records;
}

uint64_t tcp_stale(const struct tcp_rig *r)
{
	uint64_t each[libbpf_num_possible_cpus()], sum = 0;
	uint32_t key = COUNT_STALE;

	must(bpf_map_lookup_elem(bpf_map__fd(r->bpf->maps.counters), &key,
				 each),
	     "read a counter");
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++)
		sum += each[i];
	return sum;
}
