// SPDX-License-Identifier: GPL-2.0-only
#include "model/distance.h"

#include <string.h>

#include "model/result.h"
#include "unit.h"

/* The table's distances are printed to 0.1 km. */
#define PRINTED_KM 0.051

static void fill(struct distance *d, const char *from, const char *to)
{
	char why[SITE_WHY];
	struct site a, b;

	assert_int_equal(site_parse(from, &a, why), 0);
	assert_int_equal(site_parse(to, &b, why), 0);
	distance_fill(d, &a, &b);
}

/* Every row: its order, its regions, our distance beside another program's, and
 * nothing that was measured faster than light or than fibre. */
static void test_reference(void **state)
{
	size_t n, measured[REFERENCE_MEASUREMENTS] = { 0 };
	const struct reference *all = reference_all(&n);

	(void)state;
	assert_int_equal(n, 528);
	for (size_t i = 0; i < n; i++) {
		const struct reference *r = &all[i];
		struct distance d;

		assert_true(strcmp(r->a, r->b) < 0);
		fill(&d, r->b, r->a);
		assert_ptr_equal(d.reference, r);
		assert_between(d.km.value - r->geodesic_km, -PRINTED_KM,
			       PRINTED_KM);
		assert_true(isfinite(d.others_ns.lo));
		for (int k = 0; k < REFERENCE_MEASUREMENTS; k++) {
			if (!isfinite(r->ms[k]))
				continue;
			measured[k]++;
			assert_true(r->ms[k] * 1e6 >
				    d.floor_ns[FLOOR_VACUUM].value);
			assert_true(r->ms[k] * 1e6 >
				    d.floor_ns[FLOOR_FIBRE_NOMINAL].value);
		}
	}
	assert_int_equal(measured[0], 210);
	assert_int_equal(measured[1], 528);
	assert_int_equal(measured[2], 528);
	assert_int_equal(measured[3], 1);
}

/* The sanity vectors of the research that the table comes from. */
static void test_known_pair(void **state)
{
	struct distance d;

	(void)state;
	fill(&d, "use1-az1", "usw2-az2");
	assert_between(d.km.value, 3511.15, 3511.25);
	assert_between(d.km.lo, 3441.15, 3441.25);
	assert_between(d.km.hi, 3581.15, 3581.25);
	assert_between(d.floor_ns[FLOOR_VACUUM].value, 23.419e6, 23.429e6);
	assert_between(d.floor_ns[FLOOR_FIBRE_NOMINAL].value, 34.386e6,
		       34.396e6);
	assert_between(d.floor_ns[FLOOR_FIBRE_MIN].value, 34.20e6, 34.22e6);
	assert_between(d.floor_ns[FLOOR_FIBRE_NOMINAL].lo, 33.70e6, 33.71e6);
	assert_between(d.others_ns.lo, 62.44e6, 62.45e6);
	assert_between(d.others_ns.hi, 68.25e6, 68.26e6);
	assert_between(d.others_inflation[0].value, 1.98, 1.99);
	assert_between(d.others_inflation[0].lo, 1.94, 1.95);
	assert_between(d.others_inflation[0].hi, 2.02, 2.03);
	assert_true(isnan(d.inflation.value));

	fill(&d, "us-east-1", "eu-west-1");
	assert_between(d.km.value, 5475.05, 5475.15);
	assert_between(d.floor_ns[FLOOR_FIBRE_NOMINAL].value, 53.625e6,
		       53.635e6);
}

static void test_near(void **state)
{
	struct distance d;

	(void)state;
	fill(&d, "us-east-1", "us-east-1");
	assert_between(d.km.value, 0, 1e-6);
	assert_true(d.km.lo == 0);
	assert_between(d.km.hi, 60, 60.001);
	assert_true(d.floor_ns[FLOOR_VACUUM].lo == 0);
	assert_null(d.reference);
	assert_true(isnan(d.others_ns.lo));
	/* No farther than the Earth allows. */
	fill(&d, "89,0+-400", "-90,0+-400");
	assert_true(d.km.hi == GEODESIC_KM_MAX);
}

static struct result run_of(const char *from, const char *to, int64_t min_ns)
{
	struct result r = { .has_distance = true };

	fill(&r.distance, from, to);
	r.network.n = 1000;
	r.network.min = min_ns;
	r.network.at_p50 = (struct instrument){
		.known = true, .bounded = true, .minus = 200000, .plus = 100000
	};
	return r;
}

static void test_inflation(void **state)
{
	struct result r = run_of("use1-az1", "usw2-az2", 55000000);
	const struct range *fibre = &r.distance.floor_ns[FLOOR_FIBRE_NOMINAL];
	struct segment segment = { .network = r.network };

	(void)state;
	segment.network.min = 68000000;
	r.segment = &segment;
	r.segments = 1;
	distance_judge(&r);
	assert_between(r.distance.inflation.value, 1.598, 1.600);
	assert_true(r.distance.inflation.lo == 54800000 / fibre->hi);
	assert_true(r.distance.inflation.hi == 55100000 / fibre->lo);
	assert_false(r.distance.below_vacuum);
	assert_true(segment.inflation.value == 68000000 / fibre->value);

	r.network.at_p50.bounded = false;
	distance_judge(&r);
	assert_true(isnan(r.distance.inflation.lo));
	assert_true(isfinite(r.distance.inflation.hi));

	r.network.n = 0;
	distance_judge(&r);
	assert_true(isnan(r.distance.inflation.value));

	r.has_distance = false;
	distance_judge(&r);
	assert_true(isnan(segment.inflation.value));
}

/* No floor to be above where the places may be one. */
static void test_no_floor(void **state)
{
	struct result r = run_of("us-east-1", "us-east-1", 500000);

	(void)state;
	distance_judge(&r);
	assert_true(isnan(r.distance.inflation.value));
	assert_false(r.distance.below_vacuum);
}

/* Only with all of its bar below all of the interval. */
static void test_below_vacuum(void **state)
{
	struct result r = run_of("use1-az1", "usw2-az2", 20000000);
	double lo = r.distance.floor_ns[FLOOR_VACUUM].lo;

	(void)state;
	distance_judge(&r);
	assert_true(r.distance.below_vacuum);
	r.network.min = (int64_t)(lo - 99000);
	distance_judge(&r);
	assert_false(r.distance.below_vacuum);
	r.network.min = (int64_t)(lo - 101000);
	distance_judge(&r);
	assert_true(r.distance.below_vacuum);
	r.network.at_p50.known = false;
	distance_judge(&r);
	assert_false(r.distance.below_vacuum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_known_pair),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_inflation),
		cmocka_unit_test(test_no_floor),
		cmocka_unit_test(test_below_vacuum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
