/* SPDX-License-Identifier: GPL-2.0-only */
/* A probe's octets, and what the octets of an answer say. */
#ifndef XRTT_PROBE_PACKET_H
#define XRTT_PROBE_PACKET_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/plan.h"
#include "wire.h"

/* Room for any probe: --size goes no further than this. */
#define PACKET_MAX 9000

/* Smallest payload: STAMP's own 44 octets. 45 to 47 cannot be had, as padding
 * is a TLV of at least four octets. */
#define PACKET_PAYLOAD_MIN 44

struct packet_template {
	enum protocol protocol;
	int family;
	uint16_t echo_id; /* host order */
	uint16_t ssid;
	uint16_t error; /* Error Estimate, host order */
	size_t length;	/* of what is handed to the socket */
	uint8_t octets[PACKET_MAX];
};

/* Fills everything but sequence number and timestamp. */
void packet_prepare(struct packet_template *t, const struct plan *plan,
		    uint16_t echo_id);

/* The same as a request for the far host's counters (UDP only): 44 octets and
 * a Direct Measurement TLV, or the bare 44 if `plain`. */
void packet_prepare_control(struct packet_template *t,
			    const struct packet_template *like, bool plain);

/* Writes sequence number and the time `tai_ns` (PTP format), checksum included
 * where the kernel does not make it. Returns the nonce: the timestamp's eight
 * octets as they stand in the packet. */
uint64_t packet_finish(struct packet_template *t, uint32_t seq, int64_t tai_ns);

/* What user space needs of an answer; the rest is the hooks' business. */
struct packet_answer {
	uint32_t seq;
	uint64_t nonce;
	bool has_counters; /* a Direct Measurement TLV, understood */
	uint32_t reflector_rx;
	uint32_t reflector_tx;
	uint32_t reflector_seq;
	uint16_t remote_error;
};

/* False if these octets are no answer to a probe of `like`. */
bool packet_read(const struct packet_template *like, const uint8_t *octets,
		 size_t length, struct packet_answer *out);

#endif
