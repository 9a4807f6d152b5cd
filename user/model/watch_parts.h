/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of watch.c share, and nobody else sees. Samples are numbered
 * from 0; the ring has the latest.
 */
#ifndef XRTT_MODEL_WATCH_PARTS_H
#define XRTT_MODEL_WATCH_PARTS_H

#include "model/watch.h"

#define WATCH_STEPS 26
#define WATCH_LOWS 16
#define WATCH_LEAST 10

/* No busy period is longer, and no level shorter. */
#define WATCH_BUSY_NS 6000000000

/* Natural logarithm of how likely noise may be to do what proves a shift. */
#define WATCH_PROOF (-23)

/* In bars: no fall is less deep. */
#define WATCH_FALL_BARS 2

#define WATCH_NO_SPLIT INT64_MIN

struct watch_point {
	int64_t at_ns;
	int64_t value_ns;
	int64_t split_ns; /* forward - return */
};

struct watch_ring {
	struct watch_point *point;
	uint64_t room; /* a power of two */
	uint64_t end;  /* samples so far */
};

/* Of samples up to `above_ns` above the anchor, "low" ones. */
struct watch_step {
	int64_t above_ns;
	uint64_t last;	    /* low one, */
	int64_t last_at_ns; /* and when */
	int64_t longest_ns; /* without one, halved every so often */
	double lows;	    /* so many */
	double all;	    /* of these, up to the last low one */
};

/* A sample that is below the level by more than the bar. */
struct watch_low {
	uint64_t number;
	int64_t at_ns;
	int64_t value_ns;
};

/* The least values of a segment, ascending. */
struct watch_least {
	size_t n;
	int64_t value_ns[WATCH_LEAST];
};

struct watch {
	int64_t bar_ns;
	struct watch_ring ring;
	double gap_ns;	   /* between samples */
	int64_t anchor_ns; /* at most two lows are below it by over a bar */
	uint64_t fresh;	   /* the first sample that this can be said of */
	struct watch_step step[WATCH_STEPS];
	size_t lows;
	struct watch_low low[WATCH_LOWS];
	struct watch_least least;
	int64_t turn_ns; /* when the anchor is next looked at */
	int64_t turn_min_ns;
	uint64_t retry; /* no rise is looked for before this sample */
	uint64_t first; /* of the segment under way, which is the last one */
	struct watch_segment *segment;
	size_t segments, room;
};

/* Two levels and the sample beside the shift that proves a side: where it
 * rises, the last that is too low to be after it; where it falls, the first
 * that is too low to be before it. */
struct watch_edge {
	bool rises;
	uint64_t pivot;
	int64_t from_ns;
	int64_t to_ns;
	int64_t doubt_ns; /* the pivot is further than this from the far side */
	bool may_wait;	  /* for more samples to tell the way from */
};

uint64_t watch_oldest(const struct watch *w);
const struct watch_point *watch_at(const struct watch *w, uint64_t number);
const struct watch_point *watch_latest(const struct watch *w);

/* Share of low samples, never 0 or 1. */
double watch_share(const struct watch_step *step);

/* Holds samples `from` and later against this anchor; `forget`: what was
 * learned of the noise as well. */
void watch_restart(struct watch *w, int64_t anchor_ns, uint64_t from,
		   bool forget);

/* Ends the segment and fills *event. False: nothing is done, for want of memory
 * or of samples. */
bool watch_tell(struct watch *w, const struct watch_edge *edge,
		struct watch_event *event);

void watch_least_add(struct watch_least *least, int64_t value_ns);
int64_t watch_least_below(const struct watch_least *least);

/* Fills the three times. */
void watch_moment(const struct watch *w, const struct watch_edge *edge,
		  struct watch_event *event);

enum watch_way watch_way(const struct watch *w, const struct watch_edge *edge,
			 const struct watch_event *event);

bool watch_rise(struct watch *w, struct watch_event *event);

/* The latest sample is below the anchor by more than the bar. */
bool watch_fall(struct watch *w, struct watch_event *event);

#endif
