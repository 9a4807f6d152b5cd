// SPDX-License-Identifier: GPL-2.0-only
/* What the bypass engine's program puts on the wire, octet by octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "bypass_rig.h"
#include "model/stamptime.h"

/* A busy host may be late for some of them. */
#define TRIES 50

/* ---- frames ------------------------------------------------------------- */

static void check_frames(const struct kind *kind)
{
	const int n = 3 * ORDERS; /* the ring wraps */
	int64_t tai, due[3 * ORDERS];
	struct caught_frame got;
	struct sender e;
	remote_t sent;

	sender_open(&e, kind);
	sender_start(&e);
	tai = sender_state(&e).tai_offset_ns;
	for (int from = 0; from < n; from += ORDERS) {
		int64_t at = mono_now().ns + LEAD_NS;

		memset(e.slots, 0, sizeof(*e.slots) * ORDERS);
		for (int i = from; i < from + ORDERS; i++, at += STEP_NS)
			sender_order(&e, i, due[i] = at);
		for (int i = from; i < from + ORDERS; i++)
			e.slots[i % ORDERS].seq = i;
		assert_int_equal(bypass_room(e.bypass), 0);
		bypass_publish(e.bypass);
		sender_await(&e, from + ORDERS, from + ORDERS);
		for (int i = from; i < from + ORDERS; i++) {
			const struct slot *slot = &e.slots[i % ORDERS];

			catcher_read(i, &got);
			/* The deadline, or when it was late, the time. */
			assert_true(stamptime_read(slot->nonce, true, &sent));
			assert_true(sent.ns >= due[i] + tai);
			assert_true(sent.ns <= (int64_t)slot->drv_tx + tai);
			catcher_expect(&e, i, sent.ns, &got);
			assert_int_equal(slot->state, SLOT_ARMED);
			assert_memory_equal(&slot->nonce,
					    got.octets + e.udp + 12, 8);
			assert_true(slot->drv_tx >= (uint64_t)due[i]);
			assert_true(slot->drv_tx < got.at);
			assert_true(slot->tx_done > slot->drv_tx);
		}
	}
	bypass_close(e.bypass);
}

static void test_frames_are_whole(void **state)
{
	static const struct kind kinds[] = {
		{ 4, 0, 44, false, 1 },	 { 4, 1, 44, false, 1 },
		{ 6, 0, 44, false, 1 },	 { 6, 1, 44, false, 1 },
		{ 4, 0, 48, false, 1 },	 { 4, 1, 48, false, 1 },
		{ 6, 0, 48, false, 1 },	 { 6, 1, 48, false, 1 },
		{ 4, 0, 61, false, 1 },	 { 4, 1, 61, false, 1 },
		{ 6, 1, 400, false, 1 }, { 4, 0, 400, false, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		print_message("# IPv%d, %d tags, %zu octets\n",
			      kinds[i].version, kinds[i].tags,
			      kinds[i].payload);
		check_frames(&kinds[i]);
	}
}

/* A probe whose checksum comes out as 0 if it goes in time, so that its
 * timestamp is its deadline; its number, or 0 if it was late. */
static uint32_t send_sum_of_zero(struct sender *e, int n, uint64_t *at)
{
	int64_t tai = sender_state(e).tai_offset_ns;
	uint64_t sum;
	uint32_t seq;

	*at = mono_now().ns + LEAD_NS + tai;
	sum = sender_sum(e) + *at / NSEC_PER_SEC + *at % NSEC_PER_SEC;
	seq = 0xffff - sum_fold(sum);
	memset(e->slots, 0, sizeof(*e->slots) * ORDERS);
	sender_order(e, seq, *at - tai);
	bypass_publish(e->bypass);
	sender_await(e, n + 1, n + 1);
	return e->slots[seq % ORDERS].nonce == stamptime_write(*at) ? seq : 0;
}

/* RFC 768: a checksum that comes out as 0 is sent as all ones. */
static void test_no_checksum_is_zero(void **state)
{
	struct kind kind = { 4, 0, FRAME_STAMP, false, 1 };
	struct caught_frame got;
	struct sender e;
	uint32_t seq;
	uint64_t at;

	(void)state;
	for (kind.version = 4; kind.version <= 6; kind.version += 2) {
		int n = 0;

		sender_open(&e, &kind);
		sender_start(&e);
		while (!(seq = send_sum_of_zero(&e, n, &at)))
			assert_true(++n < TRIES);
		catcher_read(n, &got);
		catcher_expect(&e, seq, at, &got);
		assert_int_equal(frame_get32(got.octets + e.udp + 4) & 0xffff,
				 0xffff);
		bypass_close(e.bypass);
	}
}

/* At once, batches of it too; nobody then looks when a frame has gone. */
static void test_flood(void **state)
{
	struct kind kind = { 4, 0, FRAME_STAMP, true, 8 };
	struct caught_frame got;
	struct sender e;
	int64_t before, after, offset;

	(void)state;
	sender_open(&e, &kind);
	sender_start(&e);
	offset = sender_state(&e).tai_offset_ns;
	/* Near what it is now: the kernel rounds it anew all the time. */
	assert_in_range(offset - tai_offset_ns() + NSEC_PER_MSEC, 0,
			2 * NSEC_PER_MSEC);
	before = mono_now().ns;
	for (int i = 0; i < ORDERS; i++)
		sender_order(&e, i, 0);
	bypass_publish(e.bypass);
	sender_await(&e, ORDERS, ORDERS);
	after = mono_now().ns;
	for (int i = 0; i < ORDERS; i++) {
		const uint8_t *stamp = got.octets + e.udp + 8;
		uint64_t tai;

		catcher_read(i, &got);
		tai = frame_get32(stamp + 4) * (uint64_t)NSEC_PER_SEC +
		      frame_get32(stamp + 8);
		catcher_expect(&e, i, tai, &got);
		assert_in_range(tai - offset, before, after);
		assert_true(e.slots[i].drv_tx >= tai - offset);
		assert_int_equal(e.slots[i].tx_done, 0);
	}
	bypass_close(e.bypass);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_are_whole),
		cmocka_unit_test(test_no_checksum_is_zero),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, sender_set_up, sender_tear_down);
}
