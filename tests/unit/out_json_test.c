// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "out/json.h"
#include "out/json_value.h"
#include "out_fixture.h"
#include "out_contract.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* NULL where the key is not there. */
static json_t *find(json_t *at, const char *path)
{
	char *copy = strdup(path);
	char *rest;

	for (char *key = strtok_r(copy, ".", &rest); key && at;
	     key = strtok_r(NULL, ".", &rest))
		at = json_is_array(at) ? json_array_get(at, atoi(key))
				       : json_object_get(at, key);
	free(copy);
	return at;
}

static void check_keys(json_t *at, const struct key *key, size_t rows);

static bool has_type(json_t *value, char type)
{
	switch (type | 0x20) {
	case 'o':
		return json_is_object(value);
	case 'a':
		return json_is_array(value);
	case 's':
		return json_is_string(value);
	case 'n':
		return json_is_number(value);
	case 'i':
		return json_is_integer(value);
	case 'b':
		return json_is_boolean(value);
	default:
		check_keys(value, duration, ROWS(duration));
		return json_object_size(value) == 14;
	}
}

static void check_keys(json_t *at, const struct key *key, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		json_t *value = find(at, key[i].path);
		bool may_be_null = !(key[i].type & 0x20);

		if (!value)
			fail_msg("%s is not there", key[i].path);
		if (json_is_null(value) ? !may_be_null
					: !has_type(value, key[i].type))
			fail_msg("%s has another type", key[i].path);
	}
}

/* Every integer below 2^53, every real finite. */
static void check_numbers(json_t *at)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_integer(at))
		assert_true(llabs(json_integer_value(at)) < 1LL << 53);
	if (json_is_real(at))
		assert_true(isfinite(json_real_value(at)));
	json_object_foreach(at, key, value) check_numbers(value);
	json_array_foreach(at, i, value) check_numbers(value);
}

static json_t *parse(const struct result *r)
{
	char *text = json_report(r);
	json_error_t error;
	json_t *parsed;
	char *again;

	assert_non_null(text);
	parsed = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!parsed)
		fail_msg("line %d: %s", error.line, error.text);
	again = json_dumps(parsed, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	assert_string_equal(text, again);
	check_keys(parsed, contract, ROWS(contract));
	check_numbers(parsed);
	free(again);
	free(text);
	return parsed;
}

static void every_key_is_there_in_every_run(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	json_decref(parse(&r));
	fixture_icmp(&r);
	json_decref(parse(&r));
	fixture_silent(&r, 1000);
	json_decref(parse(&r));
	fixture_single(&r);
	json_decref(parse(&r));
	fixture_empty(&r);
	json_decref(parse(&r));
}

static void assert_text(json_t *at, const char *path, const char *expected)
{
	assert_string_equal(json_string_value(find(at, path)), expected);
}

static void assert_number(json_t *at, const char *path, double expected)
{
	double value = json_number_value(find(at, path));

	if (fabs(value - expected) > 1e-9 * fabs(expected))
		fail_msg("%s is %.17g, not %.17g", path, value, expected);
}

static void values_are_the_result_s(void **state)
{
	struct result r;
	json_t *o;

	(void)state;
	fixture_complete(&r);
	o = parse(&r);
	assert_text(o, "schema", "xrtt/1");
	assert_text(o, "engine", "socket");
	assert_text(o, "hooks.tx", "drv");
	assert_text(o, "hooks.rx", "xdp");
	assert_text(o, "target.protocol", "stamp");
	assert_text(o, "run.start", "2026-03-01T12:00:00.000000001Z");
	assert_text(o, "run.origin_mono_ns", "81234567890123");
	assert_text(o, "run.origin_tai_ns", "1772366437000000001");
	assert_text(o, "run.remote_origin_tai_ns", "1772366437027500000");
	assert_text(o, "pacing.kind", "fixed");
	assert_number(o, "probes.sent", 1000);
	assert_number(o, "loss.ci95.1", 0.00368);
	assert_number(o, "loss.forward", 0);
	assert_number(o, "network_ns.p50", 55213840);
	assert_true(json_is_integer(find(o, "network_ns.p50")));
	assert_number(o, "network_ns.ci95.p50.0", 55213720);
	assert_true(json_is_null(find(o, "network_ns.ci95.p999.1")));
	assert_number(o, "network_ns.instrument.p50.minus", 1600);
	assert_true(json_is_true(find(o, "network_ns.instrument.p50.bounded")));
	assert_true(json_is_null(find(o, "rtt_ns.instrument.p50.minus")));
	assert_number(o, "share.network", 0.999693);
	assert_number(o, "pacing.achieved_pps", 100.002);
	assert_number(o, "ttl.remote_min", 255);
	assert_true(json_is_null(find(o, "stages_ns.nic_to_xdp")));
	assert_true(json_is_null(find(o, "share.nic_to_xdp")));
	assert_true(json_is_null(find(o, "distance")));
	json_decref(o);
}

