// SPDX-License-Identifier: GPL-2.0-only
#include "model/condition.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum metric metric;
} metrics[] = {
	{ "network.", METRIC_NETWORK },	   { "rtt.", METRIC_RTT },
	{ "remote.", METRIC_REMOTE },	   { "loss", METRIC_LOSS },
	{ "inflation", METRIC_INFLATION },
};

static const struct {
	const char *name;
	bool is_min;
	enum level level;
} figures[] = {
	{ "min", true, 0 },
	{ "p50", false, LEVEL_P50 },
	{ "p90", false, LEVEL_P90 },
	{ "p99.9", false, LEVEL_P999 },
	{ "p999", false, LEVEL_P999 },
	{ "p99", false, LEVEL_P99 },
};

static const char *skip(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) ? NULL : text + n;
}

static bool is_duration(enum metric metric)
{
	return metric <= METRIC_REMOTE;
}

static const char *parse_metric(const char *text, struct condition *out)
{
	const char *rest = NULL;

	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++) {
		rest = skip(text, metrics[i].name);
		out->metric = metrics[i].metric;
		if (rest)
			break;
	}
	return rest;
}

static const char *parse_figure(const char *text, struct condition *out)
{
	const char *rest = NULL;

	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		rest = skip(text, figures[i].name);
		out->is_min = figures[i].is_min;
		out->level = figures[i].level;
		if (rest)
			break;
	}
	return rest;
}

static int parse_limit(const char *text, struct condition *out)
{
	span_t span;
	char *end;

	if (is_duration(out->metric)) {
		if (time_parse(text, &span))
			return -EINVAL;
		out->limit = (double)span.ns;
		return 0;
	}
	if (!strchr("0123456789.", *text) || !*text)
		return -EINVAL;
	out->limit = strtod(text, &end);
	if (out->metric == METRIC_LOSS && !strcmp(end, "%")) {
		out->limit /= 100;
		end++;
	}
	return *end || !isfinite(out->limit) ? -EINVAL : 0;
}

int condition_parse(const char *text, struct condition *out)
{
	const char *rest = parse_metric(text, out);

	if (rest && is_duration(out->metric))
		rest = parse_figure(rest, out);
	if (!rest || (*rest != '>' && *rest != '<'))
		return -EINVAL;
	out->above = *rest == '>';
	return parse_limit(rest + 1, out);
}

/* ---- judging ------------------------------------------------------------- */

static double near_sampling(const struct ci *ci, bool above)
{
	const struct bound *end = above ? &ci->lo : &ci->hi;

	return end->finite ? end->value : NAN;
}

/* Both doubts are taken off: that of the sampling, then that of the bar. A
 * minimum has no sampling interval. */
static double near_duration(const struct condition *c, const struct duration *d)
{
	const struct instrument *in =
		c->level < LEVEL_P99 || c->is_min ? &d->at_p50 : &d->at_p99;
	double value = (double)d->min;

	if (!d->n || !in->known)
		return NAN;
	if (!c->is_min)
		value = near_sampling(&d->ci95[c->level], c->above);
	if (!c->above)
		return value + in->plus;
	return in->bounded ? value - in->minus : NAN;
}

static double near_end(const struct condition *c, const struct result *r)
{
	switch (c->metric) {
	case METRIC_NETWORK:
		return near_duration(c, &r->network);
	case METRIC_RTT:
		return near_duration(c, &r->rtt);
	case METRIC_REMOTE:
		return near_duration(c, &r->remote);
	case METRIC_LOSS:
		return r->probes.sent ? near_sampling(&r->loss.ci95, c->above)
				      : NAN;
	case METRIC_INFLATION:
		if (!r->has_distance)
			return NAN;
		return c->above ? r->distance.inflation.lo
				: r->distance.inflation.hi;
	}
	return NAN;
}

enum condition_answer condition_judge(const struct condition *c,
				      const struct result *r, double *near)
{
	bool holds;

	*near = near_end(c, r);
	if (!isfinite(*near))
		return CONDITION_UNKNOWN;
	holds = c->above ? *near > c->limit : *near < c->limit;
	return holds ? CONDITION_HOLDS : CONDITION_FAILS;
}
