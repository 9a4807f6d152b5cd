/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run was asked to do. Strings are the caller's. */
#ifndef XRTT_PROBE_PLAN_H
#define XRTT_PROBE_PLAN_H

#include "host/address.h"
#include "host/hook.h"
#include "host/tune_sink.h"
#include "model/result.h"
#include "model/until.h"

/* Room for the one line that says what failed, on what, and what would mend
 * it: `why` in all of user/probe points to so many octets. */
#define WHY_SIZE 640

enum rx_hook {
	RX_HOOK_AUTO, /* native XDP, else TC ingress */
	RX_HOOK_XDP,
	RX_HOOK_TC,
};

struct plan {
	const char *target;	/* as typed */
	struct address address; /* as resolved */
	struct address source;	/* AF_UNSPEC: the route's choice */
	const char *ifname;	/* NULL: the route's choice */
	uint16_t port;
	uint16_t source_port; /* 0: any */
	enum protocol protocol;
	enum engine engine;
	bool both; /* engines in turn, on one 5-tuple; `engine` is unused */
	bool engine_auto; /* bypass where it works, else socket: `engine` is
			     what came of it */
	/* 5-tuples, their ports from source_port on, probed in turn, each with
	 * its own statistics (probe/tracks.h); UDP, one engine, no flood. 0:
	 * one, and none of that. */
	unsigned int flows;
	bool flood;	    /* bypass only: as fast as it goes; no interval */
	unsigned int batch; /* bypass: frames to a doorbell, 1 to 256 */
	uint64_t count;	    /* 0: no limit */
	span_t duration;    /* 0: no limit */
	span_t interval;
	span_t timeout;
	bool poisson;
	uint64_t seed;
	enum rx_hook rx_hook;
	enum tc_attach tc;
	double clock_ppm; /* the user's bound on our clock's rate; 0: none */
	bool tune;
	bool busy_poll;
	bool prepare; /* native XDP may have its way with the interface */
	const char *prepare_offer; /* of preflight_facts; static */
	bool hw_stamps; /* the NIC's, on receiving; never with flood */
	const struct tune_sink *sink; /* hears what was changed, or NULL */
	struct until until;	      /* stop then, if has_until */
	bool has_until;
	unsigned int size; /* octets behind the UDP or ICMP header; TCP: none */
	unsigned int dscp;
	bool has_distance; /* somebody said which places these are */
	struct distance distance;
};

#endif
