// SPDX-License-Identifier: GPL-2.0-only
#include "probe/null.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host/machine.h"
#include "probe/cell.h"
#include "probe/null_bench.h"

static const int64_t intervals[] = { NSEC_PER_MSEC, 100 * NSEC_PER_USEC };

#define INTERVALS (sizeof(intervals) / sizeof(*intervals))
#define CELLS (ENGINES * INTERVALS)

_Static_assert(CELLS <= NULL_CELLS_MAX, "a cell for each");

static void copy_text(char out[NULL_TEXT], const char *text)
{
	snprintf(out, NULL_TEXT, "%s", text ? text : "");
}

static enum session_end measure_cell(const struct null_bench *b, span_t time,
				     struct null_floor *floor,
				     struct null_cell *cell)
{
	struct plan plan = null_bench_plan(b, time, span_ns(cell->interval_ns));
	struct null_cell *cells[ENGINES] = { NULL };
	struct result result;
	enum session_end end;
	char why[WHY_SIZE];

	plan.engine = cell->engine;
	cells[cell->engine] = cell;
	end = cells_measure(&plan, cells, &result, why);
	floor->interrupted |= result.run.interrupted;
	if (!*floor->date)
		copy_text(floor->date, result.run.start);
	session_release(&result);
	return end;
}

/* Every cell in turn, engines within rates, until one is interrupted. */
static enum session_end measure(const struct null_bench *b,
				const struct null_plan *plan,
				struct null_floor *out, char *why)
{
	span_t time = span_ns(plan->duration.ns / CELLS);
	enum session_end first = SESSION_MEASURED;
	bool is_measured = false;

	for (size_t i = 0; i < CELLS && !out->interrupted; i++) {
		struct null_cell *cell = &out->cell[out->cells++];
		enum session_end end;

		cell->engine = i % ENGINES;
		cell->interval_ns = intervals[i / ENGINES];
		cell->achieved_pps = NAN;
		if (plan->next)
			plan->next(plan->data, cell);
		end = measure_cell(b, time, out, cell);
		is_measured |= !end;
		if (!i)
			first = end;
		if (out->interrupted && !cell->probes.received)
			out->cells--;
	}
	if (is_measured)
		return SESSION_MEASURED;
	snprintf(why, WHY_SIZE, "%s",
		 out->cells ? out->cell[0].why
			    : "interrupted before anything was measured");
	return out->cells ? first : SESSION_SILENT;
}

enum session_end null_measure(const struct null_plan *plan,
			      struct null_floor *out, char *why)
{
	struct null_bench b;
	enum session_end end = SESSION_CANNOT;

	*why = '\0';
	memset(out, 0, sizeof(*out));
	out->duration_ns = plan->duration.ns;
	copy_text(out->version, XRTT_VERSION);
	machine_read(&out->machine);
	if (!null_bench_open(&b, why))
		end = measure(&b, plan, out, why);
	null_bench_close(&b);
	return end;
}
