// SPDX-License-Identifier: GPL-2.0-only
/* What a report says of the clock: steering, reading, source. */
#include <jansson.h>
#include <string.h>

#include "out/json.h"
#include "out_fixture.h"
#include "unit.h"

static void push_clock(struct clock_state *c)
{
	c->steering = (struct clock_steering){
		.known = true,
		.readings = 101,
		.median_ppm = -6.594,
		.departure_ppm = 100.2,
		.floor_ppm = 0.05,
		.departures = 7,
		.events = 2,
		.event = { { 1500000000, 3500000000, 100 },
			   { 3500000000, 4000000000, -25 } },
	};
	c->reading = (struct clock_reading){
		.known = true,
		.p50_ns = 23,
		.p99_ns = 28,
		.granularity_ns = 20,
		.cpus_online = 2,
		.cpus = 2,
		.has_offset = true,
		.offset_ns = 96,
	};
	strcpy(c->reference, "PHC0");
}

static json_t *clock_of(const struct result *r)
{
	char *text = json_report(r);
	json_t *all = json_loads(text, 0, NULL);
	json_t *clock = json_incref(json_object_get(all, "clock"));

	assert_non_null(clock);
	json_decref(all);
	free(text);
	return clock;
}

static void all_of_it_is_in_json(void **state)
{
	json_t *clock, *steering, *reading, *event;
	struct result r;

	(void)state;
	fixture_complete(&r);
	push_clock(&r.clock);
	clock = clock_of(&r);
	steering = json_object_get(clock, "steering");
	reading = json_object_get(clock, "reading");
	event = json_array_get(json_object_get(steering, "events"), 1);
	assert_int_equal(json_array_size(json_object_get(steering, "events")),
			 2);
	assert_string_equal(
		json_string_value(json_object_get(clock, "reference")), "PHC0");
	assert_int_equal(
		json_integer_value(json_object_get(steering, "departures")), 7);
	assert_between(
		json_number_value(json_object_get(steering, "departure_ppm")),
		100.2, 100.2);
	assert_int_equal(json_integer_value(json_object_get(event, "from_ns")),
			 3500000000);
	assert_between(json_number_value(json_object_get(event, "ppm")), -25,
		       -25);
	assert_int_equal(
		json_integer_value(json_object_get(reading, "cpu_offset_ns")),
		96);
	json_decref(clock);
}

static void what_is_not_known_is_null(void **state)
{
	json_t *clock;
	struct result r;

	(void)state;
	fixture_complete(&r);
	clock = clock_of(&r);
	assert_true(json_is_null(json_object_get(clock, "steering")));
	assert_true(json_is_null(json_object_get(clock, "reading")));
	assert_true(json_is_null(json_object_get(clock, "reference")));
	json_decref(clock);
	push_clock(&r.clock);
	r.clock.reading.has_offset = false;
	clock = clock_of(&r);
	assert_true(json_is_null(json_object_get(
		json_object_get(clock, "reading"), "cpu_offset_ns")));
	json_decref(clock);
}

static void a_push_is_told(void **state)
{
	struct result r;
	char *text;

	(void)state;
	fixture_complete(&r);
	text = fixture_text(&r, false);
	assert_null(strstr(text, "pushed"));
	free(text);
	push_clock(&r.clock);
	text = fixture_text(&r, false);
	assert_non_null(strstr(text,
			       "pushed on by 100 ppm from 1.50 to 3.50 s: "
			       "5.52 µs of this median"));
	assert_non_null(
		strstr(text, "pushed back by 25 ppm from 3.50 to 4.00 s"));
	assert_non_null(strstr(text, "pushed another 5 times: see --json"));
	free(text);
}

/* Hardware stamps that were asked for: how sure they are, or why not. */
static void the_nic_is_told(void **state)
{
	struct result r;
	json_t *clock, *nic;
	char *text;

	(void)state;
	fixture_complete(&r);
	clock = clock_of(&r);
	assert_true(json_is_null(json_object_get(clock, "nic")));
	json_decref(clock);
	fallback_set(&r.hooks.fallbacks.at[FALLBACK_HW_RX], "the NIC's stamps",
		     "native XDP", "the driver tells of none");
	text = fixture_text(&r, false);
	assert_non_null(strstr(text, "native XDP, not the NIC's stamps: the "
				     "driver tells of none"));
	assert_null(strstr(text, "NIC's clock"));
	free(text);
	r.hooks.fallbacks.at[FALLBACK_HW_RX].used = NULL;
	r.clock.nic = (struct clock_nic){
		.known = true,
		.phc = 3,
		.readings = 101,
		.steps = 2,
		.rate_ppm = NAN,
		.stamps = 990,
		.bar_ns = 460.5,
		.bar_max_ns = 1200,
	};
	text = fixture_text(&r, false);
	assert_non_null(strstr(text, "/dev/ptp3, read 101 times: its stamps "
				     "are good to ±0.46 µs"));
	assert_non_null(strstr(text, "stepped or pushed 2 times"));
	free(text);
	clock = clock_of(&r);
	nic = json_object_get(clock, "nic");
	assert_int_equal(json_integer_value(json_object_get(nic, "phc")), 3);
	assert_int_equal(json_integer_value(json_object_get(nic, "steps")), 2);
	assert_true(json_is_null(json_object_get(nic, "rate_ppm")));
	assert_between(json_number_value(json_object_get(nic, "bar_ns")), 460.5,
		       460.5);
	json_decref(clock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_in_json),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(a_push_is_told),
		cmocka_unit_test(the_nic_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
