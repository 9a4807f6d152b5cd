// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "model/mine.h"
#include "out/flows_text.h"
#include "out/format.h"
#include "out/page.h"
#include "out_fixture.h"
#include "unit.h"

#define MS 1000000
#define FLOWS 4
#define CLASSES 3
#define EVENTS 13

/* Four flows over three paths for ten minutes, made up. */
struct world {
	struct result result;
	struct flows flows;
	struct flow_result flow[FLOWS];
	struct flow_class class[CLASSES];
	unsigned int members[CLASSES][FLOWS];
	struct flow_event event[EVENTS];
	struct mine mine[3];
};

static void fill_classes(struct world *w)
{
	static const struct {
		int64_t min_ns, below_ns;
		double share;
		struct dwell dwell;
	} made[CLASSES] = {
		{ 55211020,
		  350,
		  0.2,
		  { 9, 3, 40, { { true, 21 }, { true, 97.5 } }, 38.5 } },
		{ 57802100,
		  1200,
		  0.45,
		  { 9, 3, 120, { { true, 63 }, { true, 292 } }, 111 } },
		{ 61004900,
		  40,
		  0.35,
		  { 1, 1, INFINITY, { { true, 51.25 }, { false, 0 } }, NAN } },
	};

	for (int i = 0; i < CLASSES; i++) {
		w->class[i] = (struct flow_class){
			.min_ns = made[i].min_ns,
			.below_ns = made[i].below_ns,
			.flows = i + 1,
			.flow = w->members[i],
			.share = made[i].share,
			.dwell = made[i].dwell,
		};
		for (int j = 0; j <= i; j++)
			w->members[i][j] = j;
	}
}

static void fill_events(struct world *w)
{
	for (int i = 0; i < EVENTS; i++)
		w->event[i] = (struct flow_event){
			.flow = i % FLOWS,
			.event = {
				.time_ns = (i * 45LL + 1) * NSEC_PER_SEC,
				.time_lo_ns =
					(i * 45LL + 1) * NSEC_PER_SEC - 30 * MS,
				.time_hi_ns =
					(i * 45LL + 1) * NSEC_PER_SEC + 10 * MS,
				.from_ns = w->class[i % 2].min_ns,
				.to_ns = w->class[!(i % 2)].min_ns,
				.way = i % 4,
			},
		};
}

static void fill(struct world *w)
{
	memset(w, 0, sizeof(*w));
	fixture_complete(&w->result);
	fill_classes(w);
	fill_events(w);
	for (int i = 0; i < FLOWS; i++)
		w->flow[i] = (struct flow_result){
			.source_port = 40001 + i,
			.flow_class = i % CLASSES,
			.probes = { .planned = 20000,
				    .sent = 20000,
				    .received = 20000 },
		};
	w->flows = (struct flows){
		.flows = FLOWS,
		.flow = w->flow,
		.classes = CLASSES,
		.class = w->class,
		.events = EVENTS,
		.event = w->event,
		.bar_ns = 2300,
		.hours = 4 / 6.,
	};
}

/* What is written, to be freed: nothing wider than the page, no number that is
 * none. */
static char *page_of(const struct world *w, int columns)
{
	char *text = NULL, *copy, *rest;
	struct page page = { .columns = columns };
	size_t size;

	page.to = open_memstream(&text, &size);
	assert_int_equal(flows_show(&page, &w->result, &w->flows), 0);
	fclose(page.to);
	copy = rest = strdup(text);
	for (char *line; (line = strsep(&rest, "\n"));)
		if (format_columns(line) > columns ||
		    (*line && line[strlen(line) - 1] == ' '))
			fail_msg("%d columns, or blank at its end: \"%s\"",
				 format_columns(line), line);
	free(copy);
	assert_null(strcasestr(text, "nan"));
	assert_null(strcasestr(text, "inf "));
	assert_null(strstr(text, "(null)"));
	assert_null(strchr(text, '\033'));
	return text;
}

static char *words(const struct world *w)
{
	free(page_of(w, PAGE_COLUMNS_MIN));
	return page_of(w, PAGE_COLUMNS);
}

static void expect(const struct world *w, const char *part, bool there)
{
	char *text = words(w);

	if (!strstr(text, part) == there)
		fail_msg("\"%s\" is %sthere:\n%s", part, there ? "not " : "",
			 text);
	free(text);
}

#define SAYS(w, part) expect(w, part, true)
#define IS_SILENT_ON(w, part) expect(w, part, false)

static void classes_are_a_table(void **state)
{
	struct world w;

	(void)state;
	fill(&w);
	SAYS(&w, "4 flows   source ports 40001 to 40004   0.67 flow-hours\n");
	SAYS(&w, "\n  class minimum, µs   below flows of time lasts, s"
		 "      between  median      cut\n"
		 "      0   55 211.02    0.35     1 20.00 %     40.0"
		 " 21.0 to 97.5    38.5   3 of 9\n");
	SAYS(&w, "      2   61 004.90    0.04     3 35.00 %        –"
		 "    51.2 to ?       –   1 of 1\n");
	SAYS(&w, "told apart from 2.30 µs on");
	SAYS(&w,
	     "one verdict does not speak for it: which of 3 paths a flow gets "
	     "decides over 5 793.88 µs\n");
	w.flows.classes = 1;
	IS_SILENT_ON(&w, "does not speak");
	IS_SILENT_ON(&w, "path, µs");
}

static void paths_stand_beside_each_other(void **state)
{
	struct world w;

	(void)state;
	fill(&w);
	SAYS(&w, "path, µs                         best         median"
		 "          worst\n"
		 "  class                               0              1"
		 "              2\n"
		 "  minimum                     55 211.02      57 802.10"
		 "      61 004.90\n"
		 "  above the best                   0.00       2 591.08"
		 "       5 793.88\n");
	IS_SILENT_ON(&w, "over vacuum");
}

