// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/account.h"
#include "model/classes.h"
#include "model/distribution.h"
#include "model/interval.h"
#include "probe/tracks_parts.h"

#define NS_PER_HOUR (3600.0 * NSEC_PER_SEC)

struct gap_values tracks_network(const struct tracks *t, unsigned int flow)
{
	struct gap_values v;

	v.ns = distribution_sorted(t->track[flow].network, &v.n);
	if (v.n <= TRACKS_STEPS)
		return v;
	for (size_t i = 0; i < TRACKS_STEPS; i++)
		v.ns[i] = v.ns[i * (v.n - 1) / (TRACKS_STEPS - 1)];
	v.n = TRACKS_STEPS;
	return v;
}

static void report_account(const struct track *own, struct probes *probes,
			   struct loss *loss)
{
	account_report(own->account, probes, loss);
	probes->planned += own->refused;
	probes->unsent += own->refused;
}

static void add_probes(struct probes *sum, const struct probes *p)
{
	sum->planned += p->planned;
	sum->sent += p->sent;
	sum->unsent += p->unsent;
	sum->received += p->received;
	sum->late += p->late;
	sum->lost += p->lost;
	sum->lost_in_host += p->lost_in_host;
	sum->unrecorded += p->unrecorded;
	sum->duplicate += p->duplicate;
	sum->has_duplicate_direction &= p->has_duplicate_direction;
	sum->duplicate_forward += p->duplicate_forward;
	sum->duplicate_return += p->duplicate_return;
	sum->reordered += p->reordered;
	sum->has_direction &= p->has_direction;
	sum->reordered_forward += p->reordered_forward;
	sum->reordered_return += p->reordered_return;
}

static void add_loss(struct loss *sum, const struct loss *l)
{
	sum->has_direction &= l->has_direction;
	sum->forward += l->forward;
	sum->back += l->back;
	sum->has_refused &= l->has_refused;
	sum->refused += l->refused;
}

void tracks_total(const struct tracks *t, struct result *out)
{
	struct probes all = {
		.has_duplicate_direction = true,
		.has_direction = true,
	};
	struct loss loss = {
		.longest_run = out->loss.longest_run,
		.has_direction = true,
		.has_refused = true,
	};

	for (unsigned int i = 0; i < t->flows; i++) {
		struct probes probes;
		struct loss own;

		report_account(&t->track[i], &probes, &own);
		add_probes(&all, &probes);
		add_loss(&loss, &own);
	}
	if (all.sent)
		loss.ratio = (double)(all.lost - loss.refused) / all.sent;
	loss.ci95 = interval_ratio(all.lost - loss.refused, all.sent);
	out->probes = all;
	out->loss = loss;
}

static int report_flows(const struct tracks *t, struct flows *out)
{
	int err = 0;

	out->flow = calloc(t->flows, sizeof(*out->flow));
	if (!out->flow)
		return -ENOMEM;
	out->flows = t->flows;
	for (unsigned int i = 0; !err && i < t->flows; i++) {
		struct flow_result *flow = &out->flow[i];

		flow->flow_class = -1;
		report_account(&t->track[i], &flow->probes, &flow->loss);
		err = distribution_report(t->track[i].network, &flow->network);
	}
	return err;
}

static size_t segments_of(const struct tracks *t, unsigned int flow,
			  const struct watch_segment **first)
{
	const struct watch *watch = t->track[flow].watch;

	return watch ? watch_segments(watch, first) : 0;
}

static int report_segments(const struct tracks *t, struct flows *out)
{
	const struct watch_segment *own;
	size_t n = 0, total = 0;

	for (unsigned int i = 0; i < t->flows; i++)
		total += segments_of(t, i, &own);
	out->segment = calloc(total ? total : 1, sizeof(*out->segment));
	if (!out->segment)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->flows; i++) {
		n = segments_of(t, i, &own);
		for (size_t j = 0; j < n; j++) {
			out->segment[out->segments++] = (struct flow_segment){
				.flow = i,
				.flow_class = -1,
				.censored = !j || j + 1 == n,
				.segment = own[j],
			};
			out->hours +=
				(own[j].to_ns - own[j].from_ns) / NS_PER_HOUR;
		}
	}
	return 0;
}

/* Its two segments know their levels by more samples than had proved it. */
static void refine_levels(const struct tracks *t, struct flow_event *e)
{
	const struct watch_segment *own;
	size_t n = segments_of(t, e->flow, &own);

	if (!e->segment || e->segment >= n)
		return;
	e->event.from_ns = own[e->segment - 1].min_ns;
	e->event.to_ns = own[e->segment].min_ns;
}

static int by_time(const void *a, const void *b)
{
	const struct flow_event *x = a, *y = b;

	if (x->event.time_ns != y->event.time_ns)
		return x->event.time_ns < y->event.time_ns ? -1 : 1;
	return (x->flow > y->flow) - (x->flow < y->flow);
}

static int report_events(const struct tracks *t, struct flows *out)
{
	size_t bytes = t->events * sizeof(*out->event);

	out->event = malloc(bytes ? bytes : 1);
	if (!out->event)
		return -ENOMEM;
	if (bytes)
		memcpy(out->event, t->event, bytes);
	out->events = t->events;
	for (size_t i = 0; i < out->events; i++)
		refine_levels(t, &out->event[i]);
	qsort(out->event, out->events, sizeof(*out->event), by_time);
	return 0;
}

int tracks_report(const struct tracks *t, struct flows *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	err = report_flows(t, out);
	if (!err)
		err = report_segments(t, out);
	if (!err)
		err = report_events(t, out);
	return err;
}

int tracks_classify(struct flows *f, double bar_ns)
{
	int err = classes_group(f->segment, f->segments, bar_ns, &f->class,
				&f->classes);

	f->bar_ns = bar_ns;
	for (size_t i = 0; !err && i < f->segments; i++)
		f->flow[f->segment[i].flow].flow_class =
			f->segment[i].flow_class;
	return err;
}

void tracks_release(struct flows *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->flows; i++) {
		budget_release(&f->flow[i].network.at_p50);
		budget_release(&f->flow[i].network.at_p99);
	}
	classes_release(f->class, f->classes);
	free(f->flow);
	free(f->segment);
	free(f->event);
	free(f->mine);
	free(f);
}
