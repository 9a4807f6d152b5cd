/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run found: plain data, filled by the model and the session, read by
 * user/out and by nobody else. Whatever is not known says so by a flag or a
 * null pointer, never by a number. Strings belong to the result.
 */
#ifndef XRTT_MODEL_RESULT_H
#define XRTT_MODEL_RESULT_H

#include <stddef.h>

#include "model/application.h"
#include "model/distance.h"
#include "model/fallback.h"
#include "model/sample.h"

struct flows;	   /* model/flows.h */
struct null_floor; /* model/null.h */
struct preflight;  /* model/preflight.h */

/* One end of a confidence interval; not finite where the sample is too small
 * to bound it on that side. */
struct bound {
	bool finite;
	double value;
};

struct ci {
	struct bound lo;
	struct bound hi;
};

enum level {
	LEVEL_P50,
	LEVEL_P90,
	LEVEL_P99,
	LEVEL_P999,
	LEVELS,
};

/* One contribution to the instrument's uncertainty; what `ns` means, and how
 * the bar is made of it, is in model/budget.h. */
struct budget_term {
	const char *name;
	double ns;	/* 95 %; not finite: of unknown size */
	char kind;	/* 'A' measured in this run, 'B' taken from elsewhere */
	bool lengthens; /* else symmetric */
	bool common;	/* the same for every duration of this host and run */
	const char *how;
};

/* The true quantile of exactly these probes lies in [value - minus, value +
 * plus], 95 %. Where a gap has no bound, `bounded` is false and `minus` is the
 * part that is bounded; `plus` is not finite if it has none either. */
struct instrument {
	bool known;
	bool bounded;
	double minus;
	double plus;
	size_t terms;
	struct budget_term *term;
};

#define DIFFERENCE_COMMON 8

/* One duration less another at one level: the truth lies in [value - minus,
 * value + plus], 95 %. An end without a bound is not finite. */
struct difference {
	bool known;
	double value;
	double minus;
	double plus;
	size_t left_out; /* terms that both have in common, by name */
	const char *common[DIFFERENCE_COMMON];
};

/* A reported duration, in nanoseconds. With n == 0 nothing else means
 * anything. */
struct duration {
	uint64_t n;
	double n_eff;	   /* as many independent samples would say as much */
	bool short_memory; /* run too short for its memory: ci95 too narrow */
	int64_t min;
	int64_t max;
	double mean;
	double stddev;
	double quantile[LEVELS];
	struct ci ci95[LEVELS];
	int64_t bin_ns; /* width of a quantile's bin; 0: exact */
	struct instrument at_p50;
	struct instrument at_p99;
};

/* planned = sent + unsent
 * sent = ok + late + lost + lost_in_host + unrecorded; `received` is `ok`. */
struct probes {
	uint64_t planned;
	uint64_t sent;
	uint64_t unsent;
	uint64_t received;
	uint64_t late;
	uint64_t lost;
	uint64_t lost_in_host;
	uint64_t unrecorded;
	uint64_t duplicate;	      /* further replies (RFC 5560) */
	bool has_duplicate_direction; /* the next two are known */
	uint64_t duplicate_forward;   /* made on the way there */
	uint64_t duplicate_return;    /* made on the way back */
	uint64_t reordered; /* replies behind a later one's (RFC 4737) */
	bool has_direction; /* the next two are known */
	uint64_t reordered_forward;
	uint64_t reordered_return;
};

/* Of the probes sent; `lost` alone is the network's. */
struct loss {
	double ratio;
	struct ci ci95;
	uint64_t longest_run;
	bool has_direction; /* the far host's counters tell which way */
	uint64_t forward;
	uint64_t back;
	bool has_refused;
	uint64_t refused; /* by the reflector's door, not lost by the network */
};

