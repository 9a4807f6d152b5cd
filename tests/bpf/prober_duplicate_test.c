// SPDX-License-Identifier: GPL-2.0-only
/* More than one reply to a probe: which stamps stay, and what is counted. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "rig.h"

#define SEQ 500

/* A second reply that says everything otherwise; `forward`: the reflector
 * answered a second request, else the same answer came twice. */
static struct probe_spec second_reply(const struct rig *r, int session,
				      int forward)
{
	struct probe_spec s = rig_reply(r, session, SEQ);

	s.ttl -= 2;
	s.received += 99;
	s.sent += 99;
	s.error ^= 0xff;
	s.sender_ttl -= 3;
	if (forward)
		s.reflector_seq++;
	return s;
}

/* Only STAMP tells the two kinds apart. */
static int is_forward(int session, int forward)
{
	return forward && rig_socket(session) == RIG_UDP;
}

/* At the first hook the second one changes the counts and, before the first
 * has passed the last hook, the flag. */
static void check_second(struct rig *r, struct slot *slot,
			 const struct probe_spec *second, int forward)
{
	struct slot want = *slot;

	if (is_forward(slot->session, forward))
		want.duplicate_forward++;
	else
		want.duplicate_return++;
	if (slot->state == SLOT_ARMED)
		want.flags |= SLOT_AMBIGUOUS;
	rig_watch(r);
	rig_pass(r, rig_first(r), second);
	assert_memory_equal(slot, &want, sizeof(want));
	rig_unchanged(r, slot);
	assert_int_equal(rig_counted(r, COUNT_STALE), 0);
}

static void check_later_hooks_idle(struct rig *r, int session,
				   const struct probe_spec *s)
{
	rig_watch(r);
	if (!r->setup.rx_at_tc)
		rig_pass(r, RIG_INGRESS, s);
	rig_pass(r, rig_socket(session), s);
	rig_unchanged(r, NULL);
	assert_int_equal(rig_records(r), 0);
}

static struct slot *receive_first(struct rig *r, int session)
{
	struct slot *slot = rig_arm(r, session, SEQ, SLOT_SOCKET);
	struct probe_spec first = rig_reply(r, session, SEQ);

	rig_pass(r, rig_first(r), &first);
	return slot;
}

static void after_the_last_hook(struct rig *r, int session, int forward)
{
	struct probe_spec first = rig_reply(r, session, SEQ);
	struct probe_spec second = second_reply(r, session, forward);
	struct slot *slot = receive_first(r, session);
	int i;

	rig_pass(r, RIG_INGRESS, &first);
	/* With TC as the first hook that was a duplicate itself. */
	if (r->setup.rx_at_tc)
		slot = receive_first(r, session);
	rig_pass(r, rig_socket(session), &first);
	assert_int_equal(rig_records(r), 1);
	assert_int_equal(r->records[0].flags, 0);
	for (i = 0; i < 3; i++) {
		check_second(r, slot, &second, forward);
		check_later_hooks_idle(r, session, &second);
	}
	assert_int_equal(slot->flags, 0);
}

static void before_the_last_hook(struct rig *r, int session, int forward)
{
	struct probe_spec first = rig_reply(r, session, SEQ);
	struct probe_spec second = second_reply(r, session, forward);
	struct slot *slot = receive_first(r, session);
	struct slot want;

	check_second(r, slot, &second, forward);
	check_second(r, slot, &second, forward);
	if (!r->setup.rx_at_tc)
		rig_pass(r, RIG_INGRESS, &first);
	want = *slot;
	if (!r->setup.rx_at_tc) { /* the second one behind it */
		rig_pass(r, RIG_INGRESS, &second);
		assert_memory_equal(slot, &want, sizeof(want));
	}
	rig_pass(r, rig_socket(session), &first);
	assert_int_equal(rig_records(r), 1);
	assert_memory_equal(&r->records[0], slot, sizeof(*slot));
	assert_int_equal(r->records[0].flags, SLOT_AMBIGUOUS);
	check_later_hooks_idle(r, session, &second);
}

/* One of each kind; they are counted apart. */
static void test_both_kinds(void **state)
{
	struct rig *r = *state;
	struct slot *slot = receive_first(r, 0);
	struct probe_spec s;

	for (int i = 0; i < 5; i++) {
		s = second_reply(r, 0, i < 3);
		check_second(r, slot, &s, i < 3);
	}
	assert_int_equal(slot->duplicate_forward, 3);
	assert_int_equal(slot->duplicate_return, 2);
}

static void test_after(void **state)
{
	for (int session = 0; session < RIG_SESSIONS; session++)
		for (int forward = 0; forward < 2; forward++)
			after_the_last_hook(*state, session, forward);
}

static void test_before(void **state)
{
	for (int session = 0; session < RIG_SESSIONS; session++)
		for (int forward = 0; forward < 2; forward++)
			before_the_last_hook(*state, session, forward);
}

/* A reply that comes when the probe has been given up, having been seen or
 * not, is stale and no duplicate. */
static void test_expired(void **state)
{
	struct rig *r = *state;
	struct probe_spec second;
	struct slot *slot;

	for (int session = 0; session < RIG_SESSIONS; session++) {
		slot = receive_first(r, session);
		slot->state = SLOT_EXPIRED;
		second = second_reply(r, session, 0);
		rig_watch(r);
		rig_pass(r, rig_first(r), &second);
		assert_int_equal(rig_counted(r, COUNT_STALE), 1);
		check_later_hooks_idle(r, session, &second);
	}
}

/* The bypass engine's second reply is no one else's business either. */
static void test_bypass(void **state)
{
	struct rig *r = *state;
	struct probe_spec s = rig_reply(r, 1, SEQ);
	struct slot *slot = rig_arm(r, 1, SEQ, SLOT_BYPASS), want;

	rig_send(r, RIG_XDP, &s, 1 /* XDP_DROP */);
	want = *slot;
	want.duplicate_forward = 1;
	s = second_reply(r, 1, 1);
	rig_send(r, RIG_XDP, &s, 1);
	assert_memory_equal(slot, &want, sizeof(want));
	assert_int_equal(rig_records(r), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_after, xdp),      RIGGED(test_after, tc),
		RIGGED(test_before, xdp),     RIGGED(test_before, tc),
		RIGGED(test_both_kinds, xdp), RIGGED(test_both_kinds, tc),
		RIGGED(test_expired, xdp),    RIGGED(test_expired, tc),
		RIGGED(test_bypass, xdp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
