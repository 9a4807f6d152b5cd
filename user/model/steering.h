/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How CLOCK_MONOTONIC is pushed against CLOCK_MONOTONIC_RAW, from bracketed
 * readings (M, R, M). MONOTONIC - RAW at the moment of R lies between the two
 * differences for certain, however long the bracket was interrupted, and so
 * everything said here is an interval that holds the truth.
 *
 * A piece is a stretch of time in which one rate explains every reading; it
 * ends with the first reading that no rate explains. A quiet clock makes one
 * piece, however long the run, and never an event. Where the pieces do not fit
 * any more, neighbours whose rates are most alike become one: memory is
 * constant, and a slew of two seconds in a run of weeks stays what it was.
 *
 * Rates are in ppm, MONOTONIC against RAW; times are those of the readings.
 */
#ifndef XRTT_MODEL_STEERING_H
#define XRTT_MODEL_STEERING_H

#include "model/result.h"
#include "model/time.h"

#define STEERING_PIECES 512
#define STEERING_WIDTHS 160

struct steering_reading {
	mono_t at;  /* between the two readings of MONOTONIC */
	int64_t lo; /* MONOTONIC - RAW is at least that, in ns */
	int64_t hi;
};

struct steering_piece {
	mono_t from;
	mono_t to;
	double lo; /* its rate is at least that */
	double hi;
};

struct steering_track {
	mono_t origin; /* zero of the times of events */
	uint64_t readings;
	struct steering_reading
		first; /* what the open piece is measured from */
	struct steering_reading last;
	size_t pieces; /* the last one is open */
	struct steering_piece piece[STEERING_PIECES];
	uint32_t width[STEERING_WIDTHS]; /* readings by bracket's width */
};

void steering_init(struct steering_track *track, mono_t origin);

/* Takes a reading; one that is not later than the last is left out. */
void steering_add(struct steering_track *track,
		  const struct steering_reading *reading);

/* What the readings say so far; `known` is false with fewer than two. */
void steering_summarise(const struct steering_track *track,
			struct clock_steering *out);

#endif