struct hooks {
	enum stamp tx;	    /* the stamp "network" starts at */
	enum stamp rx;	    /* the stamp "network" ends at */
	const char *tx_how; /* "tcx", "clsact" */
	const char *rx_how; /* "native XDP", "tcx", "clsact" */
	const char *tx_why; /* why not the better one; NULL if it is the best */
	const char *rx_why;
	struct fallbacks fallbacks; /* every step down, the engine's too */
};

struct pacing {
	bool flood; /* nothing was due at any time: no interval, no lateness */
	bool poisson;
	uint64_t seed;
	int64_t interval_ns;
	double achieved_pps; /* not finite with fewer than two probes sent */
	struct duration lateness;
};

struct ttl_range {
	int min, max; /* -1: unknown */
	int remote_min, remote_max;
};

#define CLOCK_EVENTS 16

/* A time in which CLOCK_MONOTONIC was pushed. */
struct clock_event {
	int64_t from_ns; /* since origin */
	int64_t to_ns;
	double ppm; /* its rate, against the run's median */
};

/* How CLOCK_MONOTONIC was pushed against CLOCK_MONOTONIC_RAW, in ppm. */
struct clock_steering {
	bool known; /* else nothing below means anything */
	uint64_t readings;
	double median_ppm;    /* rate over the run */
	double median_lo_ppm; /* it lies between these */
	double median_hi_ppm;
	double departure_ppm; /* the rate was never further from the median,
				 the readings' own uncertainty included */
	double floor_ppm;     /* a lesser one does not show in a second */
	uint64_t departures;  /* events in all */
	size_t events;	      /* of these the largest, in order of time */
	struct clock_event event[CLOCK_EVENTS];
};

/* What it takes to read CLOCK_MONOTONIC on this host, in ns, and by how much
 * two CPUs may differ over it. */
struct clock_reading {
	bool known;
	int64_t p50_ns; /* between two readings one after the other */
	int64_t p99_ns;
	int64_t granularity_ns; /* the least difference that is not 0 */
	unsigned int cpus_online;
	unsigned int cpus; /* of these compared with each other */
	bool has_offset;   /* there is one only, or two or more were */
	int64_t offset_ns; /* no two of those compared differ by more */
};

/* The NIC's own clock, by which its receive stamps are, against
 * CLOCK_MONOTONIC; what is not known of it is not finite. */
struct clock_nic {
	bool known; /* its stamps were asked for, and it can be read */
	int phc;    /* /dev/ptpN */
	uint64_t readings;
	uint64_t steps;	   /* of either clock against the other */
	double rate_ppm;   /* CLOCK_MONOTONIC's, against it */
	uint64_t stamps;   /* moved to CLOCK_MONOTONIC */
	double bar_ns;	   /* 99.5 % of these are as sure as this */
	double bar_max_ns; /* and all of them as this */
};

/* What is known of CLOCK_MONOTONIC's rate during the run. */
struct clock_state {
	bool disciplined;
	const char *source; /* "chrony", "ntpd", "none", ... */
	double rate_ppm;    /* bound on its rate error */
	bool is_measured;   /* in this run; else taken from elsewhere */
	const char *how;
	char reference[64];	 /* what the source follows; "" if unknown */
	int tai_offset_s;	 /* 0: nobody has set it */
	uint64_t realtime_steps; /* changes of REALTIME - MONOTONIC seen */
	struct clock_steering steering;
	struct clock_reading reading;
	struct clock_nic nic;
};

struct verdict {
	const char *code;
	const char *text;
};

/* What a typical probe's time is made of (model/verdict.h). */
enum verdict_part {
	PART_DISTANCE,
	PART_DETOUR,
	PART_NETWORK, /* these two, where the places are not known */
	PART_QUEUEING,
	PART_LOCAL_HOST,
	PART_REMOTE_HOST,
	PARTS,
};

/* Fractions of the typical round trip, by enum verdict_part; what is not known,
 * and an end without a bound, is not finite. */
struct parts {
	bool known;
	struct range share[PARTS];
};

