// SPDX-License-Identifier: GPL-2.0-only
#include "out/distance_text.h"

#include <jansson.h>
#include <string.h>

#include "out/format.h"
#include "out/json.h"
#include "out/json_distance.h"
#include "out_fixture.h"
#include "unit.h"

static void fill(struct distance *d, const char *from, const char *to)
{
	char why[SITE_WHY];
	struct site a, b;

	assert_int_equal(site_parse(from, &a, why), 0);
	assert_int_equal(site_parse(to, &b, why), 0);
	distance_fill(d, &a, &b);
}

/* What `xrtt distance` writes; to be freed. */
static char *words(const char *from, const char *to)
{
	struct application_outlook outlook;
	struct distance d;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fill(&d, from, to);
	application_expect(&outlook, &d);
	assert_int_equal(distance_text(f, &d, &outlook, false), 0);
	fclose(f);
	return text;
}

static void assert_says(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("no \"%s\" in\n%s", part, text);
}

static void assert_fits(const char *text, int columns)
{
	char *copy = strdup(text), *rest = copy;

	for (char *line; (line = strsep(&rest, "\n"));)
		if (format_columns(line) > columns)
			fail_msg("%d columns: %s", format_columns(line), line);
	free(copy);
}

/* Every region beside every other: nothing wider than the page, no number that
 * is none. */
static void every_pair_fits_the_page(void **state)
{
	size_t n;
	const struct region *all = region_all(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char *text = words(all[i].code, all[(i * 7 + 3) % n].code);

		assert_fits(text, PAGE_COLUMNS);
		assert_null(strstr(text, "nan"));
		assert_null(strstr(text, "inf\n"));
		free(text);
	}
}

static void a_pair_in_words(void **state)
{
	char *text = words("use1-az1", "usw2-az2");

	(void)state;
	assert_says(text, "use1-az1 (us-east-1, Ashburn VA) → usw2-az2 "
			  "(us-west-2, Boardman / Umatilla OR)\n");
	assert_says(text, "distance      3511 ± 70 km\n");
	assert_says(text, "vacuum                23.42     22.96     23.89   "
			  "nothing is faster\n");
	assert_says(text, "straight: no slack, equipment, queue\n");
	assert_says(text, "AWS                   62.44        1.78 to 1.85   "
			  "2022-10-26, p50 of 5 min: its own probes\n");
	assert_says(text, "1000 calls             34 391.");
	free(text);
	text = words("0,0", "0,0");
	assert_says(text, "0,0 → 0,0");
	assert_null(strstr(text, "to a caller"));
	assert_null(strstr(text, "others"));
	free(text);
}

static void a_run_has_a_note_a_verdict_and_a_table(void **state)
{
	struct result r;
	char *text;

	(void)state;
	fixture_complete(&r);
	r.has_distance = true;
	fill(&r.distance, "use1-az1", "usw2-az2");
	distance_judge(&r);
	application_judge(&r);
	text = fixture_text(&r, false);
	assert_says(text, "  distance      3511 ± 70 km; fibre 34.4 ± 0.7 ms; "
			  "inflation 1.57 to 1.64; others measured 62 to 68 "
			  "ms\n");
	assert_says(text, "each at p50    each at p99\n");
	assert_says(text, "  1000 calls ");
	assert_fits(text, PAGE_COLUMNS);
	free(text);
	r.network.at_p50.bounded = false;
	distance_judge(&r);
	text = fixture_text(&r, false);
	assert_says(text, "inflation ? to 1.64;");
	free(text);
}

static json_t *at(json_t *o, const char *key)
{
	json_t *value = json_object_get(o, key);

	if (!value)
		fail_msg("%s is not there", key);
	return value;
}

static void assert_range(json_t *value, const struct range *range)
{
	json_t *ends = at(value, "interval");

	assert_true(json_number_value(at(value, "value")) == range->value);
	assert_true(json_number_value(json_array_get(ends, 0)) == range->lo);
	assert_true(json_number_value(json_array_get(ends, 1)) == range->hi);
}

static json_t *report(const struct result *r)
{
	char *text = json_report(r);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(o);
	free(text);
	return o;
}

/* Powers of two: what 15 digits write is what they read. */
static struct range exact(double value)
{
	return (struct range){ value / 2, value, 2 * value };
}

static void a_run_in_json(void **state)
{
	static const char *const floors[] = { "vacuum", "fibre_min",
					      "fibre_nominal" };
	struct result r;
	json_t *o, *d, *share;

	(void)state;
	fixture_complete(&r);
	r.has_distance = true;
	fill(&r.distance, "use1-az1", "39.5,-80.25+-20");
	r.distance.km = exact(512);
	r.distance.inflation = exact(1);
	for (int i = 0; i < FLOORS; i++)
		r.distance.floor_ns[i] = exact(1 << (10 + i));
	r.parts.known = true;
	for (int i = 0; i < PARTS; i++)
		r.parts.share[i] = exact(0.25);
	r.parts.share[PART_NETWORK].value = NAN;
	r.slowest = (struct slowest){ 100, STAGE_SOCKET_TO_APP, 0.75 };
	o = report(&r);
	d = at(o, "distance");
	assert_string_equal(json_string_value(at(at(d, "from"), "name")),
			    "use1-az1");
	assert_string_equal(json_string_value(at(at(d, "from"), "region")),
			    "us-east-1");
	assert_true(json_is_null(at(at(d, "to"), "region")));
	assert_true(json_number_value(at(at(d, "to"), "lat")) == 39.5);
	assert_true(json_number_value(at(at(d, "to"), "uncertainty_km")) == 20);
	assert_range(at(d, "km"), &r.distance.km);
	assert_range(at(d, "inflation"), &r.distance.inflation);
	for (int i = 0; i < FLOORS; i++)
		assert_range(at(at(d, "floors_ns"), floors[i]),
			     &r.distance.floor_ns[i]);
	assert_true(json_is_false(at(d, "below_vacuum")));
	assert_int_equal(json_array_size(at(d, "others_ns")), 2);
	assert_int_equal(json_array_size(at(d, "others")), 0);
	share = at(at(at(o, "verdict"), "level"), "share");
	assert_range(at(share, "detour"), &r.parts.share[PART_DETOUR]);
	assert_true(json_is_null(at(share, "network")));
	d = at(at(o, "verdict"), "tail");
	assert_string_equal(json_string_value(at(d, "stage")), "socket_to_app");
	assert_true(json_number_value(at(d, "share")) == 0.75);
	assert_int_equal(json_integer_value(at(d, "probes")), 100);
	json_decref(o);
}

static void what_is_not_known_is_null(void **state)
{
	struct result r;
	json_t *o, *share;
	const char *key;
	json_t *value;

	(void)state;
	fixture_complete(&r);
	o = report(&r);
	assert_true(json_is_null(at(o, "distance")));
	assert_true(json_is_null(at(o, "application")));
	share = at(at(at(o, "verdict"), "level"), "share");
	assert_int_equal(json_object_size(share), PARTS);
	json_object_foreach(share, key, value) assert_true(json_is_null(value));
	assert_true(json_is_null(at(at(at(o, "verdict"), "tail"), "stage")));
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_fits_the_page),
		cmocka_unit_test(a_pair_in_words),
		cmocka_unit_test(a_run_has_a_note_a_verdict_and_a_table),
		cmocka_unit_test(a_run_in_json),
		cmocka_unit_test(what_is_not_known_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
