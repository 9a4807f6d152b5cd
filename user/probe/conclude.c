// SPDX-License-Identifier: GPL-2.0-only
/* What was collected, made into a result. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/account.h"
#include "model/closure.h"
#include "model/verdict.h"
#include "probe/facts.h"
#include "probe/run.h"
#include "probe/session.h"

static int report_flows(struct run *r, struct result *result)
{
	int err;

	if (!r->tracks)
		return 0;
	tracks_total(r->tracks, result);
	result->flows = calloc(1, sizeof(*result->flows));
	if (!result->flows)
		return -ENOMEM;
	err = tracks_report(r->tracks, result->flows);
	for (unsigned int i = 0; !err && i < r->flows; i++)
		result->flows->flow[i].source_port =
			r->flow[i].channel.local_port;
	return err;
}

static int fill_engine(struct run *r, enum engine engine, struct result *result)
{
	int err;

	memset(result, 0, sizeof(*result));
	result->counts = r->counts;
	collector_report(r->collector[engine], result);
	facts_fill(r, engine, result);
	err = report_flows(r, result);
	if (!err)
		err = uncertainty_fill(r, engine, result);
	if (!err && result->flows)
		err = tracks_classify(result->flows,
				      uncertainty_apart(r, engine, result));
	if (err)
		return err;
	result->has_distance = r->plan->has_distance;
	result->distance = r->plan->distance;
	distance_judge(result);
	application_judge(result);
	collector_judge(r->collector[engine], result);
	return 0;
}

/* The engines overtake each other before the wire, so only among one's own
 * probes is anything the network's reordering. */
static void fill_total(const struct run *r, struct result *result)
{
	struct probes *all = &result->probes;

	account_report(r->total, all, &result->loss);
	all->planned += r->counts.slot_refused;
	all->unsent += r->counts.slot_refused;
	all->reordered = 0;
	for (int i = 0; i < ENGINES; i++)
		all->reordered += result->engines[i].probes.reordered;
	all->has_direction = !all->reordered;
	all->reordered_forward = all->reordered_return = 0;
}

int run_conclude(struct run *r, struct result *result)
{
	int err;

	if (!r->plan->both)
		return fill_engine(r, r->plan->engine, result);
	err = fill_engine(r, ENGINE_SOCKET, result);
	result->engines = calloc(ENGINES, sizeof(*result->engines));
	if (!result->engines)
		return -ENOMEM;
	for (int i = 0; !err && i < ENGINES; i++)
		err = fill_engine(r, i, &result->engines[i]);
	if (err)
		return err;
	closure_judge(result);
	fill_total(r, result);
	return 0;
}

void session_release(struct result *result)
{
	for (int i = 0; result->engines && i < ENGINES; i++)
		session_release(&result->engines[i]);
	free(result->engines);
	verdict_release(result);
	budget_clear(result);
	facts_release(result);
	tracks_release(result->flows);
	free(result->segment);
	memset(result, 0, sizeof(*result));
}
