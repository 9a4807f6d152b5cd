/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/distribution.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/interval.h"
#include "model/select.h"
#include "model/trace.h"

#define BOUND_MIN 64
/* Of each quantile's interval. */
#define ENDS 2

struct distribution {
	struct page_pool *pool;
	struct trace trace;
	struct histogram *histogram; /* NULL while the trace has them all */
	uint64_t n;
	int64_t first, min, max;
	__int128 sum;
	double mean, squares; /* Welford's, of the samples less the first */
};

static const per_mille_t levels[LEVELS] = {
	[LEVEL_P50] = 500,
	[LEVEL_P90] = 900,
	[LEVEL_P99] = 990,
	[LEVEL_P999] = 999,
};

struct distribution *distribution_create(struct page_pool *pool, size_t bound)
{
	struct distribution *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->pool = pool;
	if (!bound)
		bound = DISTRIBUTION_BOUND;
	trace_init(&d->trace, bound < BOUND_MIN ? BOUND_MIN : bound);
	return d;
}

void distribution_destroy(struct distribution *d)
{
	if (!d)
		return;
	histogram_destroy(d->histogram);
	trace_release(&d->trace);
	free(d);
}

uint64_t distribution_count(const struct distribution *d)
{
	return d->n;
}

static int spill(struct distribution *d)
{
	struct histogram *h = histogram_create(d->pool);
	int err = h ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < d->trace.n; i++)
		err = histogram_add(h, d->trace.whole[i]);
	if (!err)
		err = trace_shrink(&d->trace);
	if (err) {
		histogram_destroy(h);
		return err;
	}
	d->histogram = h;
	return 0;
}

static int keep(struct distribution *d, int64_t x)
{
	int err;

	if (!d->histogram && d->trace.n == d->trace.bound) {
		err = spill(d);
		if (err)
			return err;
	}
	if (!d->histogram)
		return trace_add(&d->trace, x);
	err = histogram_add(d->histogram, x);
	if (!err)
		trace_pass(&d->trace, d->n, x);
	return err;
}

int distribution_add(struct distribution *d, span_t sample)
{
	int64_t x = sample.ns;
	int err = keep(d, x);
	double excess, off;

	if (err)
		return err;
	if (!d->n)
		d->first = d->min = d->max = x;
	d->n++;
	d->sum += x;
	if (x < d->min)
		d->min = x;
	if (x > d->max)
		d->max = x;
	excess = (double)((__int128)x - d->first);
	off = excess - d->mean;
	d->mean += off / (double)d->n;
	d->squares += off * (excess - d->mean);
	return 0;
}

static int compare_ranks(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* A copy of all samples, to select from; NULL where the histogram has them, or
 * there is no memory. */
static int64_t *copy_exact(const struct distribution *d)
{
	size_t bytes = d->trace.n * sizeof(*d->trace.whole);
	int64_t *copy;

	if (d->histogram)
		return NULL;
	copy = malloc(bytes);
	if (copy)
		memcpy(copy, d->trace.whole, bytes);
	return copy;
}

/* Values, or their bins' lower edges, at ranks in any order. */
static int find(const struct distribution *d, int64_t *copy,
		const uint64_t *rank, size_t n, int64_t *value)
{
	uint64_t order[LEVELS * ENDS];
	int64_t found[LEVELS * ENDS];
	int err;

	memcpy(order, rank, n * sizeof(*order));
	qsort(order, n, sizeof(*order), compare_ranks);
	if (!d->histogram) {
		select_ranks(copy, d->trace.n, order, n);
		for (size_t i = 0; i < n; i++)
			value[i] = copy[rank[i] - 1];
		return 0;
	}
	err = histogram_find(d->histogram, order, n, found);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (order[at] != rank[i])
			at++;
		value[i] = found[at];
	}
	return 0;
}

/* A point of the bin from `edge` on, `part` of its width in. */
static double within(const struct distribution *d, int64_t edge, double part)
{
	double x = edge;

	if (d->histogram)
		x += part * (double)(page_pool_bin_ns(d->pool) - 1);
	return fmax(d->min, fmin(d->max, x));
}

static void report_moments(const struct distribution *d, struct duration *out)
{
	__int128 n = d->n;

	out->n = d->n;
	out->min = d->min;
	out->max = d->max;
	out->mean = (double)(d->sum / n) + (double)(d->sum % n) / d->n;
	if (d->n > 1)
		out->stddev = sqrt(d->squares / (double)(d->n - 1));
	if (d->histogram)
		out->bin_ns = page_pool_bin_ns(d->pool);
}

