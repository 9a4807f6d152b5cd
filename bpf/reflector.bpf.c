// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "door.h"
#include "wire.h"
#include "frame.h"
#include "request.h"
#include "admit.h"
#include "tlv.h"
#include "answer.h"

#define TCX_NEXT (-1) /* linux/bpf.h has it from 6.6 on */
#define PULL_OCTETS \
	(sizeof(struct ethhdr) + sizeof(struct vlan_tag) + \
	 sizeof(struct ipv6hdr) + STAMP_MAX_UDP)

enum reflect_fate {
	REFLECT_PASS,
	REFLECT_DROP,
	REFLECT_SEND,
};

/* One request on its way to an answer. */
struct exchange {
	struct request request;
	struct tlv_cursor tlvs;
	struct door_state *state;
	__u64 received_ns;
	__u32 is_measured; /* counts: carries no Direct Measurement TLV */
};

/*
 * Answers of ours and others' have filled what a request leaves zero. Two
 * reflectors would send one to and fro for ever; padding that looks so is one
 * random packet in 2^40.
 */
static __always_inline int reflect_is_answer(const struct udphdr *udp,
					     const struct stamp_reply *reply)
{
	if (udp->source == config.port || udp->source == bpf_htons(STAMP_PORT))
		return 1;
	return reply->received.seconds && reply->sender_ttl && !reply->mbz1 &&
	       !reply->mbz2[0] && !reply->mbz2[1] && !reply->mbz2[2];
}

/* Sender, session and rate of a request of good shape. */
static __always_inline int reflect_admit(struct frame f, struct exchange *x)
{
	struct udphdr *udp = x->request.udp;
	struct stamp_request *stamp = (void *)(udp + 1);
	struct door_session key;

	if (reflect_is_answer(udp, (void *)stamp))
		return DOOR_REFUSED_LOOP;
	admit_copy_source(key.address, &x->request.ip);
	key.port = udp->source;
	key.ssid = stamp->ssid;
	if (!admit_is_allowed(key.address))
		return DOOR_REFUSED_SOURCE;
	x->state = admit_find_session(&key);
	if (!x->state)
		return DOOR_FAILED;
	x->tlvs.at = x->request.at + sizeof(*udp) + sizeof(*stamp);
	x->tlvs.end = x->request.at + bpf_ntohs(udp->len);
	x->is_measured = !tlv_measures(f, x->tlvs);
	if (x->is_measured)
		__sync_fetch_and_add(&x->state->received, 1);
	return admit_take_token(key.address);
}

static __always_inline int reflect_judge(struct frame f, struct exchange *x)
{
	struct request *r = &x->request;
	int verdict;

	frame_pull_headers(f);
	verdict = request_find(f, r);
	if (verdict == REQUEST_NONE)
		return verdict;
	x->received_ns = answer_read_clock();
	if (verdict != DOOR_ANSWERED)
		return verdict;
	verdict = request_measure(f, r);
	if (verdict != DOOR_ANSWERED)
		return verdict;
	if (frame_pull(f, PULL_OCTETS) || request_parse(f, r) ||
	    !request_has_room(r))
		return DOOR_FAILED;
	if (frame_is_elsewhere(f, r->eth, config.link_header) ||
	    !admit_is_local(&r->ip))
		return DOOR_PASSED_ELSEWHERE;
	return reflect_admit(f, x);
}

static __always_inline int reflect_answer(struct frame f, struct exchange *x)
{
	struct answer a;

	a.received = clock_to_ptp(x->received_ns);
	a.seq = __sync_fetch_and_add(&x->state->seq, 1);
	if (x->is_measured)
		__sync_fetch_and_add(&x->state->answered, 1);
	answer_begin(f, &x->request, &a);
	tlv_answer(f, x->tlvs, x->state);
	return answer_finish(f, &a);
}

/* Judges a packet, and makes it its own answer if it is to have one. */
static __always_inline int reflect(struct frame f)
{
	struct exchange x;
	int verdict = reflect_judge(f, &x);

	if (verdict == REQUEST_NONE)
		return REFLECT_PASS;
	if (verdict == DOOR_ANSWERED && reflect_answer(f, &x)) {
		admit_count(DOOR_FAILED);
		return REFLECT_DROP;
	}
	admit_count(verdict);
	switch (verdict) {
	case DOOR_ANSWERED:
		return REFLECT_SEND;
	case DOOR_REFUSED_SOURCE:
	case DOOR_REFUSED_RATE:
	case DOOR_REFUSED_LOOP:
		return REFLECT_DROP;
	default:
		return REFLECT_PASS;
	}
}

SEC("xdp")
int xrtt_reflect_xdp(struct xdp_md *xdp)
{
	switch (reflect((struct frame){ .ctx = xdp, .is_xdp = 1 })) {
	case REFLECT_SEND:
		return XDP_TX;
	case REFLECT_DROP:
		return XDP_DROP;
	default:
		return XDP_PASS;
	}
}

SEC("tc")
int xrtt_reflect_tc(struct __sk_buff *skb)
{
	switch (reflect((struct frame){ .ctx = skb, .is_xdp = 0 })) {
	case REFLECT_SEND:
		return bpf_redirect(skb->ifindex, 0);
	case REFLECT_DROP:
		return TC_ACT_SHOT;
	default:
		return TCX_NEXT;
	}
}

char LICENSE[] SEC("license") = "GPL";
