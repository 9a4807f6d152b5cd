// SPDX-License-Identifier: GPL-2.0-only
/* The window: sequence numbers, slots, and what becomes of a probe. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probe/window.h"

#define SLOTS 8
#define MSEC NSEC_PER_MSEC
#define NOW ((mono_t){ NSEC_PER_SEC })

static struct slot slots[SLOTS];

static const struct outcome_rules rules = {
	.ends = { .tx = STAMP_DRV_TX, .rx = STAMP_XDP_RX },
	.timeout = { 100 * MSEC },
	.tx_stamps = true,
};

static int open_window(void **state)
{
	static struct window w;

	memset(slots, 0, sizeof(slots));
	*state = &w;
	return window_create(&w, slots, SLOTS, 3);
}

static int close_window(void **state)
{
	window_destroy(*state);
	return 0;
}

static struct pending *arm(struct window *w, mono_t now)
{
	struct pending *p = window_next(w, now);

	assert_non_null(p);
	window_arm(w, p, 0x1234 + p->seq);
	p->app_tx = now;
	p->flags = PENDING_SENT | PENDING_DRV_SEEN;
	return p;
}

static enum probe_status settle(struct window *w, mono_t now)
{
	struct sample s;

	window_settle(w, &rules, now, &s);
	return s.status;
}

static void test_slot_is_armed_afresh(void **state)
{
	struct window *w = *state;
	struct pending *p;

	memset(slots, 0xff, sizeof(slots));
	slots[0].session = 3;
	p = arm(w, NOW);
	assert_int_equal(slots[0].state, SLOT_ARMED);
	assert_int_equal(slots[0].seq, p->seq);
	assert_int_equal(slots[0].nonce, p->nonce);
	assert_int_equal(slots[0].session, 3);
	assert_int_equal(slots[0].xdp_rx | slots[0].flags, 0);
	assert_int_equal(slots[0].duplicate_return, 0);
}

/* A wrap never erases a probe that is being watched. */
static void test_full_window_refuses(void **state)
{
	struct window *w = *state;

	for (int i = 0; i < SLOTS; i++)
		arm(w, NOW);
	assert_null(window_next(w, NOW));
	settle(w, NOW);
	assert_null(window_next(w, mono_add(NOW, span_ns(9 * MSEC))));
	assert_int_equal(window_next(w, mono_add(NOW, span_ns(11 * MSEC)))->seq,
			 SLOTS);
}

/* The numbers from SEQ_CONTROL on are not given to probes. */
static void test_numbers_start_over(void **state)
{
	struct window *w = *state;

	w->head = w->next = SEQ_CONTROL - 2;
	arm(w, NOW);
	assert_int_equal(arm(w, NOW)->seq, SEQ_CONTROL - 1);
	assert_null(window_next(w, NOW));
	settle(w, NOW);
	assert_null(window_next(w, NOW));
	settle(w, NOW);
	assert_ptr_equal(arm(w, NOW), &w->pending[0]);
	assert_int_equal(w->pending[0].seq, 0);
	assert_int_equal(slots[0].seq, 0);
}

static void test_only_watched_ones_are_found(void **state)
{
	struct window *w = *state;

	w->head = w->next = 5;
	arm(w, NOW);
	assert_null(window_find(w, 4));
	assert_null(window_find(w, 6));
	assert_int_equal(window_find(w, 5)->seq, 5);
	settle(w, NOW);
	assert_null(window_find(w, 5));
	assert_null(window_oldest(w));
	assert_int_equal(slots[5].state, SLOT_EXPIRED);
}

