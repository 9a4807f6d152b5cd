/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Level shifts of one flow as its probes come in: a path's fixed delay plus
 * positive, heavy-tailed, correlated noise, where the fixed part moves and
 * stays. Online; model/shift.h is its offline relation.
 *
 * What proves a shift is what noise does not do, by counting alone, in the
 * spirit of NP-FOCuS (Romano, Eckley and Fearnhead, IEEE Trans. Signal Process.
 * 72, 2024, arXiv 2302.02718), on the indicators of "at or under level + U":
 * - a fall by low samples, under the level by more than the bar: that k of the
 *   last m are low, when of the n of this level before them none was, has
 *   a likelihood below C(m, k) (n + 1)^-k. For every beginning among the last
 *   16 low ones; e^-23 proves it, from 4 on that reach 2 bars down.
 * - a rise by no low sample where a share p of them used to be, (1 - p)^k <
 *   e^-23, for 6 s and 2.5 times as long as ever of late, as a busy period
 *   lasts up to 5 s and another may adjoin; for 26 U from 2.5 bars on, each 1.5
 *   times the one before. The least of both halves has to agree within what it
 *   may be unsure by.
 * So a level that lasts less than 6 s (a little more at a few probes a second)
 * is none, whatever begins a run is no level before it has lasted so long, and
 * a slope is no shift. Two shifts closer than that are one, or none.
 *
 * The moment is bounded by the last sample too low to be after the rise, or the
 * first too low to be before the fall; to the other side by as many samples
 * near that side's level as the noise so far makes 99.9 % sure, and no more
 * than three gaps where the shift exceeds the noise's p85, unless what is
 * beside it is raised: then up to the end of that busy period.
 *
 * The way is told by how forward - return jumps at the shift, beside a straight
 * line for both clocks' drift: the calm samples of up to 5 s on both sides,
 * least squares, each with its own excess as what it may be wrong by.
 *
 * The path's own time is below a segment's least: by less than 3.55 (19 to 3.55
 * from 2 to 10 samples) times the mean step of the ten least, 95 %, if they are
 * spread evenly or denser towards the path's own (Robson and Whitlock,
 * Biometrika 51, 1964, with ten for two).
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

/* "forward", "return" or "both"; NULL: unknown. */
const char *watch_way_name(enum watch_way way);

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
	int64_t to_ns;	    /* and after, as far as known when it was told: its
			       segment's min_ns knows better later */
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

/* Shifts that it found in so many hours of what a host's and a line's noise,
 * recorded under load and cross traffic, is put together to, where there were
 * none: XRTT_RUNS=10000 build/tests/unit/watch_noise_test. */
#define WATCH_FALSE_EVENTS 0
#define WATCH_FALSE_HOURS 10000.0

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
