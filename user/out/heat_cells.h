/* SPDX-License-Identifier: GPL-2.0-only */
/* What the map of flows keeps, and how it is seen through a terminal's size. */
#ifndef XRTT_OUT_HEAT_CELLS_H
#define XRTT_OUT_HEAT_CELLS_H

#include "out/heat.h"

#define HEAT_SLOTS 512 /* spans of time kept of each flow */

struct heat_cell {
	int64_t least_ns; /* of the replies, INT64_MAX: none */
	uint32_t answered;
	uint32_t lost;
};

struct heat {
	struct heat_setup setup;
	char title[128];
	int64_t slot_ns; /* what a slot is wide now */
	size_t used;	 /* slots, up to the last one with a probe */
	int64_t best_ns; /* INT64_MAX: no reply yet */
	uint64_t lost;
	bool has_drawn;
	int64_t drawn_ns;	/* when */
	struct heat_size drawn; /* at what size, */
	int lines; /* and above the cursor there are so many lines of it */
	struct heat_cell cell[]; /* HEAT_SLOTS of each flow */
};

/* A cell of it has the slowest flow's least round trip, and all of its flows'
 * probes. */
struct heat_grid {
	int rows;
	int columns;
	size_t flows_a_row;
	size_t slots_a_column;
	int64_t full_ns; /* what the last shade stands for, and what is above */
	struct heat_cell *cell;
};

/* -ENOMEM, or 0; to be released with free(grid->cell). */
int heat_grid_make(const struct heat *heat, int rows, int columns,
		   struct heat_grid *out);

/* How far along the shades that is, 0 to 1. */
double heat_grid_shade(const struct heat *heat, const struct heat_grid *grid,
		       int64_t excess_ns);

/* What lies that far along. */
int64_t heat_grid_excess(const struct heat *heat, const struct heat_grid *grid,
			 double shade);

#endif
