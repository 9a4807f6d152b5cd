// SPDX-License-Identifier: GPL-2.0-only
#include "model/region.h"

#include <string.h>

#include "unit.h"

static const char *region_of(const char *text)
{
	char why[SITE_WHY] = "";
	struct site place;

	if (site_parse(text, &place, why)) {
		assert_true(*why);
		return NULL;
	}
	assert_string_equal(place.name, text);
	return place.region ? place.region->code : "";
}

static void assert_why(const char *text, const char *part)
{
	char why[SITE_WHY] = "";
	struct site place;

	assert_true(site_parse(text, &place, why) < 0);
	if (!strstr(why, part))
		fail_msg("%s: \"%s\" has no \"%s\"", text, why, part);
}

/* What the table is trusted for: order, uniqueness, sane numbers. */
static void test_table(void **state)
{
	size_t n;
	const struct region *r = region_all(&n);

	(void)state;
	assert_true(n >= 39);
	for (size_t i = 0; i < n; i++) {
		assert_between(r[i].at.lat, -90, 90);
		assert_between(r[i].at.lon, -180, 180);
		assert_between(r[i].uncertainty_km, 1, 500);
		assert_true(*r[i].city);
		if (i)
			assert_true(strcmp(r[i - 1].code, r[i].code) < 0);
		for (size_t j = 0; j < i; j++)
			assert_true(!*r[i].zone ||
				    strcmp(r[i].zone, r[j].zone));
		assert_ptr_equal(region_find(r[i].code), &r[i]);
	}
	assert_null(region_find("us-east"));
}

static void test_names(void **state)
{
	static const struct {
		const char *text;
		const char *region; /* NULL: refused */
	} names[] = {
		{ "us-east-1", "us-east-1" },
		{ "use1-az1", "us-east-1" },
		{ "us-east-1f", "us-east-1" },
		{ "usw2-az4", "us-west-2" },
		{ "apne1-az4", "ap-northeast-1" },
		{ "apse1-az1", "ap-southeast-1" },
		{ "aps1-az2", "ap-south-1" },
		{ "usgw1-az1", "us-gov-west-1" },
		{ "cnnw1-az3", "cn-northwest-1" },
		{ "eusc-de-east-1", "eusc-de-east-1" },
		{ "", NULL },
		{ "us", NULL },
		{ "use1", NULL },
		{ "use1-az", NULL },
		{ "use1-az1x", NULL },
		{ "use1-azx", NULL },
		{ "use1-bz1", NULL },
		{ "US-EAST-1", NULL },
		{ "us-east-11", NULL },
		{ "us-east-1ab", NULL },
		/* Elsewhere than their region. */
		{ "use1-bos1-az1", NULL },
		{ "us-east-1-bos-1a", NULL },
		{ "use1-wl1-bos-wlz1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *region = region_of(names[i].text);

		if (!names[i].region)
			assert_null(region);
		else
			assert_string_equal(region, names[i].region);
	}
}

/* A zone is where its region is. */
static void test_zone_position(void **state)
{
	const struct region *r = region_find("us-west-2");
	char why[SITE_WHY];
	struct site place;

	(void)state;
	assert_int_equal(site_parse("usw2-az2", &place, why), 0);
	assert_true(place.at.lat == r->at.lat && place.at.lon == r->at.lon);
	assert_true(place.uncertainty_km == r->uncertainty_km);
}

static void test_positions(void **state)
{
	static const struct {
		const char *text;
		double lat, lon, km;
	} good[] = {
		{ "39.04,-77.49", 39.04, -77.49, 0 },
		{ "-33,+18.5", -33, 18.5, 0 },
		{ "39.04,-77.49\u00b120", 39.04, -77.49, 20 },
		{ "39.04,-77.49+-0.5", 39.04, -77.49, 0.5 },
		{ "90,360", 90, 360, 0 },
	};
	static const char *const bad[] = {
		"39.04", "39.04,",     "39.04,x",  "91,0",	"0,361",
		"nan,0", "0,inf",      "1,2,3",	   "1,2\u00b1", "1,2\u00b1-3",
		",1",	 "1,2\u00b1x", "1,2+-inf", "1 ,2",	"0x,1",
	};
	struct site place;
	char why[SITE_WHY];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(site_parse(good[i].text, &place, why), 0);
		assert_null(place.region);
		assert_true(place.at.lat == good[i].lat);
		assert_true(place.at.lon == good[i].lon);
		assert_true(place.uncertainty_km == good[i].km);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!site_parse(bad[i], &place, why))
			fail_msg("%s was taken", bad[i]);
}

static void test_nearest(void **state)
{
	(void)state;
	assert_why("us-esat-1", "us-east-1 (Ashburn VA)");
	assert_why("us-east1", "us-east-1");
	assert_why("eu-central-3", "eu-central-1");
	assert_why("usw3-az1", "us-west-2");
	assert_why("tokyo", "nearest names: ");
	assert_why("use1-bos1-az1", "Local Zone");
	assert_why("39.04;-77.49", "no such region");
	assert_why("39.04,-77,49", "not a position");
	assert_why("an-unreasonably-long-name-for-a-region-of-any-cloud-at-all",
		   "no such region");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_zone_position),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
