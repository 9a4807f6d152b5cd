// SPDX-License-Identifier: GPL-2.0-only
#include "probe/path_packet.h"

#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <string.h>

#include "model/checksum.h"
#include "model/stamptime.h"
#include "wire.h"

#define TRANSPORT 8 /* UDP's header, and an echo's */
#define STAMP_AT TRANSPORT
#define FRACTION_LOW (STAMP_AT + 10) /* what the checksum is made with */
#define FRACTION_STEP 65536
#define FRACTION_HIGH_END (NSEC_PER_SEC / FRACTION_STEP)

static unsigned int ip_header(const struct path_wire *w)
{
	return w->target.family == AF_INET ? sizeof(struct iphdr)
					   : sizeof(struct ip6_hdr);
}

unsigned int path_packet_least(const struct path_wire *w)
{
	return ip_header(w) + TRANSPORT + sizeof(struct stamp_request);
}

static uint8_t protocol_of(const struct path_wire *w)
{
	if (!w->is_icmp)
		return IPPROTO_UDP;
	return w->target.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

static void write_ip4(const struct path_wire *w, const struct path_probe *p,
		      uint8_t *out)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tos = w->dscp << 2,
		.tot_len = htons(p->size),
		.id = htons(PATH_TAG(p->seq)),
		.frag_off = htons(IP_DF),
		.ttl = p->ttl,
		.protocol = protocol_of(w),
	};

	memcpy(&ip.saddr, address_raw(&w->source), 4);
	memcpy(&ip.daddr, address_raw(&w->target), 4);
	ip.check = ~checksum_fold(checksum_sum(&ip, sizeof(ip)));
	memcpy(out, &ip, sizeof(ip));
}

static void write_ip6(const struct path_wire *w, const struct path_probe *p,
		      uint8_t *out)
{
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6U << 28 | (uint32_t)w->dscp << 22 |
				  w->flow_label),
		.ip6_plen = htons(p->size - sizeof(ip)),
		.ip6_nxt = protocol_of(w),
		.ip6_hlim = p->ttl,
	};

	memcpy(&ip.ip6_src, w->source.octets, 16);
	memcpy(&ip.ip6_dst, w->target.octets, 16);
	memcpy(out, &ip, sizeof(ip));
}

/* Down to a step at which the low half is free, and the fraction below a second
 * whatever it becomes. */
static int64_t rounded(int64_t tai_ns)
{
	int64_t fraction = tai_ns % NSEC_PER_SEC;
	int64_t high = fraction / FRACTION_STEP;

	if (high == FRACTION_HIGH_END)
		high--;
	return tai_ns - fraction + high * FRACTION_STEP;
}

static void write_stamp(const struct path_wire *w, const struct path_probe *p,
			uint8_t *transport)
{
	uint64_t sent = stamptime_write(rounded(p->tai_ns));
	struct stamp_request request = {
		.seq = htonl(p->seq),
		.error = htons(
			stamptime_encode_error(span_ns(2 * FRACTION_STEP)) |
			STAMP_ERROR_PTP),
		.ssid = htons(w->ssid),
	};
	size_t padding = p->size - ip_header(w) - TRANSPORT - sizeof(request);
	struct stamp_tlv tlv = {
		.flags = STAMP_TLV_UNRECOGNIZED, /* the far host clears it */
		.type = STAMP_TLV_PADDING,
		.length = htons(padding - sizeof(tlv)),
	};

	memcpy(&request.sent, &sent, sizeof(sent));
	memcpy(transport + STAMP_AT, &request, sizeof(request));
	if (padding >= sizeof(tlv) && !w->is_icmp)
		memcpy(transport + STAMP_AT + sizeof(request), &tlv,
		       sizeof(tlv));
}

static uint64_t pseudo_sum(const struct path_wire *w, uint32_t length)
{
	uint32_t protocol = htonl(protocol_of(w));
	uint64_t sum;

	/* ICMP's own covers nothing but the message. */
	if (w->is_icmp && w->target.family == AF_INET)
		return 0;
	length = htonl(length);
	sum = checksum_sum(&protocol, 4) + checksum_sum(&length, 4);
	sum += checksum_sum(address_raw(&w->source), address_size(&w->source));
	return sum +
	       checksum_sum(address_raw(&w->target), address_size(&w->target));
}

/* Makes the transport's checksum, so far 0 in the packet, this one. */
static void write_checksum(const struct path_wire *w, uint8_t *transport,
			   size_t length, uint16_t check)
{
	uint64_t sum = pseudo_sum(w, length) + checksum_sum(transport, length);
	uint16_t rest = checksum_fold(sum);
	uint16_t low;

	check = htons(check);
	/* In ones' complement: what is missing from here to ~check. */
	low = checksum_fold((uint64_t)(uint16_t)~check + (uint16_t)~rest);
	memcpy(transport + FRACTION_LOW, &low, sizeof(low));
	memcpy(transport + (w->is_icmp ? 2 : 6), &check, sizeof(check));
}

static void write_transport(const struct path_wire *w,
			    const struct path_probe *p, uint8_t *out,
			    size_t length)
{
	struct udphdr udp = {
		.source = htons(w->local_port),
		.dest = htons(w->remote_port),
		.len = htons(length),
	};
	struct icmphdr echo = {
		.type = w->target.family == AF_INET ? ICMP_ECHO
						    : ICMP6_ECHO_REQUEST,
		.un.echo.id = htons(w->local_port),
		.un.echo.sequence = htons(PATH_TAG(p->seq)),
	};

	if (w->is_icmp)
		memcpy(out, &echo, sizeof(echo));
	else
		memcpy(out, &udp, sizeof(udp));
	write_stamp(w, p, out);
	write_checksum(w, out, length,
		       w->is_icmp ? w->checksum : PATH_TAG(p->seq));
}

uint64_t path_packet_write(const struct path_wire *w,
			   const struct path_probe *p, uint8_t *out)
{
	unsigned int header = ip_header(w);
	uint64_t nonce;

	memset(out, 0, p->size);
	if (w->target.family == AF_INET)
		write_ip4(w, p, out);
	else
		write_ip6(w, p, out);
	write_transport(w, p, out + header, p->size - header);
	memcpy(&nonce, out + header + STAMP_AT + 4, sizeof(nonce));
	return nonce;
}