static void nothing_known_is_null(void **state)
{
	static const char *const null[] = {
		"loss.ratio",
		"loss.ci95.0",
		"loss.ci95.1",
		"rtt_ns",
		"network_ns",
		"remote_ns",
		"ttl.min",
		"target.port",
		"run.remote_origin_tai_ns",
		"loss.return",
		"loss.refused_by_reflector",
		"share.network",
		"clock.rate_ppm",
		"pacing.achieved_pps",
		"clock.tai_offset_s",
		"probes.reordered_return",
	};
	struct result r;
	json_t *o;

	(void)state;
	fixture_empty(&r);
	r.loss.ratio = 0; /* of nothing */
	r.loss.ci95.hi = (struct bound){ true, 1 };
	o = parse(&r);
	for (size_t i = 0; i < ROWS(null); i++)
		if (!json_is_null(find(o, null[i])))
			fail_msg("%s is not null", null[i]);
	assert_number(o, "probes.sent", 0);
	json_decref(o);
}

static void steps_down_are_listed(void **state)
{
	struct result r;
	json_t *o;

	(void)state;
	fixture_complete(&r);
	o = parse(&r);
	assert_int_equal(json_array_size(find(o, "hooks.fallbacks")), 0);
	json_decref(o);
	fallback_set(&r.hooks.fallbacks.at[FALLBACK_RX], "native XDP", "tcx",
		     "the driver has no native XDP");
	fallback_set(&r.hooks.fallbacks.at[FALLBACK_ENGINE], "bypass", "socket",
		     "one CPU");
	o = parse(&r);
	assert_int_equal(json_array_size(find(o, "hooks.fallbacks")), 2);
	assert_text(o, "hooks.fallbacks.0.stage", "engine");
	assert_text(o, "hooks.fallbacks.0.used", "socket");
	assert_text(o, "hooks.fallbacks.1.stage", "rx");
	assert_text(o, "hooks.fallbacks.1.wanted", "native XDP");
	assert_text(o, "hooks.fallbacks.1.why", "the driver has no native XDP");
	json_decref(o);
}

static void budget_terms_are_listed(void **state)
{
	struct budget_term term[] = {
		{ "clock_rate", 4.4, 'B', false, true, "chrony" },
		{ "tx_gap", 1200, 'A', true, false, "doorbell" },
	};
	struct result r;
	json_t *o;

	(void)state;
	fixture_complete(&r);
	r.network.at_p99 = (struct instrument){ .known = true,
						.minus = 1200,
						.plus = 5,
						.terms = 2,
						.term = term };
	o = parse(&r);
	assert_true(
		json_is_false(find(o, "network_ns.instrument.p99.bounded")));
	assert_text(o, "network_ns.instrument.p99.terms.0.name", "clock_rate");
	assert_number(o, "network_ns.instrument.p99.terms.0.ns", 4.4);
	assert_text(o, "network_ns.instrument.p99.terms.0.kind", "B");
	assert_text(o, "network_ns.instrument.p99.terms.0.shape", "symmetric");
	assert_text(o, "network_ns.instrument.p99.terms.1.shape", "lengthens");
	assert_text(o, "network_ns.instrument.p99.terms.1.how", "doorbell");
	assert_true(json_is_true(
		find(o, "network_ns.instrument.p99.terms.0.common")));
	json_decref(o);
}

