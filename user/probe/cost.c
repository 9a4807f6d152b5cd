/* SPDX-License-Identifier: GPL-2.0-only */
#include "probe/cost.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <linux/tcp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/clock.h"
#include "syn.h"
#include "wire.h"

/* Each a call of its own: one that repeats an XDP program makes the kernel
 * rewrite its dispatcher, which takes 24 ms. */
#define ROUNDS_MIN 21
#define ROUNDS_MAX 501
#define EACH_NS (5 * NSEC_PER_MSEC)

#define NONCE 0x1122334455667788
#define ISN 0x11223344
#define HOP_LIMIT 255
#define NOT_IP 0x88b5 /* a local experimental EtherType */

#define ECHO_REQUEST 8
#define ECHO_REQUEST6 128
#define ECHO_REPLY6 129

/* A program, what it is shown, and the stamp that it sets. */
struct trial {
	enum budget_program program;
	enum bpf_prog_type type;
	bool outbound;
	size_t stamp; /* offset in struct slot */
};

static const struct trial trials[] = {
	{ BUDGET_TC_EGRESS, BPF_PROG_TYPE_SCHED_CLS, true,
	  offsetof(struct slot, tc_tx) },
	{ BUDGET_XDP, BPF_PROG_TYPE_XDP, false, offsetof(struct slot, xdp_rx) },
	{ BUDGET_TC_INGRESS, BPF_PROG_TYPE_SCHED_CLS, false,
	  offsetof(struct slot, tc_rx) },
	{ BUDGET_SOCKET, BPF_PROG_TYPE_SOCKET_FILTER, false,
	  offsetof(struct slot, sock_rx) },
};

#define TRIALS (sizeof(trials) / sizeof(trials[0]))

struct frame {
	size_t length;
	uint8_t octets[160];
};

struct bench {
	struct prober *prober;
	const struct cost_subject *subject;
	const struct trial *trial;
	struct slot *slot;
	struct frame frame;
	int program;
	int empty;
};

/* ---- the probe and its reply --------------------------------------------- */

static bool is_ip4(const struct session *s)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(s->remote, mapped, sizeof(mapped));
}

static void put(struct frame *f, const void *octets, size_t n)
{
	memcpy(f->octets + f->length, octets, n);
	f->length += n;
}

static void put_ip4(struct frame *f, const struct session *s, bool outbound)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(ip) + sizeof(struct udphdr) +
				 sizeof(struct stamp_reply)),
		.ttl = HOP_LIMIT,
		.protocol = s->protocol,
	};

	memcpy(outbound ? &ip.daddr : &ip.saddr, s->remote + 12, 4);
	put(f, &ip, sizeof(ip));
}

static void put_ip6(struct frame *f, const struct session *s, bool outbound)
{
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = htons(sizeof(struct udphdr) +
				     sizeof(struct stamp_reply)),
		.nexthdr = s->protocol,
		.hop_limit = HOP_LIMIT,
	};

	memcpy(outbound ? &ip.daddr : &ip.saddr, s->remote, 16);
	put(f, &ip, sizeof(ip));
}

static void put_udp(struct frame *f, const struct session *s, bool outbound)
{
	struct udphdr udp = {
		.source = outbound ? s->local_port : s->remote_port,
		.dest = outbound ? s->remote_port : s->local_port,
		.len = htons(sizeof(udp) + sizeof(struct stamp_reply)),
	};

	put(f, &udp, sizeof(udp));
}

static void put_echo(struct frame *f, const struct session *s, bool outbound)
{
	uint8_t echo[8] = { 0 };

	if (is_ip4(s))
		echo[0] = outbound ? ECHO_REQUEST : 0;
	else
		echo[0] = outbound ? ECHO_REQUEST6 : ECHO_REPLY6;
	memcpy(echo + 4, &s->local_port, sizeof(s->local_port));
	put(f, echo, sizeof(echo));
}

static void put_tcp(struct frame *f, const struct session *s, bool outbound)
{
	struct tcphdr tcp = {
		.source = outbound ? s->local_port : s->remote_port,
		.dest = outbound ? s->remote_port : s->local_port,
		.seq = htonl(ISN),
		.ack_seq = outbound ? 0 : htonl(ISN + 1),
		.doff = sizeof(tcp) / 4,
		.syn = 1,
		.ack = !outbound,
	};

	put(f, &tcp, sizeof(tcp));
}

static void put_payload(struct frame *f, bool is_request)
{
	const uint64_t nonce = NONCE;
	struct stamp_request request = { 0 };
	struct stamp_reply reply = { 0 };

	memcpy(&request.sent, &nonce, sizeof(nonce));
	memcpy(&reply.sender_sent, &nonce, sizeof(nonce));
	reply.error = htons(STAMP_ERROR_PTP | 1);
	if (is_request)
		put(f, &request, sizeof(request));
	else
		put(f, &reply, sizeof(reply));
}

/* Test-run takes a link header off before a socket filter sees the rest: the
 * transport header, or for a raw IPv4 socket the IP header. With an EtherType
 * of IP it would look for one where there may be none. */
