/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What N flows between the same two hosts showed: plain data, read by user/out.
 * Times are since the run's origin.
 */
#ifndef XRTT_MODEL_FLOWS_H
#define XRTT_MODEL_FLOWS_H

#include "model/result.h"
#include "model/watch.h"

#define FLOWS_MOST 256

struct flow_result {
	int source_port;
	int flow_class; /* of its last segment, -1: none */
	struct probes probes;
	struct loss loss;
	struct duration network;
};

struct flow_segment {
	unsigned int flow;
	int flow_class;
	bool censored; /* began before the run or was not over at its end */
	struct watch_segment segment;
};

/* How long a path lasts (model/classes.h says how censoring is dealt with), in
 * seconds; what is not known is not finite. */
struct dwell {
	uint64_t n;	   /* segments, */
	uint64_t censored; /* and of these with an end unseen */
	double mean;	   /* time seen per end seen */
	struct ci ci95;	   /* of it */
	double median;	   /* Kaplan-Meier */
};

struct flow_class {
	int64_t min_ns;	  /* of all its segments */
	int64_t below_ns; /* as of the segment that has it */
	size_t flows;
	unsigned int *flow; /* that were ever in it, ascending */
	double share;	    /* of all time seen */
	struct dwell dwell;
};

struct flow_event {
	unsigned int flow;
	size_t segment; /* of the flow's own, the one that it began */
	struct watch_event event;
};

/* A TCP connection of this host's to the target (--mine). */
struct mine {
	uint16_t local_port;
	uint16_t remote_port;
	int64_t min_rtt_ns; /* tcpi_min_rtt: to 1 us, both hosts' share in it,
			       of the last minutes (net.ipv4.tcp_min_rtt_wlen);
			       0: none yet */
	int64_t rtt_ns;	    /* tcpi_rtt, smoothed; 0: none yet */
	int flow_class;	    /* the slowest class that is not above it, -1: none
			       (model/mine.h) */
	int64_t hosts_ns;   /* what its hosts take if it is of that class, */
	int64_t faster_hosts_ns; /* and if it is of the next faster one; -1:
				    there is none */
};

struct flows {
	size_t flows;
	struct flow_result *flow;
	size_t segments;
	struct flow_segment *segment; /* by flow, then time */
	size_t classes;
	struct flow_class *class; /* ascending by min_ns */
	size_t events;
	struct flow_event *event; /* in order of time */
	double bar_ns; /* classes further apart than this are told apart */
	double hours;  /* flow-hours watched */
	bool has_mine; /* was looked for */
	size_t mines;
	struct mine *mine;
};

#endif