static void paths_stand_against_the_floors(void **state)
{
	struct site from, to;
	char why[SITE_WHY];
	struct world w;

	(void)state;
	fill(&w);
	assert_int_equal(site_parse("use1-az1", &from, why), 0);
	assert_int_equal(site_parse("usw2-az2", &to, why), 0);
	w.result.has_distance = true;
	distance_fill(&w.result.distance, &from, &to);
	distance_judge(&w.result);
	SAYS(&w, "  over vacuum              2.31 to 2.40   2.42 to 2.52"
		 "   2.55 to 2.66\n");
	SAYS(&w, "  over the usual fibre     1.57 to 1.64   1.65 to 1.71"
		 "   1.74 to 1.81\n");
	w.flows.classes = 1;
	SAYS(&w, "  path                       inflation\n"
		 "  over vacuum              2.31 to 2.40\n");
}

static void the_last_shifts_are_told(void **state)
{
	struct world w;

	(void)state;
	fill(&w);
	SAYS(&w, "\n    moved, s  flow   port    way      by, µs      to, µs"
		 "               within, s\n");
	SAYS(&w, "     541.000     0  40001      –   +2 591.08   57 802.10"
		 "      540.970 to 541.010\n");
	SAYS(&w, "     496.000     3  40004   both   −2 591.08   55 211.02"
		 "      495.970 to 496.010\n");
	SAYS(&w, "and 3 before them: see --json\n");
	IS_SILENT_ON(&w, "    91.000 ");
	SAYS(&w, "shifts        13 in all; false ones: at most 0.0003 a "
		 "flow-hour, ");
	w.flows.events = 0;
	SAYS(&w, "shifts        no flow moved");
	IS_SILENT_ON(&w, "moved, s");
}

static void flows_that_lost_most_are_named(void **state)
{
	static const int lost[FLOWS] = { 3, 0, 17, 3 };
	struct world w;

	(void)state;
	fill(&w);
	IS_SILENT_ON(&w, "lost most");
	for (int i = 0; i < FLOWS; i++)
		w.flow[i].probes.lost = lost[i];
	SAYS(&w, "lost most     flow 2 (port 40003) 17 of 20 000, flow 0 (port "
		 "40001) 3 of 20 000, flow 3 (port 40004) 3 of\n"
		 "                20 000; 3 of 4 flows lost any\n");
	w.flow[1].probes.lost = 5;
	SAYS(&w, "17 of 20 000, flow 1 (port 40002) 5 of 20 000, flow 0 ");
	SAYS(&w, "; 4 of 4 flows lost any\n");
}

static void connections_stand_beside_the_classes(void **state)
{
	struct world w;

	(void)state;
	fill(&w);
	IS_SILENT_ON(&w, "mine ");
	w.flows.has_mine = true;
	SAYS(&w, "mine          this host has no TCP connection to 10.1.0.9\n");
	w.mine[0] = (struct mine){ 5001, 443, 57900000, 0, 0, 0, 0 };
	w.mine[1] = (struct mine){ 5002, 443, 0, 0, 0, 0, 0 };
	w.mine[2] = (struct mine){ 5003, 22, 51000000, 0, 0, 0, 0 };
	w.flows.mine = w.mine;
	w.flows.mines = 3;
	mine_classify(w.mine, 3, w.class, CLASSES);
	SAYS(&w, "     5001     443        57 900      1          98         0"
		 "       2 689\n"
		 "     5002     443             –   no round trip yet\n"
		 "     5003      22        51 000   faster than every class\n");
}

static void many_connections_are_counted(void **state)
{
	struct mine many[25];
	struct world w;

	(void)state;
	fill(&w);
	for (int i = 0; i < 25; i++)
		many[i] = (struct mine){
			5000 + i, 443, i < 2 ? 0 : 50000000 + i * 700000LL,
			0,	  0,   0,
			0
		};
	mine_classify(many, 25, w.class, CLASSES);
	w.flows.has_mine = true;
	w.flows.mine = many;
	w.flows.mines = 25;
	SAYS(&w, "     5009     443        56 300      0       1 089\n"
		 "                and 15 more, see --json; of all 25; 6 faster "
		 "than all; 4 class 0; 4 class 1; 9 class 2\n");
	IS_SILENT_ON(&w, "     5010 ");
}

static void nothing_at_all_is_still_a_report(void **state)
{
	struct world w;

	(void)state;
	fill(&w);
	fixture_silent(&w.result, 80000);
	w.flows = (struct flows){ .flows = FLOWS, .flow = w.flow, .hours = 0 };
	for (int i = 0; i < FLOWS; i++)
		w.flow[i].probes = (struct probes){ .planned = 20000,
						    .sent = 20000,
						    .lost = 20000 };
	SAYS(&w, "sent 80 000, none came back\n");
	IS_SILENT_ON(&w, "class ");
}

static void a_full_disk_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct world w;

	(void)state;
	fill(&w);
	assert_non_null(full);
	assert_int_equal(flows_text(full, &w.result, &w.flows, false), -ENOSPC);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_are_a_table),
		cmocka_unit_test(paths_stand_beside_each_other),
		cmocka_unit_test(paths_stand_against_the_floors),
		cmocka_unit_test(the_last_shifts_are_told),
		cmocka_unit_test(flows_that_lost_most_are_named),
		cmocka_unit_test(connections_stand_beside_the_classes),
		cmocka_unit_test(many_connections_are_counted),
		cmocka_unit_test(nothing_at_all_is_still_a_report),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
