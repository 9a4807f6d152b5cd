/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Level shifts of one flow as its probes come in.
 */
#ifndef XRTT_MODEL_WATCH_H
#define XRTT_MODEL_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which way got longer or shorter, told from the stamps of both hosts against
 * their own past: needs no synchronised clocks. */
enum watch_way {
	WATCH_WAY_UNKNOWN,
	WATCH_WAY_FORWARD,
	WATCH_WAY_RETURN,
	WATCH_WAY_BOTH,
};

/* An answered probe. Times are since the run's origin. */
struct watch_sample {
	int64_t at_ns;	    /* due, or sent */
	int64_t network_ns; /* RTT less the far host's share */
	bool has_ways;
	int64_t forward_ns; /* remote_rx - tx: of two clocks, so only changes
			       mean anything */
	int64_t return_ns;  /* rx - remote_tx */
};

struct watch_event {
	int64_t time_ns;    /* when the path changed: the likeliest moment, */
	int64_t time_lo_ns; /* no earlier than this */
	int64_t time_hi_ns; /* and no later */
	int64_t told_ns;    /* of the sample that proved it */
	int64_t from_ns;    /* level before, */
	int64_t to_ns;	    /* and after */
	enum watch_way way;
};

/* Between two shifts. */
struct watch_segment {
	int64_t from_ns;
	int64_t to_ns;
	int64_t min_ns;	  /* its level: the least network time */
	int64_t below_ns; /* the path's own is at most this much below, 95 % */
	uint64_t probes;  /* answered */
};

struct watch;

/* `bar_ns`: by how much two samples of one path may differ through the
 * instrument alone (what is common to both apart). NULL: no memory. */
struct watch *watch_create(int64_t bar_ns);
void watch_destroy(struct watch *w); /* NULL is allowed */

/* In time order. Returns whether that sample proved a shift, then in *event;
 * constant time on average, no memory that grows with the samples. */
bool watch_add(struct watch *w, const struct watch_sample *s,
	       struct watch_event *event);

/* All segments so far, in time order, the last one under way; the watch's own,
 * until the next watch_add(). 0 before the first sample. */
size_t watch_segments(const struct watch *w, const struct watch_segment **out);

#endif
