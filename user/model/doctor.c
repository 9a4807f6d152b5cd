// SPDX-License-Identifier: GPL-2.0-only
#include "model/doctor.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* A pace is kept if it is reached to within this. */
#define PACE_KEPT 0.99

const char *finding_level_name(enum finding_level level)
{
	static const char *const name[] = {
		[FINDING_GOOD] = "good",
		[FINDING_COSTS] = "costs",
		[FINDING_BLOCKS] = "blocks",
	};

	return name[level];
}

struct finding *doctor_find(struct doctor *doctor, const char *id,
			    enum finding_level level, const char *format, ...)
{
	struct finding *f = &doctor->finding[doctor->findings];
	va_list args;

	if (doctor->findings == DOCTOR_FINDINGS_MAX)
		return NULL;
	doctor->findings++;
	f->id = id;
	f->level = level;
	f->fix[0] = f->value[0] = '\0';
	f->cost_ns = f->cost_ppm = NAN;
	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	return f;
}

void finding_set_fix(struct finding *finding, const char *fix)
{
	if (finding)
		snprintf(finding->fix, sizeof(finding->fix), "%s", fix);
}

void finding_mend(struct finding *finding, const char *format, ...)
{
	va_list args;

	if (!finding)
		return;
	va_start(args, format);
	vsnprintf(finding->fix, sizeof(finding->fix), format, args);
	va_end(args);
}

void finding_set_value(struct finding *finding, const char *format, ...)
{
	va_list args;

	if (!finding)
		return;
	va_start(args, format);
	vsnprintf(finding->value, sizeof(finding->value), format, args);
	va_end(args);
}

void finding_set_cost(struct finding *finding, double ns, double ppm)
{
	if (!finding)
		return;
	finding->cost_ns = ns;
	finding->cost_ppm = ppm;
}

enum finding_level doctor_worst(const struct doctor *doctor)
{
	enum finding_level worst = FINDING_GOOD;

	for (size_t i = 0; i < doctor->findings; i++) {
		if (doctor->finding[i].level > worst)
			worst = doctor->finding[i].level;
	}
	return worst;
}

static double cell_pps(const struct null_cell *c)
{
	return 1e9 / (double)c->interval_ns;
}

/* Where nothing came at all; `best` is any cell that was measured. */
static const char *why_absent(enum stamp which, const struct null_cell *best)
{
	if (which == STAMP_HW_RX)
		return "a veth has no hardware clock";
	if (which == STAMP_TC_TX || which == STAMP_DRV_TX)
		return *best->tx_why ? best->tx_why : "none came";
	if (which == STAMP_XDP_RX || which == STAMP_TC_RX)
		return *best->rx_why ? best->rx_why : "none came";
	return "none came";
}

static void judge_stamp(struct doctor *doctor, enum stamp which)
{
	struct doctor_stamp *stamp = &doctor->stamp[which];
	const struct null_cell *best = NULL;
	double ratio, most = -1;

	for (size_t i = 0; i < doctor->null.cells; i++) {
		const struct null_cell *c = &doctor->null.cell[i];

		if (!c->probes.received)
			continue;
		ratio = (double)c->delivered[which] /
			(double)c->probes.received;
		if (ratio > most)
			best = c;
		most = fmax(ratio, most);
	}
	if (!best)
		return;
	stamp->known = true;
	stamp->delivered = most > 0;
	if (!stamp->delivered)
		snprintf(stamp->why, sizeof(stamp->why), "%s",
			 why_absent(which, best));
	else if (most < 1)
		snprintf(stamp->why, sizeof(stamp->why),
			 "with %" PRIu64 " of %" PRIu64 " answered probes",
			 best->delivered[which], best->probes.received);
}

static const char free_cpu[] =
	"leave this host a free CPU (top shows who takes "
	"it), or probe less often";

static void judge_cell(struct doctor *doctor, const struct null_cell *c)
{
	const char *engine = engine_name(c->engine);
	uint64_t missing = c->probes.planned - c->probes.received;
	double pps = cell_pps(c);
	struct finding *f;

	if (*c->why) {
		doctor_find(doctor, "null_engine", FINDING_BLOCKS,
			    "%s engine at %.0f/s: %s", engine, pps, c->why);
		return;
	}
	if (missing) {
		f = doctor_find(doctor, "null_lost", FINDING_COSTS,
				"%s engine at %.0f/s: %" PRIu64 " of %" PRIu64
				" probes were not back in time, over a link "
				"that loses none",
				engine, pps, missing, c->probes.planned);
		finding_set_fix(f, free_cpu);
	}
	if (isfinite(c->achieved_pps) && c->achieved_pps < PACE_KEPT * pps) {
		f = doctor_find(doctor, "null_pace", FINDING_COSTS,
				"%s engine: %.0f probes/s of %.0f reached",
				engine, c->achieved_pps, pps);
		finding_set_fix(f, free_cpu);
	}
	if (*c->rx_why)
		doctor_find(doctor, "null_hook", FINDING_COSTS,
			    "%s engine: network ends at %s: %s", engine,
			    stamp_name(c->rx), c->rx_why);
}

/* Whether it is the first of its engine that was measured. */
static bool speaks_for_engine(const struct null_floor *floor, size_t which)
{
	const struct null_cell *c = &floor->cell[which];

	for (size_t i = 0; i < which; i++) {
		if (floor->cell[i].engine == c->engine &&
		    floor->cell[i].stage[STAGE_NETWORK].n)
			return false;
	}
	return c->stage[STAGE_NETWORK].n;
}

void doctor_judge_null(struct doctor *doctor)
{
	const struct null_floor *floor = &doctor->null;

	for (int i = 0; i < STAMPS; i++)
		judge_stamp(doctor, i);
	for (size_t i = 0; i < floor->cells; i++) {
		const struct null_cell *c = &floor->cell[i];
		const struct null_figure *f = &c->stage[STAGE_NETWORK];

		if (speaks_for_engine(floor, i))
			doctor_find(doctor, "null_floor", FINDING_GOOD,
				    "with no distance at all the %s engine "
				    "shows %" PRId64 " ns (p50 at %.0f/s; p1 "
				    "%" PRId64 ", p99 %" PRId64 ")",
				    engine_name(c->engine), f->p50, cell_pps(c),
				    f->p1, f->p99);
		judge_cell(doctor, c);
	}
}
