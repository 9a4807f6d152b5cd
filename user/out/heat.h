/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A map of flows over time, for a terminal while they are measured. A row is a
 * flow, or the slowest of several where there are more than the terminal has
 * lines; a column is a span of time, all of them as wide; a cell's shade is how
 * far the least round trip in it lies above the least of all, by its square
 * root, so that a path 20 us longer shows beside one 10 ms longer.
 *
 * Each map is drawn over the one before it, where the cursor is, and leaves the
 * cursor in the line below: nothing of the terminal's state is changed from one
 * map to the next, so whatever ends the run leaves it as it was, and what is
 * printed next stands below the map. Whoever writes to that terminal between
 * two maps calls heat_leave() before.
 */
#ifndef XRTT_OUT_HEAT_H
#define XRTT_OUT_HEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HEAT_EVERY_NS 250000000 /* from one map to the next, at least */

struct heat;

enum heat_look {
	HEAT_NONE,	 /* no terminal: nothing is drawn */
	HEAT_ONCE,	 /* its cursor does not move: the last map only */
	HEAT_CHARACTERS, /* no colours, or none wanted */
	HEAT_COLOURS,	 /* 256 of them */
};

/* What `fd` can show, by TERM, COLORTERM and NO_COLOR. */
enum heat_look heat_look(int fd);

struct heat_setup {
	enum heat_look look;
	size_t flows;	     /* 1 to FLOWS_MOST */
	int64_t interval_ns; /* from one probe of a flow to its next */
	int64_t bar_ns;	   /* two round trips of one path may differ so much */
	const char *title; /* of the map, copied: "10.0.1.7 → 10.1.0.9" */
};

/* What the terminal has now; 0: unknown, then 80 and 24. */
struct heat_size {
	int columns;
	int rows;
};

/* Takes 8 KiB a flow, however long the run: when its columns are full, ones
 * twice as wide take their place. NULL: no memory. */
struct heat *heat_create(const struct heat_setup *setup);
void heat_destroy(struct heat *heat); /* NULL is allowed */

/* A reply. Times are since the run's origin, in any order. */
void heat_add(struct heat *heat, unsigned int flow, int64_t at_ns,
	      int64_t network_ns);

/* A probe of that moment that the network lost. */
void heat_lose(struct heat *heat, unsigned int flow, int64_t at_ns);

/* Draws the map, but not within HEAT_EVERY_NS of the last time; `now_ns` is
 * what time it is. One write, which lasts as long as the terminal takes for it.
 * Where the terminal has another size than last time its screen is cleared
 * first. */
void heat_draw(struct heat *heat, FILE *to, const struct heat_size *size,
	       int64_t now_ns);

/* The last map, whenever the one before it was. */
void heat_end(struct heat *heat, FILE *to, const struct heat_size *size,
	      int64_t now_ns);

/* The map stays where it is: the next one is drawn below what is written now.
 */
void heat_leave(struct heat *heat);

#endif
