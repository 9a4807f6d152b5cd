// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `xrtt flows` adds to a summary comes back as well; and a summary that
 * was tampered with is refused or harmless.
 */
#include "unit.h"

#include <string.h>

#include "model/flows.h"
#include "out/summary.h"
#include "out_fixture.h"
#include "summary_again.h"

#define TAMPERINGS 4000

static struct prng prng;

static unsigned int members[] = { 0, 1, 2 };

static struct flow_result flow[3] = {
	{ .source_port = 40000,
	  .probes = { .planned = 9, .sent = 9, .received = 8, .lost = 1 },
	  .loss = { .ratio = 1 / 9.0, .longest_run = 1 } },
	{ .source_port = 40001, .flow_class = 1 },
	{ .source_port = 40002, .flow_class = -1 },
};

static struct flow_segment segment[] = {
	{ 0, 0, true, { 5, 7000000000, 55000000, 300, 80 } },
	{ 1, 0, true, { 5, 1500000001, 55000000, 300, 40 } },
	{ 1, 1, true, { 1500000001, 7000000000, 57000000, 300, 40 } },
};

static struct flow_class class[] = {
	{ .min_ns = 55000000,
	  .below_ns = 300,
	  .flows = 2,
	  .flow = members,
	  .share = 0.25,
	  .dwell = { 3, 2, 12.5, { { true, 3 }, { false, 0 } }, NAN } },
	{ .min_ns = 57000000, .flows = 3, .flow = members, .share = 0.75 },
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
};

static struct mine mine[] = {
	{ 50000, 443, 0, 56000000, -1, 0, -1 },
	{ 50001, 443, 56000000, 57000000, 0, 1000000, 500000 },
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
	.has_mine = true,
	.mines = ARRAY_SIZE(mine),
	.mine = mine,
};

static void fill_flows(struct result *r)
{
	fixture_complete(r);
	flow[0].network = r->network;
	r->flows = &flows;
}

static void flows_come_back(void **state)
{
	struct result r;

	(void)state;
	fill_flows(&r);
	assert_comes_back(&r);
	flows.has_mine = false;
	assert_comes_back(&r);
	flows.has_mine = true;
}

static void a_second_shift_begins_the_third_segment(void **state)
{
	struct flow_event twice[] = { event[0], event[0] };
	struct flows own = flows;
	char why[SUMMARY_WHY];
	struct summary *s;
	struct result r;
	char *text;

	(void)state;
	fill_flows(&r);
	own.events = 2;
	own.event = twice;
	r.flows = &own;
	text = again_exact(&r);
	s = summary_parse(text, strlen(text), why);
	assert_non_null(s);
	assert_int_equal(summary_result(s)->flows->event[0].segment, 1);
	assert_int_equal(summary_result(s)->flows->event[1].segment, 2);
	summary_free(s);
	free(text);
}

/* ---- what cannot be ------------------------------------------------------ */

static void assert_refused(const char *text, const char *said)
{
	char why[SUMMARY_WHY];

	assert_null(summary_parse(text, strlen(text), why));
	if (!strstr(why, said))
		fail_msg("\"%s\" does not say \"%s\"", why, said);
}

static void what_is_no_summary_is_refused(void **state)
{
	(void)state;
	assert_refused("", "schema");
	assert_refused("[]", "schema");
	assert_refused("{\"schema\":\"xrtt/2\"}", "schema");
	assert_refused("{\"schema\":\"xrtt/1\"}", "is missing");
}

static void a_number_of_what_is_not_there_is_refused(void **state)
{
	struct result r;
	char *text;

	(void)state;
	fill_flows(&r);
	event[0].flow = 3;
	text = again_exact(&r);
	assert_refused(text, "\"flows\"");
	event[0].flow = 1;
	free(text);
}

static void a_terminals_controls_are_refused(void **state)
{
	struct result r;
	char *text;

	(void)state;
	fixture_complete(&r);
	r.target.name = "\033]0;owned\007";
	text = again_exact(&r);
	assert_refused(text, "\"name\"");
	free(text);
}

/* Changes octets that keep it JSON often enough: digits, letters, quotes. */
static void tamper(char *text, size_t size)
{
	static const char with[] = "0123456789-.eEnulltruefs\"[]{}:,x";

	for (unsigned int i = 0; i <= prng_below(&prng, 3); i++)
		text[prng_below(&prng, size)] =
			with[prng_below(&prng, sizeof(with) - 1)];
}

static void tampering_does_no_harm(void **state)
{
	char *text, *changed, why[SUMMARY_WHY];
	unsigned int accepted = 0;
	struct summary *s;
	struct result r;
	size_t size;

	(void)state;
	prng = unit_prng("tampering_does_no_harm");
	fill_flows(&r);
	text = again_exact(&r);
	size = strlen(text);
	for (int i = 0; i < TAMPERINGS; i++) {
		changed = strdup(text);
		tamper(changed, size);
		s = summary_parse(changed, size, why);
		accepted += !!s;
		if (s)
			free(again_report(summary_result(s)));
		summary_free(s);
		free(changed);
	}
	assert_true(accepted > TAMPERINGS / 100);
	assert_true(accepted < TAMPERINGS);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_come_back),
		cmocka_unit_test(a_second_shift_begins_the_third_segment),
		cmocka_unit_test(what_is_no_summary_is_refused),
		cmocka_unit_test(a_number_of_what_is_not_there_is_refused),
		cmocka_unit_test(a_terminals_controls_are_refused),
		cmocka_unit_test(tampering_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
