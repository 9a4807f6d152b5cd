// SPDX-License-Identifier: GPL-2.0-only
#include "model/null.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 1024

struct series {
	int64_t *value;
	size_t count;
	size_t room;
};

struct null_tally {
	struct series lateness;
	struct series stage[STAGES];
	uint64_t delivered[STAMPS];
	bool is_short; /* of memory */
};

struct null_tally *null_tally_create(void)
{
	return calloc(1, sizeof(struct null_tally));
}

void null_tally_destroy(struct null_tally *tally)
{
	if (!tally)
		return;
	free(tally->lateness.value);
	for (int i = 0; i < STAGES; i++)
		free(tally->stage[i].value);
	free(tally);
}

static bool series_grow(struct series *s)
{
	size_t room = s->room ? 2 * s->room : ROOM_MIN;
	int64_t *value = reallocarray(s->value, room, sizeof(*value));

	if (!value)
		return false;
	s->value = value;
	s->room = room;
	return true;
}

static void series_add(struct null_tally *tally, struct series *s, span_t span)
{
	if (s->count == s->room && !series_grow(s))
		tally->is_short = true;
	else
		s->value[s->count++] = span.ns;
}

void null_tally_add(struct null_tally *tally, const struct sample *sample,
		    const struct wire_ends *ends)
{
	span_t span;

	if (sample->status != PROBE_OK)
		return;
	for (int i = 0; i < STAMPS; i++)
		tally->delivered[i] += sample_has(sample, i);
	if (sample_lateness(sample, &span))
		series_add(tally, &tally->lateness, span);
	for (int i = 0; i < STAGES; i++) {
		if (sample_stage(sample, ends, i, &span))
			series_add(tally, &tally->stage[i], span);
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t quantile(const struct series *s, size_t percent)
{
	return s->value[(s->count * percent + 99) / 100 - 1];
}

static struct null_figure series_figure(struct series *s)
{
	if (!s->count)
		return (struct null_figure){ 0 };
	qsort(s->value, s->count, sizeof(*s->value), compare);
	return (struct null_figure){
		.n = s->count,
		.min = s->value[0],
		.p1 = quantile(s, 1),
		.p50 = quantile(s, 50),
		.p99 = quantile(s, 99),
		.max = s->value[s->count - 1],
	};
}

int null_tally_report(struct null_tally *tally, struct null_cell *out)
{
	if (tally->is_short)
		return -ENOMEM;
	out->lateness = series_figure(&tally->lateness);
	for (int i = 0; i < STAGES; i++)
		out->stage[i] = series_figure(&tally->stage[i]);
	memcpy(out->delivered, tally->delivered, sizeof(out->delivered));
	return 0;
}

bool null_figure_is_ordered(const struct null_figure *f)
{
	if (!f->n)
		return !f->min && !f->p1 && !f->p50 && !f->p99 && !f->max;
	return f->min <= f->p1 && f->p1 <= f->p50 && f->p50 <= f->p99 &&
	       f->p99 <= f->max;
}

void null_judge(struct null_floor *floor, const struct machine *now,
		const char *version)
{
	const struct machine *then = &floor->machine;
	const struct {
		const char *what;
		const char *then;
		const char *now;
	} must[] = {
		{ "kernel", then->kernel, now->kernel },
		{ "boot", then->boot_id, now->boot_id },
		{ "CPU", then->cpu, now->cpu },
		{ "xrtt", floor->version, version },
	};

	floor->stale[0] = '\0';
	for (size_t i = 0; i < sizeof(must) / sizeof(*must); i++) {
		if (!strcmp(must[i].then, must[i].now))
			continue;
		snprintf(floor->stale, sizeof(floor->stale),
			 "measured with another %s (xrtt doctor --null "
			 "measures it anew)",
			 must[i].what);
		return;
	}
}