/* Of what the slowest 1 % had beyond the medians. */
struct slowest {
	uint64_t n;	  /* probes; 0: nothing below means anything */
	enum stage stage; /* that holds most of it, on the code's side */
	double share;	  /* so much */
};

/* This host as the run used it. */
struct local_host {
	const char *ifname;
	const char *driver;
	const char *kernel;
	const char *clocksource;
	int mtu;
	const struct preflight *preflight; /* NULL: not looked for */
};

enum protocol {
	PROTOCOL_STAMP,
	PROTOCOL_ICMP,
	PROTOCOL_TCP,
};

struct target_host {
	const char *name;    /* as typed */
	const char *address; /* as resolved */
	const char *source;  /* our address */
	int port;	     /* 0 for ICMP */
	int source_port;     /* the first, where there are several */
	enum protocol protocol;
	/* TCP, 0 for others: ports of ours that were used, and the replies. */
	unsigned int source_ports;
	uint64_t syn_acks;
	uint64_t resets;
	bool stateful;	   /* its sequence numbers are its own */
	bool synchronised; /* its Error Estimate has the S bit */
};

struct run_facts {
	const char *start; /* RFC 3339, nine digits */
	int64_t duration_ns;
	const char *command;
	const char *version;
	bool interrupted;
	const char
		*trouble; /* what ended it before its time; static, or NULL */
	mono_t origin;	  /* zero of every local time in the samples */
	int64_t origin_tai_ns;
	bool has_remote_origin;
	remote_t remote_origin; /* zero of every remote time in the samples */
	/* What `xrtt doctor --null` stored here, NULL if nothing. */
	const struct null_floor *null;
};

/* What our own programs and maps counted and did not turn into a sample. */
struct counts {
	uint64_t stale;	       /* replies that matched no armed slot */
	uint64_t ring_full;    /* records for which our ring had no room */
	uint64_t disorder;     /* probes with stamps out of order */
	uint64_t slot_refused; /* arming refused: the slot was still armed */
	uint64_t tx_stamp_missing; /* answered probes without a drv_tx */
	uint64_t hw_stamp_missing; /* "network" ends there, and there is none */
	uint64_t hw_stamp_disorder; /* of `disorder`, by the NIC's stamp */
	uint64_t send_errors;
	uint64_t port_unreachable; /* ICMP: nothing listens there */
	uint64_t unreachable;	   /* other ICMP errors */
};

/* Quantiles between two level shifts; a run without one has none. */
struct segment {
	int64_t from_ns; /* since origin */
	int64_t to_ns;
	struct duration network;
	struct range inflation; /* not finite where not known */
};

struct result {
	/* Both engines in turn: each one's own result, by enum engine, and what
	 * is here is the socket engine's, but for probes, loss and counts,
	 * which are of all. One engine: NULL. */
	struct result *engines;
	struct difference closure;	/* bypass less socket, network's p50 */
	struct verdict closure_verdict; /* what that says (closure.h) */
	struct probes probes;
	struct loss loss;
	struct hooks hooks;
	struct duration rtt; /* app_rx - app_tx; n == 0 for bypass */
	struct duration network;
	struct duration remote;
	struct duration stage[STAGES];
	/* Socket engine: this host's stack, before the wire and after. */
	struct duration host_out;
	struct duration host_in;
	bool has_share;
	double share[STAGES]; /* of the mean round trip; they add up to 1 */
	struct pacing pacing;
	struct ttl_range ttl;
	struct clock_state clock;
	bool has_distance;
	struct distance distance;
	struct verdict level;
	struct parts parts;
	struct verdict tail;
	struct slowest slowest;
	struct application_cost application;
	struct local_host local;
	struct target_host target;
	struct run_facts run;
	struct counts counts;
	enum engine engine;
	size_t segments; /* none with flows, which have their own */
	struct segment *segment;
	struct flows *flows; /* NULL: one 5-tuple, and nobody asked more */
};

#endif
