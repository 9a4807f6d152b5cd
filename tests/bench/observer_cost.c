// SPDX-License-Identifier: GPL-2.0-only
#include "observer_cost.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "door.h"
#include "host/clock.h"
#include "observer_rig.h"
#include "reflector.skel.h"
#include "wire.h"

#define SINGLE_RUNS 300
#define STRANGER_RUNS 20000

#define NEAR "10.77.0.1"
#define FAR "10.77.0.2"
#define LOCAL_PORT 40000
#define OTHER_PORT 40001 /* of a stranger, at both ends */
#define NONCE 0x1122334455667788
#define NO_STAMP -1

#define VERDICT_NEXT 0xffffffffU /* TCX_NEXT, as test-run hands it out */
#define VERDICT_REDIRECT 7
#define NOT_IP 0x88b5 /* a local experimental EtherType */

struct frame {
	size_t length;
	uint8_t octets[128];
};

/* A hook, a frame that it acts upon, and how one sees that it did. */
struct subject {
	const char *hook;
	const struct bpf_program *program;
	const struct bpf_program *empty;
	struct frame ours;
	struct frame strangers[2]; /* UDP, TCP; length 0: never meets one */
	int stamp;		   /* offset in struct slot, or NO_STAMP */
	uint32_t verdict;	   /* on ours */
	uint32_t pass;		   /* on a stranger's */
};

enum {
	TC_EGRESS,
	XDP_RX,
	TC_INGRESS,
	SOCKET,
	REFLECT_XDP,
	REFLECT_TC,
	SUBJECTS,
};

struct bench {
	FILE *out;
	unsigned int round;
	struct rig rig;
	struct reflector_bpf *reflector;
	struct ring_buffer *records;
	struct subject subject[SUBJECTS];
};

static const char *const stranger_name[2] = { "other UDP port", "TCP" };

/* ---- frames -------------------------------------------------------------- */

/* Ethernet, IPv4 and UDP around 44 octets; no hook of the prober looks at a
 * checksum, and the reflector makes its own. */
static void frame_build(struct frame *f, bool outbound, bool ours,
			const void *payload)
{
	struct ethhdr eth = { .h_proto = htons(ETH_P_IP) };
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 255,
		.protocol = IPPROTO_UDP,
		.tot_len = htons(sizeof(ip) + sizeof(struct udphdr) +
				 sizeof(struct stamp_reply)),
		.saddr = inet_addr(outbound ? NEAR : FAR),
		.daddr = inet_addr(outbound ? FAR : NEAR),
	};
	uint16_t near = htons(ours ? LOCAL_PORT : OTHER_PORT);
	uint16_t far = htons(ours ? STAMP_PORT : OTHER_PORT);
	struct udphdr udp = {
		.source = outbound ? near : far,
		.dest = outbound ? far : near,
		.len = htons(sizeof(udp) + sizeof(struct stamp_reply)),
	};
	uint8_t *at = f->octets;

	at = mempcpy(at, &eth, sizeof(eth));
	at = mempcpy(at, &ip, sizeof(ip));
	at = mempcpy(at, &udp, sizeof(udp));
	at = mempcpy(at, payload, sizeof(struct stamp_reply));
	f->length = at - f->octets;
}

static void frame_make_tcp(struct frame *f)
{
	f->octets[sizeof(struct ethhdr) + offsetof(struct iphdr, protocol)] =
		IPPROTO_TCP;
}

/* A socket's filter starts at the UDP header. Test-run takes the link header
 * off, so all between goes, and with it what says that this is IP. */
static void frame_strip(struct frame *f)
{
	size_t from = sizeof(struct ethhdr) + sizeof(struct iphdr);
	size_t type = offsetof(struct ethhdr, h_proto);

	f->octets[type] = NOT_IP >> 8;
	f->octets[type + 1] = NOT_IP & 0xff;
	memmove(f->octets + sizeof(struct ethhdr), f->octets + from,
		f->length - from);
	f->length -= sizeof(struct iphdr);
}

static void fill_frames(struct subject *s, bool outbound)
{
	uint64_t nonce = NONCE;
	union {
		struct stamp_request request;
		struct stamp_reply reply;
	} u = { 0 };

	if (outbound) {
		memcpy(&u.request.sent, &nonce, sizeof(nonce));
	} else {
		u.reply.error = htons(STAMP_ERROR_PTP | 1);
		memcpy(&u.reply.sender_sent, &nonce, sizeof(nonce));
	}
	frame_build(&s->ours, outbound, true, &u);
	frame_build(&s->strangers[0], outbound, false, &u);
	s->strangers[1] = s->strangers[0];
	frame_make_tcp(&s->strangers[1]);
}

