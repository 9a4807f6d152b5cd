/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A map of flows over time, for a terminal while they are measured. A row is a
 * flow, or several where there are more than the terminal has lines; a column
 * is a span of time, all of them as wide; a cell's colour is how far the least
 * round trip in it lies above the least of all.
 *
 * Each map is drawn over the one before it, where the cursor is, and leaves the
 * cursor in the line below: nothing of the terminal's state is changed from one
 * map to the next, so whatever ends the run leaves it as it was, and what is
 * printed next stands below the map. Nobody else may write to that terminal
 * between two maps, but after heat_leave().
 */
#ifndef XRTT_OUT_HEAT_H
#define XRTT_OUT_HEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct heat;

struct heat_setup {
	size_t flows;	     /* 1 to FLOWS_MOST */
	int64_t interval_ns; /* from one probe of a flow to its next */
	int64_t bar_ns;	   /* two round trips of one path may differ so much */
	bool colour;	   /* 256 of them, else characters */
	const char *title; /* of the map, copied: "10.0.1.7 → 10.1.0.9" */
};

/* What the terminal has now; 0: unknown, then 80 and 24. */
struct heat_size {
	int columns;
	int rows;
};

/* Takes 8 KiB a flow, however long the run: columns twice as wide take the
 * place of the first ones when these are full. NULL: no memory. */
struct heat *heat_create(const struct heat_setup *setup);
void heat_destroy(struct heat *heat); /* NULL is allowed */

/* A reply. Times are since the run's origin, in any order. */
void heat_add(struct heat *heat, unsigned int flow, int64_t at_ns,
	      int64_t network_ns);

/* A probe of that moment that the network lost. */
void heat_lose(struct heat *heat, unsigned int flow, int64_t at_ns);

/* Draws the map, but not within 250 ms of the last time: `now_ns` is what time
 * it is. One write, without a flush in between; where the terminal has another
 * size than last time its screen is cleared first. */
void heat_draw(struct heat *heat, FILE *to, const struct heat_size *size,
	       int64_t now_ns);

/* The last map, whenever the one before it was. */
void heat_end(struct heat *heat, FILE *to, const struct heat_size *size,
	      int64_t now_ns);

/* The map stays where it is: the next one is drawn below what is written now.
 */
void heat_leave(struct heat *heat);

#endif
