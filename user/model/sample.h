/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One settled probe: its stamps, what became of it, and the durations that
 * follow from the stamps. Nothing here is estimated.
 */
#ifndef XRTT_MODEL_SAMPLE_H
#define XRTT_MODEL_SAMPLE_H

#include "model/time.h"

/* In the order in which a probe meets them. The two remote ones are of the far
 * host's clock; all others are of ours. */
enum stamp {
	STAMP_APP_TX,
	STAMP_TC_TX,
	STAMP_DRV_TX,
	STAMP_REMOTE_RX,
	STAMP_REMOTE_TX,
	STAMP_HW_RX,
	STAMP_XDP_RX,
	STAMP_TC_RX,
	STAMP_SOCK_RX,
	STAMP_APP_RX,
	STAMPS,
};

/* What lies between two stamps. The stages of a complete probe add up to its
 * round trip. */
enum stage {
	STAGE_APP_TO_TC,
	STAGE_TC_TO_DRIVER,
	STAGE_NETWORK,
	STAGE_REMOTE,
	STAGE_NIC_TO_XDP,
	STAGE_XDP_TO_TC,
	STAGE_TC_TO_SOCKET,
	STAGE_SOCKET_TO_APP,
	STAGES,
};

enum engine {
	ENGINE_SOCKET,
	ENGINE_BYPASS,
	ENGINES,
};

enum probe_status {
	PROBE_OK,
	PROBE_LATE,	    /* answered after the timeout */
	PROBE_LOST,	    /* left this host, no answer seen */
	PROBE_LOST_IN_HOST, /* the answer reached this host, not the socket */
	PROBE_UNSENT,	    /* did not leave this host */
	PROBE_UNRECORDED,   /* seen in full, but our own ring had no room */
	PROBE_STATUSES,
};

#define SAMPLE_DUPLICATE 0x1	/* more than one reply came */
#define SAMPLE_STOLEN 0x2	/* the hypervisor took the CPU meanwhile */
#define SAMPLE_DISTURBED 0x4	/* a second reply came too early to tell */
#define SAMPLE_DISORDER 0x8	/* stamps out of order: no stage is reported */
#define SAMPLE_HW_DISORDER 0x10 /* and it is hw_rx that is out of it */

struct sample {
	uint32_t seq; /* STAMP sequence number on the wire */
	uint32_t flow;
	enum engine engine;
	enum probe_status status;
	mono_t due;	   /* when it should have been sent, 0: at once */
	uint32_t have;	   /* bit 1 << enum stamp for each stamp there is */
	mono_t at[STAMPS]; /* local stamps; remote slots are unused */
	remote_t remote_rx;
	remote_t remote_tx;
	int ttl;	/* of the reply as it came in, -1 unknown */
	int remote_ttl; /* of the request at the far host, -1 unknown */
	bool has_reflector_seq;
	uint32_t reflector_seq;
	uint32_t duplicate_forward;
	uint32_t duplicate_return;
	uint32_t flags; /* SAMPLE_* */
	span_t stolen;	/* between drv_tx and the wire, if SAMPLE_STOLEN */
	span_t hw_bar;	/* hw_rx may be off by this much either way */
};

/* Which stamps bound "network" in this run: the same for all its samples, so
 * that one distribution never mixes two meanings. */
struct wire_ends {
	enum stamp tx; /* STAMP_DRV_TX or STAMP_TC_TX */
	enum stamp rx; /* STAMP_HW_RX, STAMP_XDP_RX or STAMP_TC_RX */
	/* The protocol has no remote stamps (ICMP, TCP): the far host's share
	 * is in "network". Else a probe without them has no network. */
	bool remote_inside;
};

static inline bool sample_has(const struct sample *s, enum stamp which)
{
	return s->have & (1u << which);
}

static inline void sample_set(struct sample *s, enum stamp which, mono_t at)
{
	s->at[which] = at;
	s->have |= 1u << which;
}

/* Each returns false, leaving *out alone, where a stamp it needs is absent; the
 * stages and network also where the probe is marked SAMPLE_DISORDER. */
bool sample_stage(const struct sample *s, const struct wire_ends *ends,
		  enum stage which, span_t *out);
bool sample_rtt(const struct sample *s, span_t *out); /* app_rx - app_tx */
bool sample_network(const struct sample *s, const struct wire_ends *ends,
		    span_t *out);

/* The earliest stamp of the far host that the sample has. */
bool sample_first_remote(const struct sample *s, remote_t *out);

/* The whole of this host's stack: app_tx to driver, receive hook to app_rx. */
bool sample_host_out(const struct sample *s, const struct wire_ends *ends,
		     span_t *out);
bool sample_host_in(const struct sample *s, const struct wire_ends *ends,
		    span_t *out);

/* How late it went: first stamp - due. */
bool sample_lateness(const struct sample *s, span_t *out);

/* True if every local stamp is at or after the one before it, the remote's two
 * are in order, and no stage is negative; where hw_rx is one of two, but for
 * hw_bar. */
bool sample_in_order(const struct sample *s, const struct wire_ends *ends);

/* Names as section SAMPLES of the man page has them. */
const char *stamp_name(enum stamp which); /* "app_tx" */
const char *stage_name(enum stage which); /* "app_to_tc" */
const char *status_name(enum probe_status status);
const char *engine_name(enum engine engine);

#endif
