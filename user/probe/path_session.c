// SPDX-License-Identifier: GPL-2.0-only
#include "probe/path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/clock.h"
#include "probe/facts.h"
#include "probe/path_run.h"

/* How often a flow is tried all the way before anything else. */
#define GREETINGS 2

/* ---- sending --------------------------------------------------------------*/

/* All the way: says how many hops there are, if STAMP answers. */
static void greet(struct path_run *r)
{
	unsigned int flows = r->plan->flows;
	span_t step = span_ns(r->plan->base.interval.ns / flows);

	for (int i = 0; i < GREETINGS && !r->base.interrupted; i++) {
		for (unsigned int f = 0; f < flows; f++) {
			mono_t due = mono_add(mono_now(), step);

			path_wait(r, due, false);
			if (!r->base.interrupted)
				path_send(r, f, PATH_FULL, 0, due);
		}
		path_wait(r, mono_add(mono_now(), r->plan->base.timeout), true);
		if (r->answered)
			return;
	}
}

/* One probe to each hop of a flow, and one all the way, evenly over an
 * interval. */
static void sweep(struct path_run *r, unsigned int flow, mono_t start)
{
	unsigned int hops = path_tally_last(r->tally, flow);
	int64_t interval = r->plan->base.interval.ns;

	for (unsigned int h = 0; h <= hops; h++) {
		mono_t due =
			mono_add(start, span_ns(interval * h / (hops + 1)));

		path_wait(r, due, false);
		if (r->base.interrupted)
			return;
		/* One that was answered since ends nearer. */
		if (h <= path_tally_last(r->tally, flow))
			path_send(r, flow, h, 0, due);
	}
}

static void sweep_all(struct path_run *r)
{
	span_t interval = r->plan->base.interval;
	mono_t start = mono_now();

	for (unsigned int i = 0; i < r->plan->rounds; i++) {
		for (unsigned int f = 0; f < r->plan->flows; f++) {
			sweep(r, f, start);
			start = mono_add(start, interval);
			if (r->base.interrupted)
				return;
		}
		if (r->observer->round)
			r->observer->round(r->observer->data, i + 1);
	}
}

static void measure(struct path_run *r)
{
	span_t timeout = r->plan->base.timeout;

	r->base.origin = mono_now();
	r->base.origin_tai_ns = tai_now_ns();
	steering_start(&r->base.uncertainty.steering, r->base.origin);
	if (r->observer->preflight)
		r->observer->preflight(r->observer->data,
				       prepare_findings(r->base.prepare));
	greet(r);
	sweep_all(r);
	path_wait(r, mono_add(mono_now(), timeout), true);
	path_settle(r, mono_now(), true);
	if (!r->plan->no_mtu && r->answered && !r->base.interrupted)
		path_find_mtu(r);
}

/* ---- concluding -----------------------------------------------------------*/

static const char *text_of(const struct address *a)
{
	char text[ADDRESS_TEXT];

	address_format(a, text);
	return strdup(text);
}

static void fill_target(const struct path_run *r, struct target_host *out)
{
	const struct plan *plan = &r->plan->base;
	bool icmp = plan->protocol == PROTOCOL_ICMP;

	out->name = strdup(plan->target);
	out->address = text_of(&plan->address);
	out->source = text_of(&r->base.route.source);
	out->port = icmp ? 0 : plan->port;
	out->source_port = icmp ? 0 : r->wire[0].local_port;
	out->protocol = plan->protocol;
}

static int fill_base(struct path_run *r, struct result *out)
{
	out->engine = ENGINE_SOCKET;
	path_hooks_report(r->hooks, &out->hooks);
	facts_fill_run(&r->base, out);
	fill_target(r, &out->target);
	out->pacing.interval_ns = r->plan->base.interval.ns;
	out->pacing.achieved_pps = NAN;
	out->probes.duplicate += r->late_duplicates;
	out->counts.stale = path_hooks_stale(r->hooks);
	out->counts.disorder = r->disorder;
	out->counts.send_errors = r->send_errors;
	return path_values_report(&r->lateness, &out->pacing.lateness);
}

static int conclude(struct path_run *r, struct path *out)
{
	int err = path_tally_report(r->tally, out);

	path_leave_all(r);
	out->rounds = r->plan->rounds;
	out->mtu = r->mtu;
	for (unsigned int f = 0; f < r->plan->flows; f++) {
		const struct path_wire *w = &r->wire[f];

		out->flow[f].source_port = w->local_port;
		out->flow[f].flow_label =
			w->target.family == AF_INET6 ? (int)w->flow_label : -1;
	}
	if (!err)
		err = fill_base(r, &out->base);
	if (!err)
		err = path_bars_fill(r, out);
	if (!err)
		path_conclude(out);
	return err;
}

static enum session_end run(struct path_run *r, struct path *out, char *why)
{
	enum session_end end = path_setup(r, why);

	if (end)
		return end;
	r->base.null = facts_load_null();
	path_bars_start(r);
	measure(r);
	discipline_end(&r->base.uncertainty.discipline);
	if (conclude(r, out)) {
		snprintf(why, WHY_SIZE, "out of memory");
		return SESSION_CANNOT;
	}
	return r->answered ? SESSION_MEASURED : SESSION_SILENT;
}

enum session_end path_session_run(const struct path_plan *plan,
				  const struct path_observer *observer,
				  struct path *result, char *why)
{
	static const struct session_observer nobody;
	struct path_run *r = calloc(1, sizeof(*r));
	enum session_end end;

	*why = '\0';
	memset(result, 0, sizeof(*result));
	if (!r) {
		snprintf(why, WHY_SIZE, "out of memory");
		return SESSION_CANNOT;
	}
	r->plan = plan;
	r->observer = observer;
	r->raw = -1;
	r->base.plan = &plan->base;
	r->base.observer = &nobody;
	r->base.flows = plan->flows;
	r->base.cpu = -1;
	r->base.txcount = -1;
	end = run(r, result, why);
	path_teardown(r);
	free(r);
	return end;
}

void path_session_release(struct path *result)
{
	path_release(result);
	facts_release(&result->base);
}