/* ---- programs ------------------------------------------------------------ */

static int open_reflector(struct bench *b)
{
	struct door_prefix everybody = { .length = 0 };
	struct door_address here = { .address = { [10] = 0xff, [11] = 0xff } };
	uint32_t far = inet_addr(FAR), yes = 1;
	struct reflector_bpf *bpf = reflector_bpf__open();
	struct reflector_config *config;
	int err;

	if (!bpf)
		return -errno;
	b->reflector = bpf;
	config = (struct reflector_config *)&bpf->rodata->config;
	config->port = htons(STAMP_PORT);
	config->link_header = sizeof(struct ethhdr);
	config->has_tai =
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP,
					BPF_FUNC_ktime_get_tai_ns, NULL) == 1;
	config->token_ns = 1;
	config->burst_ns = NSEC_PER_SEC;
	err = reflector_bpf__load(bpf);
	if (err)
		return err;
	memcpy(here.address + 12, &far, sizeof(far));
	if (bpf_map_update_elem(bpf_map__fd(bpf->maps.allow), &everybody, &yes,
				BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(bpf->maps.local), &here, &yes,
				BPF_ANY))
		return -errno;
	return 0;
}

static void list_subjects(struct bench *b)
{
	const struct subject all[SUBJECTS] = {
		[TC_EGRESS] = { "tc egress",
				b->rig.prober->progs.xrtt_tc_egress,
				b->rig.baseline->progs.empty_tc,
				.stamp = offsetof(struct slot, tc_tx),
				.verdict = VERDICT_NEXT, .pass = VERDICT_NEXT },
		[XDP_RX] = { "xdp", b->rig.prober->progs.xrtt_xdp_rx,
			     b->rig.baseline->progs.empty_xdp,
			     .stamp = offsetof(struct slot, xdp_rx),
			     .verdict = XDP_PASS, .pass = XDP_PASS },
		[TC_INGRESS] = { "tc ingress",
				 b->rig.prober->progs.xrtt_tc_ingress,
				 b->rig.baseline->progs.empty_tc,
				 .stamp = offsetof(struct slot, tc_rx),
				 .verdict = VERDICT_NEXT,
				 .pass = VERDICT_NEXT },
		[SOCKET] = { "socket filter",
			     b->rig.prober->progs.xrtt_sock_udp,
			     b->rig.baseline->progs.empty_socket,
			     .stamp = offsetof(struct slot, sock_rx) },
		[REFLECT_XDP] = { "reflector, xdp",
				  b->reflector->progs.xrtt_reflect_xdp,
				  b->rig.baseline->progs.empty_xdp,
				  .stamp = NO_STAMP, .verdict = XDP_TX,
				  .pass = XDP_PASS },
		[REFLECT_TC] = { "reflector, tc",
				 b->reflector->progs.xrtt_reflect_tc,
				 b->rig.baseline->progs.empty_tc,
				 .stamp = NO_STAMP, .verdict = VERDICT_REDIRECT,
				 .pass = VERDICT_NEXT },
	};

	memcpy(b->subject, all, sizeof(all));
	fill_frames(&b->subject[TC_EGRESS], true);
	fill_frames(&b->subject[XDP_RX], false);
	fill_frames(&b->subject[TC_INGRESS], false);
	fill_frames(&b->subject[SOCKET], false);
	frame_strip(&b->subject[SOCKET].ours);
	b->subject[SOCKET].verdict =
		b->subject[SOCKET].ours.length - sizeof(struct ethhdr);
	b->subject[SOCKET].strangers[0].length = 0;
	b->subject[SOCKET].strangers[1].length = 0;
	fill_frames(&b->subject[REFLECT_XDP], true);
	fill_frames(&b->subject[REFLECT_TC], true);
}

static int ignore_record(void *ctx, void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	return 0;
}

static int open_bench(struct bench *b)
{
	struct session session = {
		.remote = { [10] = 0xff, [11] = 0xff },
		.local_port = htons(LOCAL_PORT),
		.remote_port = htons(STAMP_PORT),
		.protocol = IPPROTO_UDP,
	};
	uint32_t far = inet_addr(FAR);
	int err;

	memcpy(session.remote + 12, &far, sizeof(far));
	err = rig_open(&b->rig, 1);
	if (!err)
		err = rig_set_flow(&b->rig, 0, LOCAL_PORT, &session);
	if (!err)
		err = open_reflector(b);
	if (err)
		return err;
	b->records = ring_buffer__new(bpf_map__fd(b->rig.prober->maps.records),
				      ignore_record, NULL, NULL);
	if (!b->records)
		return -errno;
	list_subjects(b);
	return 0;
}

