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

/*
 * One request on its way to an answer. Not on the stack, which has no room for
 * all of it, and not by way of pointers: where the verdict on a request is
 * asked for, the verifier without CAP_PERFMON follows the wrong guess as well,
 * and none of them is there then.
 */
struct desk {
	struct admit_keys keys;
	struct tlv_cursor tlvs;
	struct door_state state;
	struct answer answer;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct desk);
} desks SEC(".maps");

static __always_inline struct desk *reflect_desk(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&desks, &zero);
}

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

/* Numbers the answer. What a Direct Measurement says is of this moment, and in
 * the session are those requests alone that carry none. */
static __always_inline void
reflect_count(struct desk *desk, struct door_state *state, int measures)
{
	struct answer *a = &desk->answer;

	a->error = answer_error(a->received_ns);
	a->seq = __sync_fetch_and_add(&state->seq, 1);
	if (!measures)
		__sync_fetch_and_add(&state->answered, 1);
	desk->state.received = state->received;
	desk->state.answered = state->answered;
}

/* Sender, session and rate of a request of good shape. Who has a session was
 * on the allow list, which does not change. */
static __always_inline int
reflect_admit(struct frame f, const struct request *r, struct desk *desk)
{
	struct udphdr *udp = r->udp;
	struct stamp_request *stamp = (void *)(udp + 1);
	struct admit_keys *keys = &desk->keys;
	struct door_state *state;
	int verdict, measures;

	if (reflect_is_answer(udp, (void *)stamp))
		return DOOR_REFUSED_LOOP;
	admit_copy_source(keys->session.address, &r->ip);
	keys->session.port = udp->source;
	keys->session.ssid = stamp->ssid;
	desk->tlvs.at = r->at + sizeof(*udp) + sizeof(*stamp);
	desk->tlvs.end = r->at + bpf_ntohs(udp->len);
	state = bpf_map_lookup_elem(&sessions, &keys->session);
	if (!state) {
		admit_copy_source(keys->source.address, &r->ip);
		if (!admit_is_allowed(&keys->source))
			return DOOR_REFUSED_SOURCE;
		state = admit_make_session(&keys->session);
	}
	if (!state)
		return DOOR_FAILED;
	measures = tlv_measures(f, &desk->tlvs);
	if (!measures)
		__sync_fetch_and_add(&state->received, 1);
	verdict = admit_take_token(keys->session.address,
				   desk->answer.received_ns);
	if (verdict == DOOR_ANSWERED)
		reflect_count(desk, state, measures);
	return verdict;
}

/* What is for the port: is it well-formed, and for this host? */
static __always_inline int reflect_weigh(struct frame f, __u64 received_ns,
					 __s64 offset_ns)
{
	struct desk *desk;
	struct request r;
	int verdict;

	if (request_parse(f, &r))
		return DOOR_FAILED;
	verdict = request_measure(f, &r);
	if (verdict != DOOR_ANSWERED)
		return verdict;
	desk = reflect_desk();
	if (!desk || frame_pull(f, PULL_OCTETS) || request_parse(f, &r) ||
	    !request_has_room(&r))
		return DOOR_FAILED;
	if (frame_is_elsewhere(f, r.eth, config.link_header) ||
	    !admit_is_local(&r.ip, &desk->keys.local))
		return DOOR_PASSED_ELSEWHERE;
	desk->answer.received_ns = received_ns;
	desk->answer.offset_ns = offset_ns;
	return reflect_admit(f, &r, desk);
}

static __always_inline int reflect_answer(struct frame f)
{
	struct desk *desk = reflect_desk();

	if (!desk)
		return -1;
	answer_begin(f, &desk->answer);
	tlv_answer(f, &desk->tlvs, &desk->state);
	return answer_finish(f, &desk->answer);
}

/* Functions of their own for the same reason as answer_write_xdp(); only what
 * is for the port pays for the call. */
static __noinline int reflect_weigh_xdp(struct xdp_md *xdp, __u64 received_ns,
					__s64 offset_ns)
{
	return reflect_weigh((struct frame){ .ctx = xdp, .is_xdp = 1 },
			     received_ns, offset_ns);
}

static __noinline int reflect_weigh_skb(struct __sk_buff *skb,
					__u64 received_ns, __s64 offset_ns)
{
	return reflect_weigh((struct frame){ .ctx = skb, .is_xdp = 0 },
			     received_ns, offset_ns);
}

static __noinline int reflect_answer_xdp(struct xdp_md *xdp)
{
	return reflect_answer((struct frame){ .ctx = xdp, .is_xdp = 1 });
}

static __noinline int reflect_answer_skb(struct __sk_buff *skb)
{
	return reflect_answer((struct frame){ .ctx = skb, .is_xdp = 0 });
}

static __always_inline int reflect_judge(struct frame f)
{
	__u64 received_ns;
	__s64 offset_ns;
	struct request r;
	int verdict;

	frame_pull_headers(f);
	verdict = request_find(f, &r);
	if (verdict == REQUEST_NONE)
		return verdict;
	offset_ns = answer_read_offset();
	received_ns = answer_read_clock(offset_ns);
	if (verdict != DOOR_ANSWERED)
		return verdict;
	return f.is_xdp ? reflect_weigh_xdp(f.ctx, received_ns, offset_ns)
			: reflect_weigh_skb(f.ctx, received_ns, offset_ns);
}

/* Judges a packet, and makes it its own answer if it is to have one. */
static __always_inline int reflect(struct frame f)
{
	int verdict = reflect_judge(f);

	if (verdict == REQUEST_NONE)
		return REFLECT_PASS;
	if (verdict == DOOR_ANSWERED &&
	    (f.is_xdp ? reflect_answer_xdp(f.ctx)
		      : reflect_answer_skb(f.ctx))) {
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
