// SPDX-License-Identifier: GPL-2.0-only
#include "out/heat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "out/heat_cells.h"

#define SLOT_NS 100000000 /* at first, or */
#define SLOT_PROBES 2	  /* what this many of a flow take */

#define LOG_BINS 64
#define SCALE_SHARE 0.98 /* of the cells are within the scale, */
#define SCALE_BARS 10	 /* which is no less than so many bars */
#define SCALE_NS 1000

static void cell_clear(struct heat_cell *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c[i] = (struct heat_cell){ .least_ns = INT64_MAX };
}

static void cell_join(struct heat_cell *to, const struct heat_cell *from)
{
	if (from->least_ns < to->least_ns)
		to->least_ns = from->least_ns;
	to->answered += from->answered;
	to->lost += from->lost;
}

struct heat *heat_create(const struct heat_setup *setup)
{
	size_t cells = setup->flows * HEAT_SLOTS;
	struct heat *h = malloc(sizeof(*h) + cells * sizeof(h->cell[0]));

	if (!h)
		return NULL;
	*h = (struct heat){
		.setup = *setup,
		.slot_ns = SLOT_NS,
		.best_ns = INT64_MAX,
	};
	h->setup.title = NULL;
	if (setup->title)
		snprintf(h->title, sizeof(h->title), "%s", setup->title);
	if (h->slot_ns < SLOT_PROBES * setup->interval_ns)
		h->slot_ns = SLOT_PROBES * setup->interval_ns;
	cell_clear(h->cell, cells);
	return h;
}

void heat_destroy(struct heat *heat)
{
	free(heat);
}

static void halve(struct heat *h)
{
	for (size_t f = 0; f < h->setup.flows; f++) {
		struct heat_cell *c = &h->cell[f * HEAT_SLOTS];

		for (size_t i = 0; i < HEAT_SLOTS / 2; i++) {
			c[i] = c[2 * i];
			cell_join(&c[i], &c[2 * i + 1]);
		}
		cell_clear(c + HEAT_SLOTS / 2, HEAT_SLOTS / 2);
	}
	h->slot_ns *= 2;
	h->used = (h->used + 1) / 2;
}

/* NULL: there is no such flow or time. */
static struct heat_cell *cell_at(struct heat *h, unsigned int flow,
				 int64_t at_ns)
{
	size_t slot;

	if (flow >= h->setup.flows || at_ns < 0 || at_ns > INT64_MAX / 2)
		return NULL;
	while (at_ns / h->slot_ns >= HEAT_SLOTS)
		halve(h);
	slot = at_ns / h->slot_ns;
	if (h->used <= slot)
		h->used = slot + 1;
	return &h->cell[flow * HEAT_SLOTS + slot];
}

void heat_add(struct heat *heat, unsigned int flow, int64_t at_ns,
	      int64_t network_ns)
{
	struct heat_cell *c = cell_at(heat, flow, at_ns);

	if (!c)
		return;
	c->answered++;
	if (network_ns < c->least_ns)
		c->least_ns = network_ns;
	if (network_ns < heat->best_ns)
		heat->best_ns = network_ns;
}

void heat_lose(struct heat *heat, unsigned int flow, int64_t at_ns)
{
	struct heat_cell *c = cell_at(heat, flow, at_ns);

	if (!c)
		return;
	c->lost++;
	heat->lost++;
}

/* ---- through a terminal's size ------------------------------------------- */

static size_t divide_up(size_t n, size_t by)
{
	return (n + by - 1) / by;
}

/* One flow's slots joined in columns, added to its row. */
static void add_flow(const struct heat *h, const struct heat_grid *g,
		     size_t flow)
{
	const struct heat_cell *from = &h->cell[flow * HEAT_SLOTS];
	struct heat_cell *row =
		&g->cell[flow / g->flows_a_row * (size_t)g->columns];

	for (int i = 0; i < g->columns; i++) {
		size_t first = i * g->slots_a_column;
		size_t end = first + g->slots_a_column;
		struct heat_cell c;

		cell_clear(&c, 1);
		for (size_t s = first; s < end && s < h->used; s++)
			cell_join(&c, &from[s]);
		if (c.answered && (row[i].least_ns == INT64_MAX ||
				   c.least_ns > row[i].least_ns))
			row[i].least_ns = c.least_ns;
		row[i].answered += c.answered;
		row[i].lost += c.lost;
	}
}

static int log_bin(int64_t ns)
{
	return ns > 0 ? 63 - __builtin_clzll(ns) : 0;
}

/* A few cells in which a flow stood still do not take the shades from all. */
static int64_t scale(const struct heat *h, const struct heat_grid *g)
{
	size_t cells = (size_t)g->rows * g->columns, seen = 0, count = 0;
	size_t in[LOG_BINS] = { 0 };
	int64_t most[LOG_BINS] = { 0 };
	int64_t full = SCALE_BARS * h->setup.bar_ns;
	int bin;

	if (full < SCALE_NS)
		full = SCALE_NS;
	for (size_t i = 0; i < cells; i++) {
		int64_t excess = g->cell[i].least_ns - h->best_ns;

		if (!g->cell[i].answered)
			continue;
		bin = log_bin(excess);
		in[bin]++;
		count++;
		if (excess > most[bin])
			most[bin] = excess;
	}
	for (bin = 0; bin < LOG_BINS && seen < SCALE_SHARE * count; bin++) {
		seen += in[bin];
		if (most[bin] > full)
			full = most[bin];
	}
	return full;
}

int heat_grid_make(const struct heat *heat, int rows, int columns,
		   struct heat_grid *out)
{
	size_t flows = heat->setup.flows;
	struct heat_grid g = {
		.flows_a_row = divide_up(flows, rows),
		.slots_a_column = divide_up(heat->used, columns),
	};

	if (!g.slots_a_column)
		g.slots_a_column = 1;
	g.rows = (int)divide_up(flows, g.flows_a_row);
	g.columns = (int)divide_up(heat->used, g.slots_a_column);
	g.cell = calloc((size_t)g.rows * g.columns + 1, sizeof(*g.cell));
	if (!g.cell)
		return -ENOMEM;
	cell_clear(g.cell, (size_t)g.rows * g.columns);
	for (size_t f = 0; f < flows; f++)
		add_flow(heat, &g, f);
	g.full_ns = scale(heat, &g);
	*out = g;
	return 0;
}

double heat_grid_shade(const struct heat *heat, const struct heat_grid *grid,
		       int64_t excess_ns)
{
	double bar = (double)heat->setup.bar_ns;
	double above = (double)excess_ns - bar;

	if (above <= 0)
		return 0;
	return fmin(sqrt(above / ((double)grid->full_ns - bar)), 1);
}

int64_t heat_grid_excess(const struct heat *heat, const struct heat_grid *grid,
			 double shade)
{
	int64_t bar = heat->setup.bar_ns;

	if (shade <= 0)
		return 0;
	return bar + llround(shade * shade * (double)(grid->full_ns - bar));
}