static void close_bench(struct bench *b)
{
	ring_buffer__free(b->records);
	reflector_bpf__destroy(b->reflector);
	rig_close(&b->rig);
}

/* ---- running them -------------------------------------------------------- */

/* The mean in ns, or -errno. */
static int64_t run(const struct bpf_program *program, const struct frame *frame,
		   unsigned int repeat, uint32_t *verdict)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->octets,
		    .data_size_in = frame->length, .repeat = repeat);

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts))
		return -errno;
	*verdict = opts.retval;
	return opts.duration;
}

/* As the hooks before this one leave it. */
static void arm(struct bench *b, const struct subject *s)
{
	struct slot fresh = { .state = SLOT_ARMED, .nonce = NONCE };

	if (s->stamp > (int)offsetof(struct slot, tc_tx))
		fresh.tc_tx = 1;
	if (s->stamp > (int)offsetof(struct slot, xdp_rx))
		fresh.xdp_rx = 1;
	*b->rig.slots = fresh;
}

static bool is_stamped(const struct bench *b, const struct subject *s)
{
	uint64_t stamp;

	if (s->stamp == NO_STAMP)
		return true;
	memcpy(&stamp, (const char *)b->rig.slots + s->stamp, sizeof(stamp));
	return stamp > 1 && (s->stamp != (int)offsetof(struct slot, sock_rx) ||
			     b->rig.slots->state == SLOT_DONE);
}

static int fail(char *why, const struct subject *s, const char *frame, int err)
{
	if (err)
		snprintf(why, WHY_SIZE, "cannot test-run %s: %s", s->hook,
			 strerror(-err));
	else
		snprintf(why, WHY_SIZE,
			 "%s did not do its work on a packet of kind \"%s\"",
			 s->hook, frame);
	return err ? err : -EPROTO;
}

static int measure_ours(struct bench *b, const struct subject *s, char *why)
{
	uint32_t verdict, ignored;
	int64_t ns, empty;

	for (int i = 0; i < SINGLE_RUNS; i++) {
		arm(b, s);
		empty = run(s->empty, &s->ours, 1, &ignored);
		ns = run(s->program, &s->ours, 1, &verdict);
		if (ns < 0 || empty < 0)
			return fail(why, s, "ours", ns < 0 ? ns : empty);
		if (verdict != s->verdict || !is_stamped(b, s))
			return fail(why, s, "ours", 0);
		ring_buffer__consume(b->records);
		fprintf(b->out, "%u,\"%s\",ours,%lld,%lld\n", b->round, s->hook,
			(long long)ns, (long long)empty);
	}
	return 0;
}

static int measure_stranger(struct bench *b, const struct subject *s, int which,
			    char *why)
{
	const struct frame *frame = &s->strangers[which];
	const char *name = stranger_name[which];
	uint32_t verdict, ignored;
	int64_t ns, empty;

	empty = run(s->empty, frame, STRANGER_RUNS, &ignored);
	ns = run(s->program, frame, STRANGER_RUNS, &verdict);
	if (ns < 0 || empty < 0)
		return fail(why, s, name, ns < 0 ? ns : empty);
	if (verdict != s->pass)
		return fail(why, s, name, 0);
	fprintf(b->out, "%u,\"%s\",\"%s\",%lld,%lld\n", b->round, s->hook, name,
		(long long)ns, (long long)empty);
	return 0;
}

static int measure_all(struct bench *b, char *why)
{
	int err = 0;

	for (int i = 0; !err && i < SUBJECTS; i++) {
		const struct subject *s = &b->subject[i];

		err = measure_ours(b, s, why);
		for (int k = 0; !err && k < 2; k++) {
			if (s->strangers[k].length)
				err = measure_stranger(b, s, k, why);
		}
	}
	return err;
}

int cost_measure(FILE *out, unsigned int rounds, char why[WHY_SIZE])
{
	struct bench b = { .out = out };
	int err = open_bench(&b);

	if (err)
		snprintf(why, WHY_SIZE, "cannot load the programs: %s",
			 strerror(-err));
	fprintf(out, "round,hook,frame,ns,empty_ns\n");
	for (b.round = 0; !err && b.round < rounds; b.round++)
		err = measure_all(&b, why);
	close_bench(&b);
	return err;
}
