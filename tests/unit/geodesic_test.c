// SPDX-License-Identifier: GPL-2.0-only
#include "model/geodesic.h"

#include "unit.h"

/* The published cases have 1e-8 m and more; ours are doubles of 20 000 km. */
#define PUBLISHED_KM 1e-9

/* Cases printed to a millimetre. */
#define PRINTED_KM 0.51e-6

/* What the ends' own rounding makes of a distance the other way round. */
#define ROUNDING_KM 1e-10

static double between(double lat1, double lon1, double lat2, double lon2)
{
	const struct position a = { lat1, lon1 };
	const struct position b = { lat2, lon2 };

	return geodesic_km(&a, &b);
}

/* GeographicLib's own test set (geodtest.c, MIT/X11): ends, metres. */
static const double published[][5] = {
	{ 35.60777, -139.44815, -11.17491, -69.95921, 8935244.5604818305 },
	{ 55.52454, 106.05087, 77.03196, 197.18234, 4105086.1713924406 },
	{ -21.97856, 142.59065, 41.84138, 98.56635, 8394328.894657671 },
	{ -66.99028, 112.2363, -12.70631, 285.90344, 11150344.2312080241 },
	{ -17.42761, 173.34268, -15.84784, 5.93557, 16076603.1631180673 },
	{ 32.84994, 48.28919, -56.28556, 202.29132, 16727068.9438164461 },
	{ 6.96833, 52.74123, -7.39675, 206.17291, 17102477.2496958388 },
	{ -50.56724, -16.30485, -33.56571, -94.97412, 6455670.5118668696 },
	{ -58.93002, -8.90775, -8.91104, 133.13503, 11756066.0219864627 },
	{ -68.82867, -74.28391, -50.63005, -8.36685, 3956936.926063544 },
	{ -10.62672, -32.0898, 5.883, -134.31681, 11470869.3864563009 },
	{ -21.76221, 166.90563, 48.72884, 213.97627, 9098627.3986554915 },
	{ -19.79938, -174.47484, -11.99349, -154.35109, 2319004.8601169389 },
	{ -11.95887, -116.94513, 4.57352, 7.16501, 13834722.5801401374 },
	{ -87.85331, 85.66836, 66.48646, 16.09921, 17286615.3147144645 },
	{ 1.74708, 128.32011, -11.16617, 11.87109, 12942901.1241347408 },
	{ -25.72959, -144.90758, -57.70581, -269.17879, 9413446.7452453107 },
	{ -41.22777, 122.32875, -7.57291, 130.37946, 3812686.035106021 },
	{ 11.01307, 138.25278, 6.62726, 247.05981, 11911190.819018408 },
	{ -29.47124, 95.14681, -27.46601, -69.15955, 13487015.8381145492 },
};

static void test_published(void **state)
{
	double worst = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(published); i++) {
		const double *p = published[i];
		double off = between(p[0], p[1], p[2], p[3]) - p[4] / 1000;

		assert_between(off, -PUBLISHED_KM, PUBLISHED_KM);
		worst = fmax(worst, fabs(off));
	}
	printf("# largest error %.2g m\n", worst * 1000);
}

/* Nearly antipodal, nearly meridional, or millimetres apart: the cases that
 * have undone such programs, of the same set; and Karney 2013, tables 4, 5. */
static void test_hard(void **state)
{
	static const double hard[][5] = {
		{ 36.493349428792, 0, 36.49334942879201, .0000008, 0.072 },
		{ 88.202499451857, 0, -88.202499451857, 179.981022032992859592,
		  20003898.214 },
		{ 89.262080389218, 0, -89.262080389218, 179.992207982775375662,
		  20003925.854 },
		{ 89.333123580033, 0, -89.333123580032997687,
		  179.99295812360148422, 20003926.881 },
		{ 56.320923501171, 0, -56.320923501171, 179.664747671772880215,
		  19993558.287 },
		{ 52.784459512564, 0, -52.784459512563990912,
		  179.634407464943777557, 19991596.095 },
		{ 48.522876735459, 0, -48.52287673545898293,
		  179.599720456223079643, 19989144.774 },
		{ -30.12345, 0, -30.12344, 0.00005, 4.944208 },
		{ -30, 0, 29.9, 179.8, 19989832.827610 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hard); i++) {
		const double *p = hard[i];

		assert_between(between(p[0], p[1], p[2], p[3]) - p[4] / 1000,
			       -PRINTED_KM, PRINTED_KM);
	}
}

