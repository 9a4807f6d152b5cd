/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/classes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/classes_parts.h"
#include "model/dwell.h"

static int compare_min(const void *a, const void *b)
{
	const struct classes_member *x = a, *y = b;

	if (x->min != y->min)
		return x->min < y->min ? -1 : 1;
	return x->segment < y->segment ? -1 : 1;
}

static int compare_below(const void *a, const void *b)
{
	const struct classes_member *x = a, *y = b;

	if (x->min - x->least != y->min - y->least)
		return x->min - x->least < y->min - y->least ? -1 : 1;
	return compare_min(a, b);
}

static int compare_group(const void *a, const void *b)
{
	const struct classes_group *x = a, *y = b;

	return (x->min > y->min) - (x->min < y->min);
}

double classes_spread(const struct classes_group *g,
		      const struct classes_group *h)
{
	return fmax(fmax(g->least, h->least) - fmin(g->min, h->min), 0);
}

void classes_join(struct classes_group *g, const struct classes_group *h)
{
	g->min = fmin(g->min, h->min);
	g->least = fmax(g->least, h->least);
}

/* To the class whose minimum it may share: the nearest below, as what is above
 * a minimum is mostly not far above. */
static size_t group_for(const struct classes_group *group, size_t groups,
			const struct classes_group *one, double bar)
{
	size_t best = groups;

	for (size_t i = 0; i < groups; i++) {
		if (classes_spread(&group[i], one) > bar)
			continue;
		if (best == groups || fabs(one->min - group[i].min) <
					      fabs(one->min - group[best].min))
			best = i;
	}
	return best;
}

/* Those whose own level is not known to a bar make no class of others. */
static size_t add_unsure(struct classes_work *w, double bar)
{
	for (size_t i = w->sure; i < w->members; i++) {
		struct classes_member *m = &w->member[i];
		struct classes_group one = { m->min, m->least, 0 };

		m->group = group_for(w->group, w->groups, &one, bar);
		if (m->group == w->groups) {
			w->group[w->groups] = one;
			w->group[w->groups].id = w->groups;
			w->groups++;
		} else {
			classes_join(&w->group[m->group], &one);
		}
	}
	return w->groups;
}

static void split_sure(struct classes_work *w, double bar)
{
	qsort(w->member, w->members, sizeof(*w->member), compare_below);
	while (w->sure < w->members &&
	       w->member[w->sure].min - w->member[w->sure].least <= bar)
		w->sure++;
	qsort(w->member, w->sure, sizeof(*w->member), compare_min);
}

/* Numbers the classes by their minimum. */
static int number_groups(struct classes_work *w, struct flow_segment *segment)
{
	size_t *place = calloc(w->groups, sizeof(*place));

	if (!place)
		return -ENOMEM;
	qsort(w->group, w->groups, sizeof(*w->group), compare_group);
	for (size_t i = 0; i < w->groups; i++)
		place[w->group[i].id] = i;
	for (size_t i = 0; i < w->members; i++)
		segment[w->member[i].segment].flow_class =
			(int)place[w->member[i].group];
	free(place);
	return 0;
}

static int group_segments(struct classes_work *w, struct flow_segment *segment,
			  double bar)
{
	int err = -ENOMEM;

	w->member = calloc(w->members, sizeof(*w->member));
	w->group = calloc(w->members, sizeof(*w->group));
	if (!w->member || !w->group)
		goto out;
	for (size_t i = 0; i < w->members; i++) {
		double min = (double)segment[i].segment.min_ns;

		w->member[i].segment = i;
		w->member[i].min = min;
		w->member[i].least = min - (double)segment[i].segment.below_ns;
	}
	split_sure(w, bar);
	err = classes_link(w, bar);
	if (err)
		goto out;
	add_unsure(w, bar);
	err = number_groups(w, segment);
out:
	free(w->member);
	free(w->group);
	return err;
}

/* The first and the last of a flow were not seen to begin, and to end. */
static struct dwell_span span_of(const struct flow_segment *segment, size_t n,
				 size_t i)
{
	const struct watch_segment *s = &segment[i].segment;

	return (struct dwell_span){
		.seconds = (double)(s->to_ns - s->from_ns) / 1e9,
		.begun = i && segment[i - 1].flow == segment[i].flow,
		.ended = i + 1 < n && segment[i + 1].flow == segment[i].flow,
	};
}

static void class_add(struct flow_class *c, const struct flow_segment *s)
{
	if (!c->flows || s->segment.min_ns < c->min_ns) {
		c->min_ns = s->segment.min_ns;
		c->below_ns = s->segment.below_ns;
	}
	if (!c->flows || c->flow[c->flows - 1] != s->flow)
		c->flow[c->flows++] = s->flow;
}

static int class_fill(struct flow_class *c, int number,
		      const struct flow_segment *segment, size_t n)
{
	struct dwell_span *span = calloc(n, sizeof(*span));
	double seconds = 0, all = 0;
	size_t spans = 0;

	c->flow = calloc(n, sizeof(*c->flow));
	if (!span || !c->flow) {
		free(span);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct dwell_span one = span_of(segment, n, i);

		all += one.seconds;
		if (segment[i].flow_class != number)
			continue;
		seconds += one.seconds;
		span[spans++] = one;
		class_add(c, &segment[i]);
	}
	c->share = all > 0 ? seconds / all : NAN;
	dwell_estimate(span, spans, &c->dwell);
	free(span);
	return 0;
}

int classes_group(struct flow_segment *segment, size_t segments, double bar_ns,
		  struct flow_class **out, size_t *n)
{
	struct classes_work work = { .members = segments };
	struct flow_class *class;
	int err;

	*out = NULL;
	*n = 0;
	if (!segments)
		return 0;
	err = group_segments(&work, segment, bar_ns);
	if (err)
		return err;
	class = calloc(work.groups, sizeof(*class));
	if (!class)
		return -ENOMEM;
	for (size_t i = 0; i < work.groups; i++) {
		err = class_fill(&class[i], (int)i, segment, segments);
		if (err) {
			classes_release(class, work.groups);
			return err;
		}
	}
	*out = class;
	*n = work.groups;
	return 0;
}

void classes_release(struct flow_class *class, size_t n)
{
	for (size_t i = 0; class && i < n; i++)
		free(class[i].flow);
	free(class);
}