static void a_term_without_size_is_null(void **state)
{
	struct budget_term gap = { "rx_gap", INFINITY, 'B', true, true, "x" };
	struct result r;
	json_t *o;

	(void)state;
	fixture_complete(&r);
	r.network.at_p50 = (struct instrument){
		.known = true, .plus = INFINITY, .terms = 1, .term = &gap
	};
	o = parse(&r);
	assert_true(
		json_is_null(find(o, "network_ns.instrument.p50.terms.0.ns")));
	assert_true(json_is_null(find(o, "network_ns.instrument.p50.plus")));
	assert_number(o, "network_ns.instrument.p50.minus", 0);
	json_decref(o);
}

static void differences_name_what_they_leave_out(void **state)
{
	struct difference d = { .known = true,
				.value = -8.5,
				.minus = 350,
				.plus = INFINITY,
				.left_out = 1,
				.common = { "clock_rate" } };
	json_t *o = json_value_difference(&d);

	(void)state;
	assert_number(o, "value", -8.5);
	assert_number(o, "minus", 350);
	assert_true(json_is_null(find(o, "plus")));
	assert_true(json_is_false(find(o, "bounded")));
	assert_text(o, "left_out.0", "clock_rate");
	json_decref(o);
	d = (struct difference){ 0 };
	o = json_value_difference(&d);
	assert_true(json_is_null(find(o, "value")));
	assert_true(json_is_null(find(o, "minus")));
	assert_true(json_is_false(find(o, "bounded")));
	json_decref(o);
}

static void segments_are_listed(void **state)
{
	struct segment segment = { .from_ns = 5, .to_ns = 1000000007 };
	struct result r;
	json_t *o;

	(void)state;
	fixture_complete(&r);
	segment.network = r.network;
	segment.inflation.value = NAN;
	r.segment = &segment;
	r.segments = 1;
	o = parse(&r);
	assert_int_equal(json_array_size(find(o, "segments")), 1);
	assert_number(o, "segments.0.from_ns", 5);
	assert_number(o, "segments.0.to_ns", 1000000007);
	assert_number(o, "segments.0.network_ns.p50", 55213840);
	assert_true(json_is_null(find(o, "segments.0.inflation")));
	json_decref(o);
}

static void what_json_cannot_hold_becomes_text(void **state)
{
	struct result r;
	json_error_t error;
	char *text;
	json_t *o;

	(void)state;
	fixture_complete(&r);
	r.pacing.seed = UINT64_MAX;
	r.counts.stale = (UINT64_C(1) << 53) - 1;
	r.counts.disorder = UINT64_C(1) << 53;
	r.run.command = "xrtt probe \xff\xfe\"\n";
	text = json_report(&r);
	o = json_loads(text, 0, &error);
	assert_non_null(o);
	check_numbers(o);
	assert_text(o, "pacing.seed", "18446744073709551615");
	assert_number(o, "counts.stale", 9007199254740991.0);
	assert_text(o, "counts.disorder", "9007199254740992");
	assert_text(o, "run.command", "xrtt probe ??\"\n");
	json_decref(o);
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct result r;

	(void)state;
	fixture_complete(&r);
	assert_non_null(full);
	assert_int_equal(json_write(full, &r), -ENOSPC);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_there_in_every_run),
		cmocka_unit_test(values_are_the_result_s),
		cmocka_unit_test(nothing_known_is_null),
		cmocka_unit_test(steps_down_are_listed),
		cmocka_unit_test(budget_terms_are_listed),
		cmocka_unit_test(a_term_without_size_is_null),
		cmocka_unit_test(differences_name_what_they_leave_out),
		cmocka_unit_test(segments_are_listed),
		cmocka_unit_test(what_json_cannot_hold_becomes_text),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
