// SPDX-License-Identifier: GPL-2.0-only
#include "probe/syn_frame.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>

#include "host/clock.h"
#include "model/checksum.h"

#define WINDOW 64240
#define WINDOW_SCALE 7

unsigned int syn_frame_length(const struct frame_path *path)
{
	return frame_udp_at(path) + SYN_TCP_LENGTH;
}

/* Its timestamp stays the same for the whole run: an older one on a port that
 * the far end remembers would be refused (RFC 7323 section 5.3). */
static void put_options(uint8_t *at, unsigned int mss)
{
	const uint8_t options[] = {
		TCPOPT_MAXSEG,
		TCPOLEN_MAXSEG,
		mss >> 8,
		mss,
		TCPOPT_SACK_PERMITTED,
		TCPOLEN_SACK_PERMITTED,
		TCPOPT_TIMESTAMP,
		TCPOLEN_TIMESTAMP,
	};
	const uint8_t scale[] = { TCPOPT_NOP, TCPOPT_WINDOW, TCPOLEN_WINDOW,
				  WINDOW_SCALE };
	const uint32_t stamps[2] = { htonl(mono_now().ns / NSEC_PER_MSEC) };

	memcpy(at, options, sizeof(options));
	at += sizeof(options);
	memcpy(at, stamps, sizeof(stamps));
	memcpy(at + sizeof(stamps), scale, sizeof(scale));
}

void syn_frame_build(const struct frame_path *path, unsigned int mtu,
		     struct bypass_frame *out)
{
	unsigned int headers = frame_udp_at(path) - frame_link_length(path);
	uint8_t octets[SYN_TCP_LENGTH] = { 0 };
	struct tcphdr tcp = {
		.source = htons(path->source_port),
		.dest = htons(path->target_port),
		.doff = SYN_TCP_LENGTH / 4,
		.syn = 1,
		.window = htons(WINDOW),
	};
	uint8_t *at;

	memset(out, 0, sizeof(*out));
	memcpy(octets, &tcp, SYN_TCP_HEADER);
	put_options(octets + SYN_TCP_HEADER, mtu - headers - SYN_TCP_HEADER);
	at = frame_put_headers(out->head, path, IPPROTO_TCP, SYN_TCP_LENGTH);
	memcpy(at, octets, sizeof(octets));
	out->sum = frame_sum_pseudo(path, IPPROTO_TCP, SYN_TCP_LENGTH) +
		   checksum_sum(octets, sizeof(octets));
}
