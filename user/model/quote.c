// SPDX-License-Identifier: GPL-2.0-only
#include "model/quote.h"

#include <errno.h>
#include <string.h>

#include "model/checksum.h"

#define ICMP_HEADER 8
#define TRANSPORT_PART 8
#define IP4_HEADER 20
#define IP6_HEADER 40
#define PROTOCOL_UDP 17

#define OLD_QUOTE 128 /* where extensions begin if no length says so */
#define EXTENSION_VERSION 2
#define EXTENSION_HEADER 4
#define OBJECT_HEADER 4
#define OBJECT_MPLS 1
#define OBJECT_MPLS_STACK 1
#define LABEL_OCTETS 4

static unsigned int read16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)read16(at) << 16 | read16(at + 2);
}

/* ---- kinds ----------------------------------------------------------------*/

static int kind4(const uint8_t *message, struct quote *q)
{
	enum {
		UNREACHABLE = 3,
		EXCEEDED = 11,
		CODE_PORT = 3,
		CODE_TOO_BIG = 4
	};

	if (q->type == EXCEEDED) {
		q->kind = QUOTE_EXCEEDED;
		return 0;
	}
	if (q->type != UNREACHABLE)
		return -EINVAL;
	q->kind = QUOTE_UNREACHABLE;
	if (q->code == CODE_PORT)
		q->kind = QUOTE_PORT;
	if (q->code == CODE_TOO_BIG) {
		q->kind = QUOTE_TOO_BIG;
		q->mtu = read16(message + 6);
	}
	return 0;
}

static int kind6(const uint8_t *message, struct quote *q)
{
	enum {
		UNREACHABLE = 1,
		TOO_BIG = 2,
		EXCEEDED = 3,
		CODE_PORT = 4
	};

	switch (q->type) {
	case EXCEEDED:
		q->kind = QUOTE_EXCEEDED;
		return 0;
	case TOO_BIG:
		q->kind = QUOTE_TOO_BIG;
		q->mtu = read32(message + 4);
		return 0;
	case UNREACHABLE:
		q->kind = q->code == CODE_PORT ? QUOTE_PORT : QUOTE_UNREACHABLE;
		return 0;
	default:
		return -EINVAL;
	}
}

/* ---- extensions -----------------------------------------------------------*/

static void read_labels(const uint8_t *at, size_t octets, struct quote *q)
{
	for (; octets >= LABEL_OCTETS && q->labels < QUOTE_LABELS;
	     octets -= LABEL_OCTETS, at += LABEL_OCTETS) {
		uint32_t entry = read32(at);

		q->label[q->labels++] = (struct mpls_label){
			.label = entry >> 12,
			.traffic_class = entry >> 9 & 7,
			.is_bottom = entry >> 8 & 1,
			.ttl = entry & 0xff,
		};
	}
}

static void read_objects(const uint8_t *at, size_t octets, struct quote *q)
{
	while (octets >= OBJECT_HEADER) {
		size_t length = read16(at);

		if (length < OBJECT_HEADER || length > octets)
			return;
		if (at[2] == OBJECT_MPLS && at[3] == OBJECT_MPLS_STACK)
			read_labels(at + OBJECT_HEADER, length - OBJECT_HEADER,
				    q);
		at += length;
		octets -= length;
	}
}

/* A checksum of 0 says that there is none. */
static bool is_intact(const uint8_t *at, size_t octets, bool needs_checksum)
{
	if (at[0] >> 4 != EXTENSION_VERSION)
		return false;
	if (!read16(at + 2))
		return !needs_checksum;
	return checksum_fold(checksum_sum(at, octets)) == 0xffff;
}

static void read_extensions(int version, const uint8_t *message, size_t octets,
			    struct quote *q)
{
	size_t quoted = version == 4 ? message[5] * 4 : message[4] * 8;
	size_t at = ICMP_HEADER + (quoted ? quoted : OLD_QUOTE);

	/* The header of "too big" has its MTU there. */
	if (version == 6 && q->kind == QUOTE_TOO_BIG)
		return;
	if (octets < at + EXTENSION_HEADER ||
	    !is_intact(message + at, octets - at, !quoted))
		return;
	q->has_extensions = true;
	read_objects(message + at + EXTENSION_HEADER,
		     octets - at - EXTENSION_HEADER, q);
}

/* ---- the packet -----------------------------------------------------------*/

static void read_checksum(const uint8_t *transport, int protocol,
			  struct quote *q)
{
	q->checksum =
		protocol == PROTOCOL_UDP ? (int)read16(transport + 6) : -1;
}

static int read_packet(int version, const uint8_t *packet, size_t octets,
		       struct quote *q)
{
	size_t header = version == 4 ? IP4_HEADER : IP6_HEADER;

	if (octets < header + TRANSPORT_PART || packet[0] >> 4 != version)
		return -EINVAL;
	if (version == 4) {
		q->ttl = packet[8];
		q->dscp_ecn = packet[1];
		read_checksum(packet + header, packet[9], q);
	} else {
		q->ttl = packet[7];
		q->dscp_ecn = read16(packet) >> 4 & 0xff;
		read_checksum(packet + header, packet[6], q);
	}
	return 0;
}

int quote_read(int version, const uint8_t *message, size_t octets, size_t whole,
	       struct quote *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	if (octets < ICMP_HEADER)
		return -EINVAL;
	out->type = message[0];
	out->code = message[1];
	err = version == 4 ? kind4(message, out) : kind6(message, out);
	if (!err)
		err = read_packet(version, message + ICMP_HEADER,
				  octets - ICMP_HEADER, out);
	if (!err && octets >= whole)
		read_extensions(version, message, whole, out);
	return err;
}

const char *quote_reason(int version, uint8_t code)
{
	static const char *const reason4[] = {
		[0] = "network unreachable",
		[1] = "host unreachable",
		[2] = "protocol unreachable",
		[5] = "source route failed",
		[6] = "network unknown",
		[7] = "host unknown",
		[9] = "network prohibited",
		[10] = "host prohibited",
		[11] = "network unreachable for this service",
		[12] = "host unreachable for this service",
		[13] = "prohibited",
	};
	static const char *const reason6[] = {
		[0] = "no route",
		[1] = "prohibited",
		[2] = "beyond the scope of the source",
		[3] = "address unreachable",
		[5] = "source address refused",
		[6] = "route rejected",
	};
	const char *const *reason = version == 4 ? reason4 : reason6;
	size_t n = version == 4 ? sizeof(reason4) / sizeof(*reason4)
				: sizeof(reason6) / sizeof(*reason6);

	return code < n && reason[code] ? reason[code] : "unreachable";
}
