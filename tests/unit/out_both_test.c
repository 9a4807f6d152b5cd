// SPDX-License-Identifier: GPL-2.0-only
/* Reports of both engines, of a flood, and of what the host's floor adds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/null.h"
#include "out/json.h"
#include "out_fixture.h"

static void assert_says(const struct result *r, const char *said, bool there)
{
	char *text = fixture_text(r, false);

	if (!strstr(text, said) == there)
		fail_msg("\"%s\" is %sthere:\n%s", said, there ? "not " : "",
			 text);
	free(text);
}

static json_t *json_of(const struct result *r)
{
	char *text = json_report(r);
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(value);
	free(text);
	return value;
}

static json_t *key(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (!value)
		fail_msg("%s is not there", name);
	return value;
}

static void each_engine_has_its_lines(void **state)
{
	struct both_fixture both;

	(void)state;
	fixture_both(&both);
	assert_says(&both.result, "STAMP, both engines", true);
	assert_says(&both.result, "\n  net (bypass) 55 211.24 µs  p50", true);
	assert_says(&both.result, "\n  net (socket) 55 213.84 µs  p50", true);
	assert_says(&both.result, "\n  socket engine", true);
	assert_says(&both.result, "\n  pacing        bypass: sent late by 0.13",
		    true);
	assert_says(&both.result, "\n                socket: sent late by 52.1",
		    true);
	assert_says(&both.result, "\n  sampling      bypass: 1000 replies",
		    true);
	assert_says(&both.result,
		    "less socket's is −2.60 µs +3.10 −0.35: they "
		    "agree",
		    true);
	both.result.closure.known = false;
	assert_says(&both.result, "closure", false);
}

static void one_engine_has_no_closure(void **state)
{
	struct result r;
	json_t *o;

	(void)state;
	fixture_complete(&r);
	assert_says(&r, "closure", false);
	assert_says(&r, "socket: ", false);
	o = json_of(&r);
	assert_true(json_is_null(key(o, "closure")));
	assert_true(json_is_null(key(o, "engines")));
	json_decref(o);
}

static void closure_is_a_difference_with_a_verdict(void **state)
{
	struct both_fixture both;
	json_t *o, *closure;

	(void)state;
	fixture_both(&both);
	o = json_of(&both.result);
	closure = key(o, "closure");
	assert_int_equal(json_integer_value(key(closure, "value")), -2600);
	assert_int_equal(json_integer_value(key(closure, "plus")), 3100);
	assert_int_equal(json_integer_value(key(closure, "minus")), 350);
	assert_true(json_is_true(key(closure, "bounded")));
	assert_string_equal(json_string_value(key(closure, "code")), "agree");
	assert_string_equal(json_string_value(key(closure, "text")),
			    both.result.closure_verdict.text);
	assert_string_equal(
		json_string_value(json_array_get(key(closure, "left_out"), 0)),
		"clock_rate");
	assert_int_equal(json_object_size(key(o, "engines")), ENGINES);
	json_decref(o);
}

static void a_flood_has_a_rate_and_no_lateness(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	r.pacing.flood = true;
	r.pacing.lateness.n = 0;
	r.pacing.achieved_pps = 812345.6;
	r.has_share = false;
	assert_says(&r, "1000 probes in a flood", true);
	assert_says(&r, "\n  pacing        812 346 probes/s: as fast", true);
	assert_says(&r, "sent late", false);
	assert_says(&r, "share", false);
	r.pacing.achieved_pps = NAN;
	assert_says(&r, "pacing", false);
}

static void a_bound_on_loss_has_two_digits(void **state)
{
	static const struct {
		double hi;
		const char *said;
	} row[] = { { 0.00368, "lost 0 (< 0.37 %)   late" },
		    { 5.978e-6, "lost 0 (< 0.00060 %)   late" },
		    { 3.6e-9, "lost 0 (< 0.00000036 %)   late" } };
	struct result r;

	(void)state;
	fixture_complete(&r);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		r.loss.ci95.hi.value = row[i].hi;
		assert_says(&r, row[i].said, true);
		assert_says(&r, "< <", false);
	}
	fixture_silent(&r, 600000);
	r.loss.ci95.lo = (struct bound){ true, 1 - 5.978e-6 };
	assert_says(&r, "lost 600 000 (> 99.99940 %)", true);
}

static void the_host_s_floor_is_in_the_run(void **state)
{
	struct null_floor *floor = calloc(1, sizeof(*floor));
	struct result r;
	json_t *o, *null;

	(void)state;
	assert_non_null(floor);
	fixture_complete(&r);
	o = json_of(&r);
	assert_true(json_is_null(key(key(o, "run"), "null")));
	json_decref(o);

	strcpy(floor->stale, "another boot");
	r.run.null = floor;
	o = json_of(&r);
	null = key(key(o, "run"), "null");
	assert_string_equal(json_string_value(key(null, "schema")),
			    "xrtt-null/1");
	assert_string_equal(json_string_value(key(null, "stale")),
			    "another boot");
	assert_true(json_is_false(key(null, "valid")));
	json_decref(o);
	free(floor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_engine_has_its_lines),
		cmocka_unit_test(one_engine_has_no_closure),
		cmocka_unit_test(closure_is_a_difference_with_a_verdict),
		cmocka_unit_test(a_flood_has_a_rate_and_no_lateness),
		cmocka_unit_test(a_bound_on_loss_has_two_digits),
		cmocka_unit_test(the_host_s_floor_is_in_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
