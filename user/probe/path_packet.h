/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hop-limited probe, IP header and all: STAMP in UDP, or the same in an ICMP
 * echo. All probes of a flow look the same to a load balancer (quoted.h):
 * addresses, ports, identifier, flow label, DSCP and, of an echo, the checksum.
 */
#ifndef XRTT_PROBE_PATH_PACKET_H
#define XRTT_PROBE_PATH_PACKET_H

#include "host/address.h"
#include "quoted.h"

#define PATH_PACKET_MOST 9216

struct path_wire {
	struct address source;
	struct address target;
	bool is_icmp;
	uint16_t local_port; /* ICMP: identifier */
	uint16_t remote_port;
	uint32_t flow_label; /* 20 bits; IPv6 */
	uint8_t dscp;
	uint16_t ssid;
	uint16_t checksum; /* of every echo, neither 0 nor 0xffff */
};

struct path_probe {
	uint32_t seq;
	uint8_t ttl;
	int64_t tai_ns;
	unsigned int size; /* of the IP packet, path_packet_least() or more;
			      but one to three more in UDP, as padding is a
			      TLV of four octets at least */
};

/* IP header, UDP or ICMP header, 44 octets. */
unsigned int path_packet_least(const struct path_wire *wire);

/*
 * Writes probe->size octets. The timestamp's last 16 bits are what makes the
 * checksum come out, so it is good to 65.5 us, and its Error Estimate says as
 * much. Returns the nonce: the timestamp as it stands in the packet.
 */
uint64_t path_packet_write(const struct path_wire *wire,
			   const struct path_probe *probe, uint8_t *out);

#endif
