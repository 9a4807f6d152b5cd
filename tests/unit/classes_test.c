// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "model/classes.h"
#include "model/dwell.h"

#define BAR 4000

static struct flow_segment segment_of(unsigned int flow, double from_s,
				      double to_s, int64_t min_ns,
				      int64_t below_ns)
{
	return (struct flow_segment){
		.flow = flow,
		.flow_class = -1,
		.segment = { .from_ns = llround(from_s * 1e9),
			     .to_ns = llround(to_s * 1e9),
			     .min_ns = min_ns,
			     .below_ns = below_ns,
			     .probes = 100 },
	};
}

static struct flow_class *group(struct flow_segment *s, size_t n, size_t *found)
{
	struct flow_class *class;

	assert_int_equal(classes_group(s, n, BAR, &class, found), 0);
	return class;
}

static void nothing_has_no_classes(void **state)
{
	struct flow_class *class;
	size_t n = 1;

	(void)state;
	assert_int_equal(classes_group(NULL, 0, BAR, &class, &n), 0);
	assert_int_equal(n, 0);
	assert_null(class);
	classes_release(class, n);
}

/* A chain of small steps is not one class, as single linkage would have it. */
static void no_two_are_further_apart_than_the_bar(void **state)
{
	struct flow_segment s[] = {
		segment_of(0, 0, 10, 50000000, 0),
		segment_of(1, 0, 10, 50003000, 0),
		segment_of(2, 0, 10, 50006000, 0),
		segment_of(3, 0, 10, 50009500, 0),
		segment_of(4, 0, 10, 50000100, 0),
	};
	struct flow_class *class;
	size_t n;

	(void)state;
	class = group(s, ARRAY_SIZE(s), &n);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].flow_class, 0);
	assert_int_equal(s[1].flow_class, 0);
	assert_int_equal(s[4].flow_class, 0);
	assert_int_equal(s[2].flow_class, 1);
	assert_int_equal(s[3].flow_class, 1);
	assert_int_equal(class[0].min_ns, 50000000);
	assert_int_equal(class[1].min_ns, 50006000);
	assert_int_equal(class[0].flows, 3);
	assert_int_equal(class[0].flow[2], 4);
	assert_between(class[0].share, 0.6, 0.6);
	classes_release(class, n);
}

/* The closest go first: what is in the middle belongs to the nearer. */
static void the_nearest_are_joined_first(void **state)
{
	struct flow_segment s[] = {
		segment_of(0, 0, 10, 50000000, 0),
		segment_of(1, 0, 10, 50003500, 0),
		segment_of(2, 0, 10, 50005000, 0),
	};
	struct flow_class *class;
	size_t n;

	(void)state;
	class = group(s, ARRAY_SIZE(s), &n);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].flow_class, 0);
	assert_int_equal(s[1].flow_class, 1);
	assert_int_equal(s[2].flow_class, 1);
	classes_release(class, n);
}

/* A level that is not known well joins a class that it may be of, and ties no
 * two classes together. */
static void what_is_unsure_joins_and_does_not_tie(void **state)
{
	struct flow_segment s[] = {
		segment_of(0, 0, 10, 50000000, 0),
		segment_of(1, 0, 10, 50060000, 100000),
		segment_of(2, 0, 10, 50050000, 0),
		segment_of(3, 0, 10, 50030000, 50000),
		segment_of(4, 0, 10, 50080000, 10000),
	};
	struct flow_class *class;
	size_t n;

	(void)state;
	class = group(s, ARRAY_SIZE(s), &n);
	assert_int_equal(n, 3);
	assert_int_equal(s[0].flow_class, 0);
	assert_int_equal(s[3].flow_class, 0);
	assert_int_equal(s[1].flow_class, 1);
	assert_int_equal(s[2].flow_class, 1);
	assert_int_equal(s[4].flow_class, 2);
	assert_int_equal(class[1].min_ns, 50050000);
	classes_release(class, n);
}

/* Whatever is drawn: the definition holds, the sum of shares is 1. */
static void the_definition_holds(void **state)
{
	enum {
		N = 600
	};
	static struct flow_segment s[N];
	struct prng prng = unit_prng("the_definition_holds");
	struct flow_class *class;
	double share = 0;
	size_t n;

	(void)state;
	for (unsigned int i = 0; i < N; i++) {
		double x = prng_unit(&prng);

		s[i] = segment_of(i / 3, i % 3, i % 3 + x,
				  50000000 + (int64_t)prng_below(&prng, 100000),
				  x < 0.3 ? (int64_t)prng_below(&prng, 30000)
					  : 0);
	}
	class = group(s, N, &n);
	assert_between((double)n, 2, 50);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < N; j++)
			if (s[i].flow_class == s[j].flow_class)
				assert_true(s[i].segment.min_ns -
						    s[j].segment.min_ns <=
					    BAR + s[i].segment.below_ns);
	for (size_t i = 0; i < n; i++) {
		share += class[i].share;
		assert_true(!i || class[i].min_ns > class[i - 1].min_ns);
		assert_true(class[i].flows && class[i].dwell.n);
	}
	assert_between(share, 1 - 1e-9, 1 + 1e-9);
	classes_release(class, n);
}

