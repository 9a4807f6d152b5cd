// SPDX-License-Identifier: GPL-2.0-only
#include "probe/cell.h"

#include <stdio.h>
#include <string.h>

/* What the session's observer gathers, by engine. */
struct gathering {
	struct null_tally *tally[ENGINES];
	struct wire_ends ends[ENGINES];
};

static bool uses(const struct plan *plan, enum engine engine)
{
	return plan->both || plan->engine == engine;
}

static void on_started(void *data, mono_t origin, const struct wire_ends *ends)
{
	struct gathering *g = data;

	(void)origin;
	memcpy(g->ends, ends, sizeof(g->ends));
}

static void on_settled(void *data, const struct sample *sample)
{
	struct gathering *g = data;

	null_tally_add(g->tally[sample->engine], sample,
		       &g->ends[sample->engine]);
}

static void copy_text(char out[NULL_TEXT], const char *text)
{
	snprintf(out, NULL_TEXT, "%s", text ? text : "");
}

static void fill_cell(struct null_cell *cell, const struct result *r)
{
	const struct probes *p = &r->probes;

	cell->probes = (struct probes){
		.planned = p->planned,
		.sent = p->sent,
		.unsent = p->unsent,
		.received = p->received,
		.late = p->late,
		.lost = p->lost,
		.lost_in_host = p->lost_in_host,
		.unrecorded = p->unrecorded,
	};
	cell->achieved_pps = r->pacing.achieved_pps;
	cell->tx = r->hooks.tx;
	cell->rx = r->hooks.rx;
	copy_text(cell->tx_how, r->hooks.tx_how);
	copy_text(cell->rx_how, r->hooks.rx_how);
	copy_text(cell->tx_why, r->hooks.tx_why);
	copy_text(cell->rx_why, r->hooks.rx_why);
}

static int open_tallies(struct gathering *g, const struct plan *plan)
{
	for (int i = 0; i < ENGINES; i++) {
		if (!uses(plan, i))
			continue;
		g->tally[i] = null_tally_create();
		if (!g->tally[i])
			return -1;
	}
	return 0;
}

static void fill_cells(const struct gathering *g, const struct plan *plan,
		       struct null_cell *const cell[ENGINES],
		       const struct result *result, char *why)
{
	for (int i = 0; i < ENGINES; i++) {
		if (!uses(plan, i))
			continue;
		fill_cell(cell[i],
			  result->engines ? &result->engines[i] : result);
		if (!*why && null_tally_report(g->tally[i], cell[i]))
			snprintf(why, WHY_SIZE, "out of memory");
	}
}

enum session_end cells_measure(const struct plan *plan,
			       struct null_cell *const cell[ENGINES],
			       struct result *result, char *why)
{
	struct gathering g = {};
	const struct session_observer observer = {
		.data = &g,
		.started = on_started,
		.settled = on_settled,
	};
	enum session_end end = SESSION_CANNOT;

	memset(result, 0, sizeof(*result));
	snprintf(why, WHY_SIZE, "out of memory");
	if (open_tallies(&g, plan))
		goto out;
	end = session_run(plan, &observer, result, why);
	if (*why)
		goto out;
	if (end == SESSION_SILENT)
		snprintf(why, WHY_SIZE, "no probe came back");
	fill_cells(&g, plan, cell, result, why);
out:
	for (int i = 0; i < ENGINES; i++) {
		if (uses(plan, i))
			copy_text(cell[i]->why, why);
		null_tally_destroy(g.tally[i]);
	}
	return end;
}
