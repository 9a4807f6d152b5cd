/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the instrument shows where there is nothing to measure: probes between
 * two ends of one veth pair. The true distance is 0, so all of it is the
 * instrument's own on this host: two veth hops, NAPI, our programs.
 */
#ifndef XRTT_MODEL_NULL_H
#define XRTT_MODEL_NULL_H

#include "model/machine.h"
#include "model/result.h"

#define NULL_CELLS_MAX 8
#define NULL_TEXT 256 /* octets of a text, its 0 included */

/* One duration, in nanoseconds. Quantiles are samples (the smallest one with
 * F(x) >= q). With n == 0 nothing else means anything. */
struct null_figure {
	uint64_t n;
	int64_t min;
	int64_t p1;
	int64_t p50;
	int64_t p99;
	int64_t max;
};

/* One engine at one rate. */
struct null_cell {
	enum engine engine;
	int64_t interval_ns;
	char why[NULL_TEXT]; /* why it was not measured, "" if it was */
	enum stamp tx;	     /* what "network" starts and ends at */
	enum stamp rx;
	char tx_how[NULL_TEXT]; /* "tcx", "native XDP", ... */
	char rx_how[NULL_TEXT];
	char tx_why[NULL_TEXT]; /* why not the better one, or "" */
	char rx_why[NULL_TEXT];
	struct probes probes; /* those in the two identities, no more */
	double achieved_pps;  /* not finite where it is not known */
	struct null_figure lateness;
	struct null_figure stage[STAGES]; /* network and remote among them */
	uint64_t delivered[STAMPS];	  /* answered probes that had it */
};

struct null_floor {
	char date[NULL_TEXT]; /* RFC 3339 */
	char version[NULL_TEXT];
	struct machine machine;
	int64_t duration_ns; /* of sending, all cells together */
	bool interrupted;
	char stale[NULL_TEXT]; /* why it says nothing here and now, or "" */
	size_t cells;
	struct null_cell cell[NULL_CELLS_MAX];
};

/* min <= p1 <= p50 <= p99 <= max, and none of them where n is 0. */
bool null_figure_is_ordered(const struct null_figure *figure);

/* Fills `stale`: what was measured holds for that kernel, boot, CPU and xrtt.
 */
void null_judge(struct null_floor *floor, const struct machine *now,
		const char *version);

/* The durations of one cell's probes, all of them kept. */
struct null_tally;

struct null_tally *null_tally_create(void); /* NULL: no memory */
void null_tally_destroy(struct null_tally *tally);

/* Counts a probe's stamps and durations if it was answered in time. */
void null_tally_add(struct null_tally *tally, const struct sample *sample,
		    const struct wire_ends *ends);

/* Fills lateness, stage and delivered. 0, or -ENOMEM if there was not the
 * memory to keep all. */
int null_tally_report(struct null_tally *tally, struct null_cell *out);

#endif
