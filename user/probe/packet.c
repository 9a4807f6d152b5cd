// SPDX-License-Identifier: GPL-2.0-only
#include "probe/packet.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/random.h>

#include "host/clock.h"
#include "model/checksum.h"
#include "model/stamptime.h"

#define ICMP_HEADER 8

static size_t header_size(const struct packet_template *t)
{
	return t->protocol == PROTOCOL_ICMP ? ICMP_HEADER : 0;
}

static struct stamp_request *request_of(struct packet_template *t)
{
	return (struct stamp_request *)(t->octets + header_size(t));
}

static void put_tlv(uint8_t *at, uint8_t type, size_t length)
{
	struct stamp_tlv tlv = {
		.flags = STAMP_TLV_UNRECOGNIZED, /* the far host clears it */
		.type = type,
		.length = htons(length),
	};

	memcpy(at, &tlv, sizeof(tlv));
}

static void put_request(struct packet_template *t)
{
	struct stamp_request request = {
		.error = htons(t->error),
		.ssid = htons(t->ssid),
	};

	memcpy(request_of(t), &request, sizeof(request));
}

void packet_prepare(struct packet_template *t, const struct plan *plan,
		    uint16_t echo_id)
{
	bool synchronised;
	int64_t error_ns = clock_error_ns(&synchronised);

	memset(t, 0, sizeof(*t));
	t->protocol = plan->protocol;
	t->family = plan->address.family;
	t->echo_id = echo_id;
	t->error = stamptime_encode_error(span_ns(error_ns)) | STAMP_ERROR_PTP |
		   (synchronised ? STAMP_ERROR_SYNC : 0);
	if (getrandom(&t->ssid, sizeof(t->ssid), 0) < 0 || !t->ssid)
		t->ssid = 1;
	t->length = header_size(t) + plan->size;
	put_request(t);
	if (t->protocol == PROTOCOL_ICMP) {
		t->octets[0] =
			t->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
		memcpy(t->octets + 4, &(uint16_t){ htons(echo_id) }, 2);
	} else if (plan->size > PACKET_PAYLOAD_MIN) {
		put_tlv(t->octets + PACKET_PAYLOAD_MIN, STAMP_TLV_PADDING,
			plan->size - PACKET_PAYLOAD_MIN -
				sizeof(struct stamp_tlv));
	}
}

void packet_prepare_control(struct packet_template *t,
			    const struct packet_template *like, bool plain)
{
	*t = *like;
	memset(t->octets + header_size(t), 0,
	       sizeof(t->octets) - header_size(t));
	put_request(t);
	t->length = header_size(t) + PACKET_PAYLOAD_MIN;
	if (plain || t->protocol != PROTOCOL_STAMP)
		return;
	put_tlv(t->octets + PACKET_PAYLOAD_MIN, STAMP_TLV_DIRECT_MEASUREMENT,
		sizeof(struct stamp_direct_measurement));
	t->length += sizeof(struct stamp_tlv) +
		     sizeof(struct stamp_direct_measurement);
}

uint64_t packet_finish(struct packet_template *t, uint32_t seq, int64_t tai_ns)
{
	struct stamp_request *request = request_of(t);
	uint64_t nonce = stamptime_write(tai_ns);
	uint16_t check;

	request->seq = htonl(seq);
	memcpy(&request->sent, &nonce, sizeof(nonce));
	if (t->protocol != PROTOCOL_ICMP)
		return nonce;
	memcpy(t->octets + 6, &(uint16_t){ htons(seq) }, 2);
	/* For ICMPv6 the kernel makes it: it covers the addresses too. */
	if (t->family == AF_INET) {
		memset(t->octets + 2, 0, 2);
		check = ~checksum_fold(checksum_sum(t->octets, t->length));
		memcpy(t->octets + 2, &check, 2);
	}
	return nonce;
}

static bool read_echo(const struct packet_template *like, const uint8_t *octets,
		      size_t length, struct packet_answer *out)
{
	struct stamp_request request;
	size_t ip = like->family == AF_INET ? (octets[0] & 0xf) * 4 : 0;
	uint8_t reply =
		like->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;

	if (length < ip + ICMP_HEADER + sizeof(request))
		return false;
	octets += ip;
	if (octets[0] != reply || (octets[4] << 8 | octets[5]) != like->echo_id)
		return false;
	memcpy(&request, octets + ICMP_HEADER, sizeof(request));
	out->seq = ntohl(request.seq);
	memcpy(&out->nonce, &request.sent, sizeof(out->nonce));
	return true;
}

static void read_counters(const uint8_t *octets, size_t length,
			  struct packet_answer *out)
{
	struct stamp_direct_measurement dm;
	struct stamp_tlv tlv;

	if (length < sizeof(struct stamp_reply) + sizeof(tlv) + sizeof(dm))
		return;
	memcpy(&tlv, octets + sizeof(struct stamp_reply), sizeof(tlv));
	if (tlv.type != STAMP_TLV_DIRECT_MEASUREMENT ||
	    tlv.flags & (STAMP_TLV_UNRECOGNIZED | STAMP_TLV_MALFORMED))
		return;
	memcpy(&dm, octets + sizeof(struct stamp_reply) + sizeof(tlv),
	       sizeof(dm));
	out->has_counters = true;
	out->reflector_rx = ntohl(dm.reflector_rx);
	out->reflector_tx = ntohl(dm.reflector_tx);
}

bool packet_read(const struct packet_template *like, const uint8_t *octets,
		 size_t length, struct packet_answer *out)
{
	struct stamp_reply reply;

	memset(out, 0, sizeof(*out));
	if (like->protocol == PROTOCOL_ICMP)
		return length && read_echo(like, octets, length, out);
	if (length < sizeof(reply))
		return false;
	memcpy(&reply, octets, sizeof(reply));
	out->seq = ntohl(reply.sender_seq);
	memcpy(&out->nonce, &reply.sender_sent, sizeof(out->nonce));
	out->reflector_seq = ntohl(reply.seq);
	out->remote_error = ntohs(reply.error);
	read_counters(octets, length, out);
	return true;
}