static void test_special(void **state)
{
	const double circle = 40075.016685578488; /* the equator */
	const double pole = GEODESIC_KM_MAX;

	(void)state;
	assert_true(between(1.5, 2.5, 1.5, 2.5) < ROUNDING_KM);
	assert_between(between(0, 170, 0, -150) - circle / 9, -ROUNDING_KM,
		       ROUNDING_KM);
	assert_between(between(90, 7, -90, 99) - pole, -PRINTED_KM, PRINTED_KM);
	assert_between(between(90, 7, 0, 99) - pole / 2, -PRINTED_KM,
		       PRINTED_KM);
	/* Over a pole, which is nearer than along the equator. */
	assert_between(between(0, 0, 0, 180) - pole, -PRINTED_KM, PRINTED_KM);
	assert_between(between(30, -40, -30, 140) - pole, -PRINTED_KM,
		       PRINTED_KM);
	/* Continuous where the equator stops being the shortest. */
	assert_between(between(0, 0, 0, 179.397) - between(0, 0, 0, 179.396), 0,
		       0.12);
	assert_true(isnan(between(91, 0, 0, 0)));
	assert_true(isnan(between(0, NAN, 0, 0)));
	assert_true(isnan(between(0, 0, -INFINITY, 0)));
}

/* Centimetres from each other at the equator, where cosines tell nothing apart,
 * and at a pole, where sines do not: as in the plane that touches it. */
static void test_flat(void **state)
{
	const double a = 6378.137, f = 1 / 298.257223563;
	const double degree = M_PI / 180;
	const double meridian = a * (1 - f) * (1 - f); /* radius there */
	const double pole = a / (1 - f);

	(void)state;
	assert_between(between(5e-7, 0, 1e-7, 1e-7) -
			       hypot(4e-7 * degree * meridian,
				     1e-7 * degree * a),
		       -ROUNDING_KM, ROUNDING_KM);
	assert_between(between(90 - 3e-6, 0, 90 - 1e-6, 90) -
			       hypot(3e-6, 1e-6) * degree * pole,
		       -ROUNDING_KM, ROUNDING_KM);
}

/* The same there and back, any turn, mirrored; never longer than by way of a
 * third place. */
static void test_metric(void **state)
{
	struct prng prng = unit_prng("geodesic_metric");

	(void)state;
	for (int i = 0; i < 500; i++) {
		double lat[3], lon[3], ab, bc, ac;

		for (int j = 0; j < 3; j++) {
			lat[j] = 180 * prng_unit(&prng) - 90;
			lon[j] = 360 * prng_unit(&prng) - 180;
		}
		ab = between(lat[0], lon[0], lat[1], lon[1]);
		bc = between(lat[1], lon[1], lat[2], lon[2]);
		ac = between(lat[0], lon[0], lat[2], lon[2]);
		assert_between(ab, 0, GEODESIC_KM_MAX + ROUNDING_KM);
		assert_between(ac, 0, ab + bc + ROUNDING_KM);
		assert_between(between(lat[1], lon[1], lat[0], lon[0]) - ab,
			       -ROUNDING_KM, ROUNDING_KM);
		assert_between(
			between(-lat[1], -lon[1], -lat[0], 360 - lon[0]) - ab,
			-ROUNDING_KM, ROUNDING_KM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published), cmocka_unit_test(test_hard),
		cmocka_unit_test(test_special),	  cmocka_unit_test(test_flat),
		cmocka_unit_test(test_metric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
