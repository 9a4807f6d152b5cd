/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/distribution.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/interval.h"

#define BOUND_MIN 64
#define ROOM_MIN 64
/* Of each quantile's interval. */
#define ENDS 2

struct distribution {
	struct page_pool *pool;
	size_t bound;
	int64_t *trace; /* every `stride`-th sample, in time order */
	size_t kept, room;
	uint64_t stride;
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
	d->bound = bound ? bound : DISTRIBUTION_BOUND;
	if (d->bound < BOUND_MIN)
		d->bound = BOUND_MIN;
	d->stride = 1;
	return d;
}

void distribution_destroy(struct distribution *d)
{
	if (!d)
		return;
	histogram_destroy(d->histogram);
	free(d->trace);
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

	for (size_t i = 0; !err && i < d->kept; i++)
		err = histogram_add(h, d->trace[i]);
	if (err) {
		histogram_destroy(h);
		return err;
	}
	d->histogram = h;
	return 0;
}

static void thin(struct distribution *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->kept; i += 2)
		d->trace[kept++] = d->trace[i];
	d->kept = kept;
	d->stride *= 2;
}

static int reserve(struct distribution *d)
{
	size_t room = d->room ? 2 * d->room : ROOM_MIN;
	int64_t *trace;

	if (d->kept < d->room)
		return 0;
	if (room > d->bound)
		room = d->bound;
	trace = realloc(d->trace, room * sizeof(*trace));
	if (!trace)
		return -ENOMEM;
	d->trace = trace;
	d->room = room;
	return 0;
}

static int keep(struct distribution *d, int64_t x)
{
	int err;

	if (!d->histogram && d->kept == d->bound) {
		err = spill(d);
		if (err)
			return err;
	}
	if (!d->histogram) {
		err = reserve(d);
		if (!err)
			d->trace[d->kept++] = x;
		return err;
	}
	err = histogram_add(d->histogram, x);
	if (err)
		return err;
	if (d->kept == d->bound)
		thin(d);
	if (d->n % d->stride == 0)
		d->trace[d->kept++] = x;
	return 0;
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

static int compare_values(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int compare_ranks(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* A sorted copy of all samples; NULL where the histogram has them, or there is
 * no memory. */
static int64_t *sort_exact(const struct distribution *d)
{
	size_t bytes = d->kept * sizeof(*d->trace);
	int64_t *sorted;

	if (d->histogram)
		return NULL;
	sorted = malloc(bytes);
	if (!sorted)
		return NULL;
	memcpy(sorted, d->trace, bytes);
	qsort(sorted, d->kept, sizeof(*sorted), compare_values);
	return sorted;
}

/* Values, or their bins' lower edges, at ranks in any order. */
static int find(const struct distribution *d, const int64_t *sorted,
		const uint64_t *rank, size_t n, int64_t *value)
{
	uint64_t order[LEVELS * ENDS];
	int64_t found[LEVELS * ENDS];
	int err;

	if (!d->histogram) {
		for (size_t i = 0; i < n; i++)
			value[i] = sorted[rank[i] - 1];
		return 0;
	}
	memcpy(order, rank, n * sizeof(*order));
	qsort(order, n, sizeof(*order), compare_ranks);
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

static void report_memory(const struct distribution *d, const int64_t *edge,
			  double *n_eff, struct duration *out)
{
	int64_t last = d->histogram ? page_pool_bin_ns(d->pool) - 1 : 0;
	struct batches b;

	for (int i = 0; i < LEVELS; i++) {
		interval_batch(d->trace, d->kept, edge[i] + last, &b);
		n_eff[i] = interval_n_eff(&b);
		if (i == LEVEL_P50) {
			out->n_eff = fmin(n_eff[i], (double)d->n);
			out->short_memory = interval_is_short(&b);
		}
	}
}

static int report_quantiles(const struct distribution *d, const int64_t *sorted,
			    struct duration *out)
{
	uint64_t rank[LEVELS * ENDS];
	int64_t edge[LEVELS * ENDS];
	struct ranks ends[LEVELS];
	double n_eff[LEVELS];
	int err;

	for (int i = 0; i < LEVELS; i++)
		rank[i] = ((unsigned __int128)d->n * levels[i] + 999) / 1000;
	err = find(d, sorted, rank, LEVELS, edge);
	if (err)
		return err;
	report_memory(d, edge, n_eff, out);
	for (int i = 0; i < LEVELS; i++) {
		out->quantile[i] = within(d, edge[i], 0.5);
		ends[i] = interval_ranks(d->n, n_eff[i], levels[i]);
		rank[2 * i] = ends[i].has_lo ? ends[i].lo : 1;
		rank[2 * i + 1] = ends[i].has_hi ? ends[i].hi : d->n;
	}
	err = find(d, sorted, rank, LEVELS * ENDS, edge);
	if (err)
		return err;
	for (int i = 0; i < LEVELS; i++) {
		out->ci95[i].lo.finite = ends[i].has_lo;
		out->ci95[i].lo.value = within(d, edge[2 * i], 0);
		out->ci95[i].hi.finite = ends[i].has_hi;
		out->ci95[i].hi.value = within(d, edge[2 * i + 1], 1);
	}
	return 0;
}

int distribution_report(const struct distribution *d, struct duration *out)
{
	int64_t *sorted;
	int err = -ENOMEM;

	*out = (struct duration){ 0 };
	if (!d->n)
		return 0;
	sorted = sort_exact(d);
	if (sorted || d->histogram)
		err = report_quantiles(d, sorted, out);
	free(sorted);
	if (err) {
		*out = (struct duration){ 0 };
		return err;
	}
	report_moments(d, out);
	return 0;
}