/* The levels that are asked for, ascending. */
struct asked {
	size_t n;
	enum level level[LEVELS];
};

static void report_memory(const struct distribution *d,
			  const struct asked *asked, const int64_t *edge,
			  double *n_eff, struct duration *out)
{
	int64_t last = d->histogram ? page_pool_bin_ns(d->pool) - 1 : 0;
	struct batches b;
	struct memory memory;

	for (size_t i = 0; i < asked->n; i++) {
		trace_batch(&d->trace, edge[i] + last, &b);
		memory = interval_memory(&b);
		n_eff[i] = memory.n_eff;
		if (i && asked->n == LEVELS)
			continue;
		out->n_eff = fmin(n_eff[i], i ? out->n_eff : (double)d->n);
		out->short_memory |= memory.is_short;
	}
}

static int report_quantiles(const struct distribution *d, int64_t *copy,
			    const struct asked *asked, struct duration *out)
{
	uint64_t rank[LEVELS * ENDS];
	int64_t edge[LEVELS * ENDS];
	struct ranks ends[LEVELS];
	double n_eff[LEVELS];
	int err;

	for (size_t i = 0; i < asked->n; i++)
		rank[i] = ((unsigned __int128)d->n * levels[asked->level[i]] +
			   999) /
			  1000;
	err = find(d, copy, rank, asked->n, edge);
	if (err)
		return err;
	report_memory(d, asked, edge, n_eff, out);
	for (size_t i = 0; i < asked->n; i++) {
		enum level level = asked->level[i];

		out->quantile[level] = within(d, edge[i], 0.5);
		ends[i] = interval_ranks(d->n, n_eff[i], levels[level]);
		rank[2 * i] = ends[i].has_lo ? ends[i].lo : 1;
		rank[2 * i + 1] = ends[i].has_hi ? ends[i].hi : d->n;
	}
	err = find(d, copy, rank, asked->n * ENDS, edge);
	if (err)
		return err;
	for (size_t i = 0; i < asked->n; i++) {
		struct ci *ci = &out->ci95[asked->level[i]];

		ci->lo.finite = ends[i].has_lo;
		ci->lo.value = within(d, edge[2 * i], 0);
		ci->hi.finite = ends[i].has_hi;
		ci->hi.value = within(d, edge[2 * i + 1], 1);
	}
	return 0;
}

static int report_asked(const struct distribution *d, const struct asked *asked,
			struct duration *out)
{
	int64_t *copy;
	int err = -ENOMEM;

	*out = (struct duration){ 0 };
	if (!d->n)
		return 0;
	copy = copy_exact(d);
	if (copy || d->histogram)
		err = report_quantiles(d, copy, asked, out);
	free(copy);
	if (err) {
		*out = (struct duration){ 0 };
		return err;
	}
	report_moments(d, out);
	return 0;
}

int distribution_report(const struct distribution *d, struct duration *out)
{
	static const struct asked all = {
		LEVELS, { LEVEL_P50, LEVEL_P90, LEVEL_P99, LEVEL_P999 }
	};

	return report_asked(d, &all, out);
}

int distribution_level(const struct distribution *d, enum level level,
		       struct duration *out)
{
	struct asked asked = { 1, { LEVEL_P50 } };

	if (level != LEVEL_P50)
		asked.level[asked.n++] = level;
	return report_asked(d, &asked, out);
}

static int compare_values(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t *find_steps(const struct distribution *d)
{
	uint64_t *rank = malloc(DISTRIBUTION_STEPS * sizeof(*rank));
	int64_t *value = malloc(DISTRIBUTION_STEPS * sizeof(*value));
	int err = rank && value ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < DISTRIBUTION_STEPS; i++)
		rank[i] = 1 + (unsigned __int128)(d->n - 1) * i /
				      (DISTRIBUTION_STEPS - 1);
	if (!err)
		err = histogram_find(d->histogram, rank, DISTRIBUTION_STEPS,
				     value);
	free(rank);
	if (err) {
		free(value);
		return NULL;
	}
	for (size_t i = 0; i < DISTRIBUTION_STEPS; i++)
		value[i] = llrint(within(d, value[i], 0.5));
	return value;
}

int64_t *distribution_sorted(const struct distribution *d, size_t *n)
{
	int64_t *value;

	*n = 0;
	if (!d->n)
		return NULL;
	value = d->histogram ? find_steps(d) : copy_exact(d);
	if (!value)
		return NULL;
	*n = d->histogram ? DISTRIBUTION_STEPS : d->trace.n;
	if (!d->histogram)
		qsort(value, *n, sizeof(*value), compare_values);
	return value;
}