/* What the hooks and the engine saw of a probe, and what that makes it. */
static const struct {
	const char *what;
	uint32_t flags;
	uint64_t tc_tx, xdp_rx;
	uint32_t slot_flags;
	int64_t app_rx_ms; /* after app_tx */
	enum probe_status status;
} cases[] = {
	{ "not taken by the kernel", 0, 0, 0, 0, 0, PROBE_UNSENT },
	{ "refused by the queue", 0, 9, 0, 0, 0, PROBE_UNSENT },
	{ "never at TC", PENDING_SENT, 0, 0, 0, 0, PROBE_UNSENT },
	{ "never at the driver", PENDING_SENT, 9, 0, 0, 0, PROBE_UNSENT },
	{ "no answer", PENDING_SENT | PENDING_DRV_SEEN, 9, 0, 0, 0,
	  PROBE_LOST },
	{ "no answer yet", PENDING_SENT | PENDING_DRV_SEEN | PENDING_ABANDONED,
	  9, 0, 0, 0, PROBE_UNRECORDED },
	{ "dropped after XDP", PENDING_SENT | PENDING_DRV_SEEN, 9, 9, 0, 0,
	  PROBE_LOST_IN_HOST },
	{ "still in the host",
	  PENDING_SENT | PENDING_DRV_SEEN | PENDING_ABANDONED, 9, 9, 0, 0,
	  PROBE_UNRECORDED },
	{ "never read", PENDING_SENT | PENDING_DRV_SEEN | PENDING_RECORD, 9, 9,
	  0, 0, PROBE_LOST_IN_HOST },
	{ "our ring was full", PENDING_SENT | PENDING_DRV_SEEN | PENDING_APP_RX,
	  9, 9, SLOT_UNRECORDED, 1, PROBE_UNRECORDED },
	{ "by another interface",
	  PENDING_SENT | PENDING_DRV_SEEN | PENDING_APP_RX, 9, 0, 0, 1,
	  PROBE_UNRECORDED },
	{ "in time",
	  PENDING_SENT | PENDING_DRV_SEEN | PENDING_APP_RX | PENDING_RECORD, 9,
	  9, 0, 100, PROBE_OK },
	{ "too late",
	  PENDING_SENT | PENDING_DRV_SEEN | PENDING_APP_RX | PENDING_RECORD, 9,
	  9, 0, 101, PROBE_LATE },
	{ "in time, without a TX stamp",
	  PENDING_SENT | PENDING_APP_RX | PENDING_RECORD, 9, 9, 0, 1,
	  PROBE_OK },
};

static void test_outcomes(void **state)
{
	struct window *w = *state;
	mono_t now = NOW;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pending *p = arm(w, now);
		struct slot *slot = &slots[p->seq % SLOTS];

		print_message("%s\n", cases[i].what);
		slot->tc_tx = cases[i].tc_tx;
		slot->xdp_rx = cases[i].xdp_rx;
		slot->flags = cases[i].slot_flags;
		p->flags = cases[i].flags;
		p->app_rx = mono_add(now, span_ns(cases[i].app_rx_ms * MSEC));
		assert_int_equal(settle(w, now), cases[i].status);
		now = mono_add(now, span_ns(NSEC_PER_SEC));
	}
}

/* The same of the bypass engine's, whose program arms the slot and stamps. */
static const struct {
	const char *what;
	uint32_t flags;
	bool sent;
	int64_t rx_ms; /* after drv_tx; 0: not seen */
	enum probe_status status;
} bypass_cases[] = {
	{ "not taken", 0, false, 0, PROBE_UNSENT },
	{ "the device did not count it", PENDING_NOT_LEFT, true, 0,
	  PROBE_UNSENT },
	{ "no answer", 0, true, 0, PROBE_LOST },
	{ "no answer yet", PENDING_ABANDONED, true, 0, PROBE_UNRECORDED },
	{ "our ring was full", 0, true, 1, PROBE_UNRECORDED },
	{ "in time", PENDING_RECORD, true, 100, PROBE_OK },
	{ "too late", PENDING_RECORD, true, 101, PROBE_LATE },
};

static void test_bypass_outcomes(void **state)
{
	struct window *w = *state;
	mono_t now = NOW;
	struct sample s;

	for (size_t i = 0; i < sizeof(bypass_cases) / sizeof(*bypass_cases);
	     i++) {
		struct pending *p = window_next(w, now);
		struct slot *slot = &slots[p->seq % SLOTS];

		print_message("%s\n", bypass_cases[i].what);
		window_prepare(w, p);
		p->flags = bypass_cases[i].flags;
		if (bypass_cases[i].sent)
			slot->drv_tx = now.ns;
		if (bypass_cases[i].rx_ms)
			slot->xdp_rx = now.ns + bypass_cases[i].rx_ms * MSEC;
		window_settle(w, &rules, now, &s);
		assert_int_equal(s.status, bypass_cases[i].status);
		assert_int_equal(s.engine, ENGINE_BYPASS);
		assert_int_equal(sample_has(&s, STAMP_DRV_TX),
				 bypass_cases[i].sent);
		assert_false(sample_has(&s, STAMP_APP_TX));
		assert_false(sample_has(&s, STAMP_APP_RX));
		now = mono_add(now, span_ns(NSEC_PER_SEC));
	}
}

