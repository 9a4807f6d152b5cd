// SPDX-License-Identifier: GPL-2.0-only
#include "probe/null.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "host/machine.h"
#include "probe/null_bench.h"
#include "probe/packet.h"
#include "wire.h"

#define TIMEOUT_NS (200 * NSEC_PER_MSEC)

static const int64_t intervals[] = { NSEC_PER_MSEC, 100 * NSEC_PER_USEC };

#define INTERVALS (sizeof(intervals) / sizeof(*intervals))
#define CELLS (ENGINES * INTERVALS)

_Static_assert(CELLS <= NULL_CELLS_MAX, "a cell for each");

/* What one session's observer gathers. */
struct gathering {
	enum engine engine;
	struct null_tally *tally;
	struct wire_ends ends;
};

static void on_started(void *data, mono_t origin, const struct wire_ends *ends)
{
	struct gathering *g = data;

	(void)origin;
	g->ends = ends[g->engine];
}

static void on_settled(void *data, const struct sample *sample)
{
	struct gathering *g = data;

	null_tally_add(g->tally, sample, &g->ends);
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

static struct plan cell_plan(const struct null_bench *b,
			     const struct null_cell *cell, span_t duration)
{
	struct plan plan = {
		.target = b->far.name,
		.address = b->far.prefix.address,
		.ifname = b->near.name,
		.port = STAMP_PORT,
		.protocol = PROTOCOL_STAMP,
		.engine = cell->engine,
		.batch = 1,
		.duration = duration,
		.interval = { cell->interval_ns },
		.timeout = { TIMEOUT_NS },
		.size = PACKET_PAYLOAD_MIN,
	};

	/* 2^52 keeps the seed whole in JSON. */
	if (getrandom(&plan.seed, sizeof(plan.seed), 0) > 0)
		plan.seed = (plan.seed >> 12) | 1;
	return plan;
}

static enum session_end measure_cell(const struct null_bench *b, span_t time,
				     struct null_floor *floor,
				     struct null_cell *cell)
{
	struct gathering g = {
		.engine = cell->engine,
		.tally = null_tally_create(),
	};
	const struct session_observer observer = {
		.data = &g,
		.started = on_started,
		.settled = on_settled,
	};
	struct plan plan = cell_plan(b, cell, time);
	struct result result;
	enum session_end end = SESSION_CANNOT;
	char why[WHY_SIZE] = "out of memory";

	if (g.tally)
		end = session_run(&plan, &observer, &result, why);
	if (*why)
		goto out;
	fill_cell(cell, &result);
	floor->interrupted |= result.run.interrupted;
	if (!*floor->date)
		copy_text(floor->date, result.run.start);
	session_release(&result);
	if (end == SESSION_SILENT)
		snprintf(why, sizeof(why), "no probe came back");
	else if (null_tally_report(g.tally, cell))
		snprintf(why, sizeof(why), "out of memory");
out:
	copy_text(cell->why, why);
	null_tally_destroy(g.tally);
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