static void build(struct bench *b)
{
	const struct session *s = b->subject->session;
	bool outbound = b->trial->outbound, ip4 = is_ip4(s);
	bool to_socket = b->trial->program == BUDGET_SOCKET;
	bool is_udp = s->protocol == IPPROTO_UDP;
	bool is_tcp = s->protocol == IPPROTO_TCP;
	struct ethhdr link = { .h_proto = htons(ip4 ? ETH_P_IP : ETH_P_IPV6) };

	b->frame.length = 0;
	if (to_socket)
		link.h_proto = htons(NOT_IP);
	if (to_socket || b->subject->link_header)
		put(&b->frame, &link, sizeof(link));
	if (ip4 && (!to_socket || (!is_udp && !is_tcp)))
		put_ip4(&b->frame, s, outbound);
	else if (!to_socket)
		put_ip6(&b->frame, s, outbound);
	if (is_tcp) {
		put_tcp(&b->frame, s, outbound);
		return;
	}
	if (is_udp)
		put_udp(&b->frame, s, outbound);
	else
		put_echo(&b->frame, s, outbound);
	put_payload(&b->frame, outbound || !is_udp);
}

/* ---- running them -------------------------------------------------------- */

static int load_empty(enum bpf_prog_type type)
{
	const struct bpf_insn empty[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, "xrtt_empty", "GPL", empty, 2, NULL);

	return fd < 0 ? -errno : fd;
}

/* ns or -errno. */
static int64_t run(const struct bench *b, int fd)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = b->frame.octets,
		    .data_size_in = b->frame.length, .repeat = 1);

	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	return opts.duration;
}

static enum protocol protocol_of(const struct session *s)
{
	return s->protocol == IPPROTO_UDP   ? PROTOCOL_STAMP
	       : s->protocol == IPPROTO_TCP ? PROTOCOL_TCP
					    : PROTOCOL_ICMP;
}

static int find_program(const struct bench *b)
{
	const struct session *s = b->subject->session;

	if (b->trial->program != BUDGET_SOCKET)
		return prober_program_fd(b->prober, b->trial->program);
	return prober_filter_fd(b->prober, protocol_of(s),
				is_ip4(s) ? AF_INET : AF_INET6);
}

/* As the hooks before this one leave it. */
static void arm(struct bench *b)
{
	bool has_xdp = prober_program_fd(b->prober, BUDGET_XDP) >= 0;
	struct slot fresh = {
		.state = SLOT_ARMED,
		.nonce = NONCE,
		.engine = b->subject->engine == ENGINE_BYPASS ? SLOT_BYPASS
							      : SLOT_SOCKET,
	};

	if (b->trial->stamp > offsetof(struct slot, tc_tx))
		fresh.tc_tx = 1;
	if (b->trial->stamp > offsetof(struct slot, xdp_rx))
		fresh.xdp_rx = has_xdp;
	if (b->trial->stamp > offsetof(struct slot, tc_rx))
		fresh.tc_rx = 1;
	if (b->subject->session->protocol == IPPROTO_TCP)
		fresh.nonce = b->trial->outbound ? 0 : SYN_NONCE(ISN);
	*b->slot = fresh;
}

static bool has_worked(const struct bench *b)
{
	uint64_t stamp;

	memcpy(&stamp, (const char *)b->slot + b->trial->stamp, sizeof(stamp));
	return stamp > 1;
}

static void ignore(void *data, const struct slot *record)
{
	(void)data;
	(void)record;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double median(int64_t *of, size_t n)
{
	qsort(of, n, sizeof(*of), compare);
	return (double)(of[(n - 1) / 2] + of[n / 2]) / 2;
}

static int alternate(struct bench *b, double *ns)
{
	mono_t until = mono_add(mono_now(), span_ns(EACH_NS));
	int64_t ours[ROUNDS_MAX], empty[ROUNDS_MAX];
	size_t n = 0;
	int err;

	while (n < ROUNDS_MIN ||
	       (n < ROUNDS_MAX && mono_before(mono_now(), until))) {
		empty[n] = run(b, b->empty);
		arm(b);
		ours[n] = run(b, b->program);
		if (empty[n] < 0 || ours[n] < 0)
			return (int)(ours[n] < 0 ? ours[n] : empty[n]);
		if (!has_worked(b))
			return -EPROTO;
		err = prober_consume(b->prober, ignore, NULL);
		if (err)
			return err;
		n++;
	}
	*ns = fmax(0, median(ours, n) - median(empty, n));
	return 0;
}

static int measure(struct bench *b, double *ns)
{
	int err;

	*ns = 0;
	b->program = find_program(b);
	if (b->program < 0)
		return 0;
	b->empty = load_empty(b->trial->type);
	if (b->empty < 0)
		return b->empty;
	build(b);
	err = alternate(b, ns);
	close(b->empty);
	if (err != -EINVAL && err != -EOPNOTSUPP)
		return err;
	*ns = NAN;
	return 0;
}

int cost_measure(struct prober *prober, const struct cost_subject *subject,
		 double ns[BUDGET_PROGRAMS])
{
	struct bench b = { .prober = prober,
			   .subject = subject,
			   .slot = prober_slots(prober, 0) };
	int err = 0;

	memset(ns, 0, BUDGET_PROGRAMS * sizeof(*ns));
	if (b.slot->state != SLOT_FREE)
		err = -EBUSY;
	for (size_t i = 0; !err && i < TRIALS; i++) {
		b.trial = &trials[i];
		err = measure(&b, &ns[b.trial->program]);
	}
	if (err != -EBUSY) /* then it is somebody's */
		*b.slot = (struct slot){ .state = SLOT_FREE };
	for (size_t i = 0; err && i < BUDGET_PROGRAMS; i++)
		ns[i] = NAN;
	return err;
}