/* Which flags and stamps say that a probe left, and that its reply came. */
static const struct {
	enum engine engine;
	uint32_t flags;
	uint64_t drv_tx;
	bool left, answered, complete;
} ends[] = {
	{ ENGINE_SOCKET, 0, 9, false, false, false },
	{ ENGINE_SOCKET, PENDING_SENT, 0, true, false, false },
	{ ENGINE_SOCKET, PENDING_SENT | PENDING_RECORD, 0, true, false, false },
	{ ENGINE_SOCKET, PENDING_SENT | PENDING_APP_RX, 0, true, true, false },
	{ ENGINE_SOCKET, PENDING_SENT | PENDING_APP_RX | PENDING_RECORD, 0,
	  true, true, true },
	{ ENGINE_BYPASS, PENDING_SENT, 0, false, false, false },
	{ ENGINE_BYPASS, 0, 9, true, false, false },
	{ ENGINE_BYPASS, PENDING_RECORD, 9, true, true, true },
};

static void test_answers_are_where_they_belong(void **state)
{
	struct window *w = *state;
	mono_t now = NOW;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct pending *p = arm(w, now);

		print_message("row %zu\n", i);
		assert_false(window_all_answered(w));
		p->flags = PENDING_SENT | PENDING_APP_RX;
		assert_true(window_all_answered(w));
		p = arm(w, now);
		p->engine = ends[i].engine;
		p->flags = ends[i].flags;
		slots[p->seq % SLOTS].drv_tx = ends[i].drv_tx;
		assert_int_equal(window_has_left(w, p), ends[i].left);
		assert_int_equal(window_is_answered(p), ends[i].answered);
		assert_int_equal(window_is_complete(p), ends[i].complete);
		assert_int_equal(window_all_answered(w),
				 ends[i].answered || !ends[i].left);
		settle(w, now);
		settle(w, now);
		assert_true(window_all_answered(w));
		now = mono_add(now, span_ns(NSEC_PER_SEC));
	}
}

static void test_first_hook_is_where_the_rules_say(void **state)
{
	const struct outcome_rules at_tc = { .rx_at_tc = true };
	const struct slot slot = { .xdp_rx = 5, .tc_rx = 7 };

	(void)state;
	assert_int_equal(window_first_rx(&slot, &rules), 5);
	assert_int_equal(window_first_rx(&slot, &at_tc), 7);
}

/* All but state and nonce, which the program writes. */
static void test_slot_is_prepared_afresh(void **state)
{
	struct window *w = *state;
	struct pending *p;

	memset(slots, 0xff, sizeof(slots));
	slots[0].session = 3;
	p = window_next(w, NOW);
	window_prepare(w, p);
	assert_int_equal(slots[0].state, SLOT_FREE);
	assert_int_equal(slots[0].engine, SLOT_BYPASS);
	assert_int_equal(slots[0].seq, p->seq);
	assert_int_equal(slots[0].session, 3);
	assert_int_equal(slots[0].drv_tx | slots[0].xdp_rx, 0);
	assert_int_equal(slots[0].tx_done | slots[0].flags, 0);
	assert_int_equal(window_sent_at(w, p).ns, 0);
	slots[0].drv_tx = 77;
	assert_int_equal(window_sent_at(w, p).ns, 77);
}

/* What was planned ahead and is taken back never was. */
static void test_withdrawn_ones_never_were(void **state)
{
	struct window *w = *state;
	struct pending *p;

	arm(w, NOW);
	for (int i = 0; i < 3; i++)
		window_prepare(w, window_next(w, NOW));
	window_withdraw(w, 1);
	assert_null(window_find(w, 1));
	assert_non_null(window_find(w, 0));
	p = arm(w, NOW);
	assert_int_equal(p->seq, 1);
	assert_int_equal(slots[1].engine, SLOT_SOCKET);
	settle(w, NOW);
	settle(w, NOW);
	assert_null(window_oldest(w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(test) \
	cmocka_unit_test_setup_teardown(test, open_window, close_window)
		WITH(test_slot_is_armed_afresh),
		WITH(test_full_window_refuses),
		WITH(test_numbers_start_over),
		WITH(test_only_watched_ones_are_found),
		WITH(test_outcomes),
		WITH(test_bypass_outcomes),
		WITH(test_answers_are_where_they_belong),
		WITH(test_first_hook_is_where_the_rules_say),
		WITH(test_slot_is_prepared_afresh),
		WITH(test_withdrawn_ones_never_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
