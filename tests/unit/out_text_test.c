// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "out/format.h"
#include "out/text.h"
#include "out_fixture.h"

static void assert_narrow(const char *text)
{
	char *copy = strdup(text);
	char *rest;

	for (char *line = strtok_r(copy, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (format_columns(line) > PAGE_COLUMNS ||
		    line[strlen(line) - 1] == ' ')
			fail_msg("%d columns, or blank at its end: \"%s\"",
				 format_columns(line), line);
	free(copy);
}

/* All `count` texts are in the report, or with `there` false none is. */
static void expect(const struct result *r, const char *const *said,
		   size_t count, bool there)
{
	char *text = fixture_text(r, false);

	assert_narrow(text);
	assert_null(strcasestr(text, "nan"));
	assert_null(strcasestr(text, "inf "));
	assert_null(strstr(text, "(null)"));
	assert_null(strchr(text, '\033'));
	for (size_t i = 0; i < count; i++)
		if (!strstr(text, said[i]) == there)
			fail_msg("\"%s\" is %sthere:\n%s", said[i],
				 there ? "not " : "", text);
	free(text);
}

#define TEXTS(...) \
	(const char *const[]){ __VA_ARGS__ }, \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)
#define SAYS(r, ...) expect(r, TEXTS(__VA_ARGS__), true)
#define IS_SILENT_ON(r, ...) expect(r, TEXTS(__VA_ARGS__), false)

static void a_complete_run_says_all(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	SAYS(&r, "10.0.1.7 (ens5, ena) → 10.1.0.9   STAMP, socket engine",
	     "1000 probes at 10 ms   kernel 6.12, tcx, native XDP\n",
	     "clock disciplined by chrony from the PHC, ±0.08 ppm\n",
	     "network      55 213.84 µs  p50  instrument +0.35 −1.60   "
	     "sampling ±0.12         min 55 211.02  p99 55 383.04\n",
	     "app to app   55 231.42 µs  p50", "app ─3.6─ tc ─0.9─ nic ═══",
	     "═══ 55 213.8 ═══",
	     "═ nic ─1.1─ tc ─1.3─ socket ─9.8─ app   µs, medians\n",
	     "└── 10.1.0.9 held it 0.4 ──┘\n", "\n  socket → app ",
	     "sent 1000   received 1000   lost 0 (< 0.37 %)   late 0   "
	     "duplicate 0   reordered 0   TTL 255 there, 255 back\n",
	     "1000 replies weigh as much as 412 independent ones",
	     "sent late by 52.10 µs (median), 130.10 µs (p99)");
	IS_SILENT_ON(&r, "unsent", "lost in host", "refused", "stale", "hooks ",
		     "none came back", "longest run", "Poisson", "interrupted",
		     "bins of", "distance");
}

static void icmp_says_where_the_far_host_is(void **state)
{
	struct result r;

	(void)state;
	fixture_icmp(&r);
	SAYS(&r, "ICMP echo, socket engine",
	     "10.1.0.9 is inside \"network\": ICMP brings back no stamps",
	     "TTL 255 back\n");
	IS_SILENT_ON(&r, "held it", "far host", "TTL 255 there");
}

static void silence_asks_the_right_questions(void **state)
{
	struct result r;

	(void)state;
	fixture_silent(&r, 1000);
	SAYS(&r, "sent 1000, none came back\n",
	     "security group of 10.1.0.9 open for UDP port 862 from 10.0.1.7?",
	     "xrtt reflect running there, and does its --allow list hold "
	     "10.0.1.7?",
	     "lost 1000 (> 99.63 %)   longest run 1000");
	IS_SILENT_ON(&r, "µs  p50", "═", "median, µs", "cure", "weigh");

	r.target.protocol = PROTOCOL_ICMP;
	SAYS(&r, "open for ICMP echo from 10.0.1.7?", "answer ping?");
	IS_SILENT_ON(&r, "UDP port");
}

static void a_closed_port_is_told_from_silence(void **state)
{
	struct result r;

	(void)state;
	fixture_silent(&r, 10);
	r.counts.port_unreachable = 10;
	SAYS(&r, "sent 10, none came back\n",
	     "nothing listens on UDP port 862 of 10.1.0.9: start xrtt reflect",
	     "closed port   10 times ICMP said port unreachable");
	IS_SILENT_ON(&r, "security group");
}

static void replies_too_late_are_not_silence(void **state)
{
	struct result r;

	(void)state;
	fixture_silent(&r, 10);
	r.probes.lost = 0;
	r.probes.late = 10;
	SAYS(&r, "sent 10, none came back in time and in full\n", "late 10",
	     "came after the timeout (-W)");
	IS_SILENT_ON(&r, "security group");
}

static void losses_name_their_place(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	r.probes.planned = 1005;
	r.probes.unsent = 5;
	r.probes.received = 979;
	r.probes.lost = 18; /* six of them refused */
	r.probes.lost_in_host = 2;
	r.probes.unrecorded = 1;
	r.loss = (struct loss){
		.ratio = 0.012,
		.ci95 = { { true, 0.0062 }, { true, 0.0209 } },
		.longest_run = 3,
		.has_direction = true,
		.forward = 8,
		.back = 4,
		.has_refused = true,
		.refused = 6,
	};
	SAYS(&r, "lost 12 (1.20 %, between 0.62 % and 2.09 %)",
	     "of these 8 there, 4 back",
	     "lost in host  2 replies reached this host and not the socket",
	     "unsent        5 planned, and never left this host",
	     "unrecorded    1 sent, and what came of it was not recorded here",
	     "refused       6 by the reflector, not by the network");
	r.loss.has_direction = false;
	IS_SILENT_ON(&r, "longest run"); /* one would span the refused */
	r.loss.has_refused = false;
	SAYS(&r, "lost 18 ", "longest run 3");
	IS_SILENT_ON(&r, "of these", "refused");
}

static void every_count_that_is_not_zero_is_told(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	r.counts = (struct counts){ 11, 19, 12, 13, 14, 20, 21, 15, 16, 17 };
	r.probes.duplicate = 3;
	r.probes.duplicate_forward = 2;
	r.probes.duplicate_return = 1;
	r.probes.reordered = 4;
	r.probes.reordered_forward = 4;
	r.clock.realtime_steps = 18;
	SAYS(&r, "ring full     19 ", "stale         11 ", "disorder      12 ",
	     "slot busy     13 ", "no drv stamp  14 ", "send errors   15 ",
	     "no NIC stamp  20 ", "NIC disorder  21 ", "closed port   16 ",
	     "unreachable   17 ", "stepped 18 times",
	     "duplicate 3 (2 there, 1 back)", "reordered 4 (4 there, 0 back)");
}

static void fallback_hooks_say_why(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	r.hooks = (struct hooks){
		.tx = STAMP_TC_TX,
		.rx = STAMP_TC_RX,
		.tx_how = "clsact",
		.rx_how = "clsact",
		.tx_why = "the driver gives no transmit stamps",
		.rx_why = "MTU 9001 is over 3498: ip link set ens5 mtu 3498, "
			  "then native XDP can be had, and the stage from "
			  "XDP to tc as well",
	};
	fallback_set(&r.hooks.fallbacks.at[FALLBACK_TX], "tcx", "clsact",
		     "this kernel has none");
	fallback_set(&r.hooks.fallbacks.at[FALLBACK_ENGINE], "bypass", "socket",
		     "one CPU");
	r.stage[STAGE_TC_TO_DRIVER].n = 0;
	r.stage[STAGE_XDP_TO_TC].n = 0;
	SAYS(&r, "clsact, not tcx: this kernel has none",
	     "\n  engine        socket, not bypass: one CPU\n\n  network ");
	SAYS(&r, "kernel 6.12, clsact\n", "app ─3.6─ tc ═══",
	     "═══ tc ─1.3─ socket ─9.8─ app",
	     "network begins at tc egress: the driver gives no transmit",
	     "network ends at tc ingress: MTU 9001 is over 3498");
	IS_SILENT_ON(&r, "tc → driver", "xdp → tc", "─ nic");
}

static void hardware_stamps_add_a_box(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	r.hooks.rx = STAMP_HW_RX;
	r.stage[STAGE_NIC_TO_XDP] = r.stage[STAGE_XDP_TO_TC];
	SAYS(&r, "═ nic ─1.1─ xdp ─1.1─ tc ─1.3─ socket ─9.8─ app",
	     "nic → xdp");
}

static void unknown_bounds_are_question_marks(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	r.network.at_p50.bounded = false;
	r.network.ci95[LEVEL_P50].hi.value += 20;
	r.rtt.ci95[LEVEL_P50].hi.finite = false;
	SAYS(&r, "instrument +0.35 −? ", "sampling +0.14 −0.12",
	     "instrument +? −? ", "sampling +? −0.12\n");
	r.network.at_p50.plus = INFINITY;
	IS_SILENT_ON(&r, "instrument +0.35", "+–");
}

static void an_undisciplined_clock_is_in_the_first_line(void **state)
{
	struct result r;
	char *text;

	(void)state;
	fixture_complete(&r);
	r.clock = (struct clock_state){ .source = "none",
					.rate_ppm = 50,
					.how = "nobody steers it" };
	SAYS(&r, "clock         nobody disciplines it: its rate may be off by "
		 "50 ppm");
	text = fixture_text(&r, false);
	*strchr(text, '\n') = '\0';
	assert_non_null(strstr(text, "clock undisciplined, ±50 ppm"));
	free(text);
}

static void one_probe_has_no_intervals(void **state)
{
	struct result r;

	(void)state;
	fixture_single(&r);
	SAYS(&r, "1 probe at", "instrument +? −?         sampling ±?",
	     "55 213.84", "sent 1   received 1");
	IS_SILENT_ON(&r, "weigh", "probes/s");
}

static void nothing_at_all_is_still_a_report(void **state)
{
	struct result r;

	(void)state;
	fixture_empty(&r);
	SAYS(&r, "nothing was sent\n", "sent 0   received 0   lost 0 ");
	IS_SILENT_ON(&r, "security group", "pacing", "TTL");
}

static void remarks_about_the_run(void **state)
{
	struct segment segment[8];
	struct result r;

	(void)state;
	fixture_complete(&r);
	for (int i = 0; i < 8; i++)
		segment[i] = (struct segment){
			.from_ns = i * NSEC_PER_SEC,
			.to_ns = (i + 1) * NSEC_PER_SEC,
			.network = r.network,
		};
	r.segment = segment;
	r.segments = 8;
	r.run.interrupted = true;
	r.pacing.poisson = true;
	r.network.bin_ns = 128;
	r.network.short_memory = true;
	r.network.n = 300;
	r.network.ci95[LEVEL_P99].hi.finite = false;
	r.level.text = "distance: 62 % is the fibre floor";
	r.tail.text = "local host: waking up";
	SAYS(&r, "at 10 ms (Poisson)", "Poisson, seed 42",
	     "interrupted   after 10.055 s", "  bins of 128 ns\n",
	     "run too short for its memory",
	     "too few to bound p99 from above (368 would do)",
	     "level shifts  0.00 to 1.00 s: p50 55 213.84 µs, p99",
	     "µs, min 55 211.02 µs", "and 2 more",
	     "              the whole run's figures mix these levels",
	     "level         distance: 62 %", "tail          local host");
}

static void extremes_stay_within_the_page(void **state)
{
	struct result r;

	(void)state;
	fixture_complete(&r);
	r.target.address = "2600:1f18:1234:5678:9abc:def0:1234:5678";
	r.target.source = "2a05:d014:1234:5678:9abc:def0:1234:5678";
	r.target.name = "a.host.with.quite.a.long.name.example.org";
	for (int i = 0; i < STAGES; i++) {
		r.stage[i] = r.network;
		r.stage[i].quantile[LEVEL_P50] = 12345678901;
	}
	r.network.quantile[LEVEL_P50] = 999999999999;
	r.remote.quantile[LEVEL_P50] = 999999999999;
	SAYS(&r, "   ms, medians", "held it 1 000 000 ──┘");
	fixture_silent(&r, UINT64_MAX);
	r.target.address = "2600:1f18:1234:5678:9abc:def0:1234:5678";
	SAYS(&r, "none came back");
}

static void colour_only_when_asked(void **state)
{
	struct result r;
	char *text;

	(void)state;
	fixture_complete(&r);
	text = fixture_text(&r, true);
	assert_non_null(strstr(text, "\033[1m55 213.8\033[0m"));
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct result r;

	(void)state;
	fixture_complete(&r);
	assert_non_null(full);
	assert_int_equal(text_report(full, &r, false), -ENOSPC);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_complete_run_says_all),
		cmocka_unit_test(icmp_says_where_the_far_host_is),
		cmocka_unit_test(silence_asks_the_right_questions),
		cmocka_unit_test(a_closed_port_is_told_from_silence),
		cmocka_unit_test(replies_too_late_are_not_silence),
		cmocka_unit_test(losses_name_their_place),
		cmocka_unit_test(every_count_that_is_not_zero_is_told),
		cmocka_unit_test(fallback_hooks_say_why),
		cmocka_unit_test(hardware_stamps_add_a_box),
		cmocka_unit_test(unknown_bounds_are_question_marks),
		cmocka_unit_test(an_undisciplined_clock_is_in_the_first_line),
		cmocka_unit_test(one_probe_has_no_intervals),
		cmocka_unit_test(nothing_at_all_is_still_a_report),
		cmocka_unit_test(remarks_about_the_run),
		cmocka_unit_test(extremes_stay_within_the_page),
		cmocka_unit_test(colour_only_when_asked),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