static void many_are_quick(void **state)
{
	enum {
		N = 100000
	};
	struct flow_segment *s = calloc(N, sizeof(*s));
	struct prng prng = unit_prng("many_are_quick");
	struct flow_class *class;
	size_t n;

	(void)state;
	assert_non_null(s);
	for (unsigned int i = 0; i < N; i++)
		s[i] = segment_of(
			i / 400, i % 400, i % 400 + 1,
			50000000 + (int64_t)prng_below(&prng, 6) * 20000 +
				(int64_t)prng_below(&prng, 4000),
			(int64_t)prng_below(&prng, 5000));
	class = group(s, N, &n);
	assert_int_equal(n, 6);
	classes_release(class, n);
	free(s);
}

/* Tables of the exact limits of a Poisson mean: 0: 3.689; 1: 0.0253, 5.572; 10:
 * 4.795, 18.391; 100: 81.364, 121.627. */
static void ends_are_counted_exactly(void **state)
{
	static const struct {
		size_t ends;
		double lo, hi;
	} row[] = { { 1, 0.02532, 5.5716 },
		    { 10, 4.7954, 18.3904 },
		    { 100, 81.364, 121.627 } };
	struct dwell_span span[101];
	struct dwell d;

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(row); r++) {
		size_t n = row[r].ends + 1;

		for (size_t i = 0; i < n; i++)
			span[i] = (struct dwell_span){ 2, i, i };
		dwell_estimate(span, n, &d);
		assert_int_equal(d.n, n);
		assert_int_equal(d.censored, 1);
		assert_between(d.mean * (double)row[r].ends / (2. * (double)n),
			       1 - 1e-12, 1 + 1e-12);
		assert_true(d.ci95.lo.finite && d.ci95.hi.finite);
		assert_between(2. * (double)n / d.ci95.hi.value,
			       row[r].lo * 0.9999, row[r].lo * 1.0001);
		assert_between(2. * (double)n / d.ci95.lo.value,
			       row[r].hi * 0.9999, row[r].hi * 1.0001);
	}
	span[0] = (struct dwell_span){ 60, false, false };
	dwell_estimate(span, 1, &d);
	assert_false(isfinite(d.mean) || isfinite(d.median));
	assert_true(d.ci95.lo.finite && !d.ci95.hi.finite);
	assert_between(60 / d.ci95.lo.value, 3.6888, 3.6890);
}

/* Kaplan and Meier by hand: 6, 6, 6, 6+, 7, 9+, 10, 10+, 11+, 13, 16, 17+, 19+,
 * 20+, 22, 23, 25+, 32+, 32+, 34+, 35+ (Freireich et al., Blood 21, 1963) has
 * the median 23. What was not seen to begin is not in it. */
static void the_median_knows_of_what_goes_on(void **state)
{
	static const int ended[] = { 6, 6, 6, 7, 10, 13, 16, 22, 23 };
	static const int not_ended[] = { 6,  9,	 10, 11, 17, 19,
					 20, 25, 32, 32, 34, 35 };
	struct dwell_span span[24];
	struct dwell d;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(not_ended); i++)
		span[n++] = (struct dwell_span){ not_ended[i], true, false };
	for (size_t i = 0; i < ARRAY_SIZE(ended); i++)
		span[n++] = (struct dwell_span){ ended[i], true, true };
	span[n++] = (struct dwell_span){ 1, false, true };
	dwell_estimate(span, n, &d);
	assert_between(d.median, 23, 23);
	assert_int_equal(d.censored, 13);
	assert_between(d.mean, 36, 36); /* 360 over 9 + 1 ends */
}

/* Exponential dwell times, seen through a window: the interval holds the mean
 * in 95 % of runs. */
static void the_interval_holds_its_level(void **state)
{
	enum {
		RUNS = 2000,
		FLOWS = 8
	};
	struct prng prng = unit_prng("the_interval_holds_its_level");
	struct flow_segment s[1024];
	struct flow_class *class;
	int held = 0;
	size_t n;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		size_t segments = 0;

		for (unsigned int f = 0; f < FLOWS; f++) {
			double at = 0, next;

			for (; at < 30; at = next) {
				next = fmin(at - 10 * log(prng_unit(&prng)),
					    30);
				s[segments++] =
					segment_of(f, at, next, 50000000, 0);
			}
		}
		class = group(s, segments, &n);
		assert_int_equal(n, 1);
		held += class->dwell.ci95.lo.value <= 10 &&
			class->dwell.ci95.hi.value >= 10;
		classes_release(class, n);
	}
	printf("# held in %d of %d\n", held, RUNS);
	assert_between((double)held / RUNS, 0.94, 0.99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_no_classes),
		cmocka_unit_test(no_two_are_further_apart_than_the_bar),
		cmocka_unit_test(the_nearest_are_joined_first),
		cmocka_unit_test(what_is_unsure_joins_and_does_not_tie),
		cmocka_unit_test(the_definition_holds),
		cmocka_unit_test(many_are_quick),
		cmocka_unit_test(ends_are_counted_exactly),
		cmocka_unit_test(the_median_knows_of_what_goes_on),
		cmocka_unit_test(the_interval_holds_its_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
