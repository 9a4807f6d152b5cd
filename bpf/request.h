/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packets are for the reflector's port, and whether their lengths are
 * such that it can answer them.
 */
#ifndef XRTT_BPF_REQUEST_H
#define XRTT_BPF_REQUEST_H

#include <linux/bpf.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "door.h"
#include "wire.h"
#include "frame.h"
#include "parse.h"

/* Not UDP for the port: nothing is counted. */
#define REQUEST_NONE DOOR_COUNTERS

#define IP6_OFFSET 0xfff8

const volatile struct reflector_config config = {};
volatile struct reflector_clock clock_known = {};

/* Pointers into the frame, good until the next frame_store() or pull. */
struct request {
	struct ethhdr *eth; /* only where the link has a header */
	struct packet ip;
	struct udphdr *udp;
	void *end;
	__u64 at; /* offset of the UDP header */
};

struct ip6_fragment {
	__u8 next;
	__u8 reserved;
	__be16 offset;
	__be32 id;
};

/* Whether a UDP header for the port stands at `at`. */
static __always_inline int request_is_port(struct frame f, __u32 at)
{
	__be16 ports[2];

	return !frame_load(f, at, ports, sizeof(ports)) &&
	       ports[1] == config.port;
}

/* With options, or a fragment: which counter is it, if it is for the port? */
static __always_inline int request_find_odd4(struct frame f,
					     const struct request *r)
{
	const struct iphdr *ip = r->ip.ip4;
	__u32 octets = ip->ihl * 4;
	int counter = octets > sizeof(*ip) ? DOOR_PASSED_OPTIONS
					   : DOOR_PASSED_FRAGMENT;

	if (octets < sizeof(*ip) || ip->frag_off & bpf_htons(IP4_OFFSET))
		return REQUEST_NONE;
	if (!request_is_port(f, r->at - sizeof(*ip) + octets))
		return REQUEST_NONE;
	return counter;
}

static __always_inline int request_find_fragment6(struct frame f,
						  const struct request *r)
{
	struct ip6_fragment part;

	if (frame_load(f, r->at, &part, sizeof(part)) ||
	    part.next != IPPROTO_UDP || part.offset & bpf_htons(IP6_OFFSET))
		return REQUEST_NONE;
	if (!request_is_port(f, r->at + sizeof(part)))
		return REQUEST_NONE;
	return DOOR_PASSED_FRAGMENT;
}

static __always_inline int request_is_tagged(const struct request *r)
{
	return config.link_header &&
	       (r->eth->h_proto == bpf_htons(ETH_P_8021Q) ||
		r->eth->h_proto == bpf_htons(ETH_P_8021AD));
}

/* Takes the headers apart; 0 if the frame is IP. The verifier may lose track of
 * the version, so ip4 and ip6 are both set: once request_has_room() has been
 * asked, either is safe to read. */
static __always_inline int request_parse(struct frame f, struct request *r)
{
	struct cursor c = frame_cursor(f);
	__u32 link_header = config.link_header;
	__be16 proto;

	r->end = c.end;
	r->eth = c.data;
	proto = parse_link(&c, link_header);
	if (parse_network(&c, proto, &r->ip))
		return -1;
	r->ip.ip4 = c.data;
	r->ip.ip6 = c.data;
	r->at = link_header;
	if (request_is_tagged(r))
		r->at += sizeof(struct vlan_tag);
	r->at += r->ip.version == 4 ? sizeof(struct iphdr)
				    : sizeof(struct ipv6hdr);
	r->udp = r->ip.transport;
	return 0;
}

/*
 * DOOR_ANSWERED if the packet is UDP for the port with its header in reach, one
 * of DOOR_PASSED_* if it is but cannot be read as such, else REQUEST_NONE.
 */
static __always_inline int request_find(struct frame f, struct request *r)
{
	if (request_parse(f, r))
		return REQUEST_NONE;
	if (r->ip.version == 6 && r->ip.protocol == IPPROTO_FRAGMENT)
		return request_find_fragment6(f, r);
	if (r->ip.protocol != IPPROTO_UDP)
		return REQUEST_NONE;
	if (r->ip.version == 4 &&
	    (r->ip.ip4->ihl != sizeof(struct iphdr) / 4 ||
	     r->ip.ip4->frag_off & bpf_htons(IP4_FRAGMENT)))
		return request_find_odd4(f, r);
	if (r->ip.version == 6 && r->ip.ip6->version != 6)
		return REQUEST_NONE;
	if ((void *)(r->udp + 1) > r->end || r->udp->dest != config.port)
		return REQUEST_NONE;
	return DOOR_ANSWERED;
}

static __always_inline int request_has_room(const struct request *r)
{
	return (void *)(r->udp + 1) + sizeof(struct stamp_reply) <= r->end;
}

/* DOOR_ANSWERED, or what is wrong with the lengths. */
static __always_inline int request_measure(struct frame f,
					   const struct request *r)
{
	const struct udphdr *udp = r->udp;
	__u32 octets, room;

	if (!IN_REACH(udp, sizeof(*udp), r->end))
		return DOOR_FAILED;
	octets = bpf_ntohs(udp->len);
	if (octets < sizeof(struct udphdr) + sizeof(struct stamp_request))
		return DOOR_PASSED_SHORT;
	if (octets > STAMP_MAX_UDP)
		return DOOR_PASSED_LONG;
	if (r->ip.version == 4)
		room = bpf_ntohs(r->ip.ip4->tot_len) - sizeof(struct iphdr);
	else
		room = bpf_ntohs(r->ip.ip6->payload_len);
	if (room != octets || r->at + octets > frame_length(f))
		return DOOR_PASSED_LENGTH;
	if (frame_is_odd(f, request_is_tagged(r)))
		return DOOR_PASSED_LENGTH;
	return DOOR_ANSWERED;
}

#endif
