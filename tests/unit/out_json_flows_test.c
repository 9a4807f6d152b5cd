// SPDX-License-Identifier: GPL-2.0-only
/* What `xrtt flows` adds to the summary: every key, and whose value it is. */
#include "unit.h"

#include <jansson.h>
#include <string.h>

#include "model/flows.h"
#include "out/json.h"
#include "out_fixture.h"

static unsigned int members[] = { 0, 1 };

static struct flow_result flow[] = {
	{ .source_port = 40000,
	  .flow_class = 1,
	  .probes = { .planned = 9, .sent = 9, .received = 8, .lost = 1 },
	  .loss = { .ratio = 1 / 9.0, .longest_run = 1 } },
	{ .source_port = 40001, .flow_class = -1 },
};

static struct flow_segment segment[] = {
	{ .flow = 0,
	  .flow_class = 1,
	  .censored = true,
	  .segment = { 5, 7000000000, 55000000, 300, 80 } },
};

static struct flow_class class[] = {
	{ .min_ns = 55000000,
	  .below_ns = 300,
	  .flows = 2,
	  .flow = members,
	  .share = 0.25,
	  .dwell = { 3, 2, 12.5, { { true, 3 }, { false, 0 } }, NAN } },
};

static struct flow_event event[] = {
	{ 1,
	  1,
	  { .time_ns = 1500000001,
	    .time_lo_ns = 1400000000,
	    .time_hi_ns = 1600000000,
	    .told_ns = 1700000000,
	    .from_ns = 55000000,
	    .to_ns = 57000000,
	    .way = WATCH_WAY_RETURN } },
	{ 0, 1, { .time_ns = 2000000000, .way = WATCH_WAY_UNKNOWN } },
};

static struct mine mine[] = {
	{ 50000, 443, 0, 56000000, -1, 0, -1 },
	{ 50001, 443, 56000000, 57000000, 0, 1000000, -1 },
};

static struct flows flows = {
	.flows = ARRAY_SIZE(flow),
	.flow = flow,
	.segments = ARRAY_SIZE(segment),
	.segment = segment,
	.classes = ARRAY_SIZE(class),
	.class = class,
	.events = ARRAY_SIZE(event),
	.event = event,
	.bar_ns = 1234.5,
	.hours = 0.125,
};

static json_t *json_of(const struct result *r)
{
	char *text = json_report(r);
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(value);
	free(text);
	return value;
}

/* "events.0.time": as it stands in the text. */
static void assert_at(json_t *from, const char *path, const char *expected)
{
	char copy[128], *rest = copy, *word, *text;
	json_t *at = from;

	snprintf(copy, sizeof(copy), "%s", path);
	while (at && (word = strsep(&rest, ".")))
		at = json_is_array(at)
			     ? json_array_get(at, strtoul(word, 0, 10))
			     : json_object_get(at, word);
	if (!at)
		fail_msg("%s is not there", path);
	text = json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT |
				      JSON_REAL_PRECISION(10));
	assert_string_equal(text, expected);
	free(text);
}

static void every_value_is_the_result_s(void **state)
{
	static const struct {
		const char *path, *text;
	} expected[] = {
		{ "flows.0.flow", "0" },
		{ "flows.0.source_port", "40000" },
		{ "flows.0.class", "1" },
		{ "flows.0.probes.lost", "1" },
		{ "flows.0.probes.reordered", "0" },
		{ "flows.0.loss.longest_run", "1" },
		{ "flows.0.network_ns", "null" },
		{ "flows.1.flow", "1" },
		{ "flows.1.class", "null" },
		{ "flows.1.loss.ratio", "null" },
		{ "segments.0.flow", "0" },
		{ "segments.0.class", "1" },
		{ "segments.0.from_ns", "5" },
		{ "segments.0.to_ns", "7000000000" },
		{ "segments.0.censored", "true" },
		{ "segments.0.min_ns", "55000000" },
		{ "segments.0.below_ns", "300" },
		{ "segments.0.probes", "80" },
		{ "classes.0.class", "0" },
		{ "classes.0.min_ns", "55000000" },
		{ "classes.0.below_ns", "300" },
		{ "classes.0.flows", "[0,1]" },
		{ "classes.0.share", "0.25" },
		{ "classes.0.dwell_s.n", "3" },
		{ "classes.0.dwell_s.censored", "2" },
		{ "classes.0.dwell_s.mean", "12.5" },
		{ "classes.0.dwell_s.ci95", "[3,null]" },
		{ "classes.0.dwell_s.median", "null" },
		{ "events.0.flow", "1" },
		{ "events.0.time", "\"2026-11-24T00:00:01.000000000Z\"" },
		{ "events.0.time_ns", "1500000001" },
		{ "events.0.time_lo_ns", "1400000000" },
		{ "events.0.time_hi_ns", "1600000000" },
		{ "events.0.told_ns", "1700000000" },
		{ "events.0.direction", "\"return\"" },
		{ "events.0.from_ns", "55000000" },
		{ "events.0.to_ns", "57000000" },
		{ "events.1.direction", "null" },
		{ "bar_ns", "1234.5" },
		{ "flow_hours", "0.125" },
		{ "mine", "null" },
	};
	struct result r;
	json_t *got;

	(void)state;
	fixture_complete(&r);
	r.run.origin_tai_ns = INT64_C(1795478436499999999);
	r.clock.tai_offset_s = 37;
	r.flows = &flows;
	got = json_of(&r);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_at(got, expected[i].path, expected[i].text);
	json_decref(got);
}

static void connections_are_listed_if_looked_for(void **state)
{
	struct result r;
	json_t *got;

	(void)state;
	fixture_complete(&r);
	r.flows = &flows;
	flows.has_mine = true;
	got = json_of(&r);
	assert_at(got, "mine", "[]");
	json_decref(got);
	flows.mine = mine;
	flows.mines = ARRAY_SIZE(mine);
	got = json_of(&r);
	assert_at(got, "mine.0.min_rtt_ns", "null");
	assert_at(got, "mine.0.rtt_ns", "56000000");
	assert_at(got, "mine.0.class", "null");
	assert_at(got, "mine.0.hosts_ns", "null");
	assert_at(got, "mine.1.local_port", "50001");
	assert_at(got, "mine.1.remote_port", "443");
	assert_at(got, "mine.1.class", "0");
	assert_at(got, "mine.1.hosts_ns", "1000000");
	assert_at(got, "mine.1.faster_hosts_ns", "null");
	json_decref(got);
	flows.has_mine = false;
}

static void a_probe_s_summary_is_as_before(void **state)
{
	struct result r;
	json_t *got;

	(void)state;
	fixture_complete(&r);
	got = json_of(&r);
	assert_null(json_object_get(got, "flows"));
	assert_null(json_object_get(got, "events"));
	assert_non_null(json_object_get(got, "segments"));
	json_decref(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_the_result_s),
		cmocka_unit_test(connections_are_listed_if_looked_for),
		cmocka_unit_test(a_probe_s_summary_is_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
