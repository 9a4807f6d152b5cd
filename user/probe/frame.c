// SPDX-License-Identifier: GPL-2.0-only
#include "probe/frame.h"

#include <arpa/inet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <string.h>

#include "model/checksum.h"

#define VLAN_TAG 4

unsigned int frame_link_length(const struct frame_path *path)
{
	return sizeof(struct ether_header) + (path->vlan ? VLAN_TAG : 0);
}

unsigned int frame_udp_at(const struct frame_path *path)
{
	return frame_link_length(path) + (path->target.family == AF_INET
						  ? sizeof(struct iphdr)
						  : sizeof(struct ip6_hdr));
}

unsigned int frame_length(const struct frame_path *path,
			  const struct packet_template *packet)
{
	return frame_udp_at(path) + sizeof(struct udphdr) + packet->length;
}

static uint8_t *put_link(uint8_t *at, const struct frame_path *path)
{
	uint16_t type = htons(path->target.family == AF_INET ? ETHERTYPE_IP
							     : ETHERTYPE_IPV6);
	uint16_t tag[2] = { htons(ETHERTYPE_VLAN), htons(path->vlan) };

	memcpy(at, path->next_hop_mac, 6);
	memcpy(at + 6, path->source_mac, 6);
	at += 12;
	if (path->vlan) {
		memcpy(at, tag, sizeof(tag));
		at += sizeof(tag);
	}
	memcpy(at, &type, sizeof(type));
	return at + sizeof(type);
}

static uint8_t *put_ip4(uint8_t *at, const struct frame_path *path,
			uint8_t protocol, uint16_t length)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tos = path->dscp << 2,
		.tot_len = htons(sizeof(ip) + length),
		.frag_off = htons(IP_DF),
		.ttl = path->hop_limit,
		.protocol = protocol,
	};

	memcpy(&ip.saddr, path->source.octets + 12, 4);
	memcpy(&ip.daddr, path->target.octets + 12, 4);
	ip.check = ~checksum_fold(checksum_sum(&ip, sizeof(ip)));
	memcpy(at, &ip, sizeof(ip));
	return at + sizeof(ip);
}

static uint8_t *put_ip6(uint8_t *at, const struct frame_path *path,
			uint8_t protocol, uint16_t length)
{
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6 << 28 | path->dscp << 22),
		.ip6_plen = htons(length),
		.ip6_nxt = protocol,
		.ip6_hlim = path->hop_limit,
	};

	memcpy(&ip.ip6_src, path->source.octets, 16);
	memcpy(&ip.ip6_dst, path->target.octets, 16);
	memcpy(at, &ip, sizeof(ip));
	return at + sizeof(ip);
}

uint8_t *frame_put_headers(uint8_t *at, const struct frame_path *path,
			   uint8_t protocol, uint16_t length)
{
	at = put_link(at, path);
	return path->target.family == AF_INET
		       ? put_ip4(at, path, protocol, length)
		       : put_ip6(at, path, protocol, length);
}

uint64_t frame_sum_pseudo(const struct frame_path *path, uint8_t protocol,
			  uint16_t length)
{
	size_t from = path->target.family == AF_INET ? 12 : 0;

	return checksum_sum(path->source.octets + from, 16 - from) +
	       checksum_sum(path->target.octets + from, 16 - from) +
	       htons(protocol) + htons(length);
}

void frame_build(const struct frame_path *path,
		 const struct packet_template *packet, struct bypass_frame *out)
{
	uint16_t udp_length = sizeof(struct udphdr) + packet->length;
	struct udphdr udp = {
		.source = htons(path->source_port),
		.dest = htons(path->target_port),
		.len = htons(udp_length),
	};
	size_t room;
	uint8_t *at;

	memset(out, 0, sizeof(*out));
	at = frame_put_headers(out->head, path, IPPROTO_UDP, udp_length);
	memcpy(at, &udp, sizeof(udp));
	at += sizeof(udp);
	room = out->head + sizeof(out->head) - at;
	memcpy(at, packet->octets,
	       packet->length < room ? packet->length : room);
	out->sum = frame_sum_pseudo(path, IPPROTO_UDP, udp_length) +
		   checksum_sum(&udp, sizeof(udp)) +
		   checksum_sum(packet->octets, packet->length);
}
