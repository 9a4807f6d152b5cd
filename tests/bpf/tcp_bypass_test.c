// SPDX-License-Identifier: GPL-2.0-only
/* What the bypass engine's program makes of SYNs: each port's own frame, with
 * an ISN that its slot has too, and a checksum that holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include "bypass_rig.h"
#include "tcp_rig.h"

#define ISN 0xfffffff8U /* it wraps on the way */
#define FLOWS 3

static struct tcp_segment describe(int session, int tags, int flow,
				   uint32_t isn)
{
	struct tcp_segment s = tcp_syn(session);

	s.tags = tags;
	s.near_port += flow;
	s.part = 0x4000;
	s.seq = isn;
	return s;
}

/* ISN and checksum are the program's to write. */
static void hand_over(struct sender *e, int session, int tags, int flow)
{
	struct bypass_frame frame = { .slot_mask = ORDERS - 1 };
	struct tcp_segment s = describe(session, tags, flow, 0);
	struct frame f;
	size_t at = tcp_build(&f, &s), addresses = session ? 32 : 8;
	uint16_t word = htons(6 + 40);

	memset(f.octets + at + 16, 0, 2);
	memcpy(frame.head, f.octets, f.length);
	for (size_t i = at - addresses; i < at + 40; i += 2) {
		frame.sum += word;
		memcpy(&word, f.octets + i, 2);
	}
	frame.sum += word;
	assert_int_equal(bypass_set_frame(e->bypass, flow, &frame), 0);
}

static void open_sender(struct sender *e, int session, int tags)
{
	struct tcp_segment s = describe(session, tags, 0, 0);
	struct bypass_shape shape = {
		.ifindex = sender_ifindex(),
		.slots_fd = -1,
		.flows = FLOWS,
		.orders = ORDERS,
		.batch = 1,
		.is_syn = true,
		.isn = ISN,
		.cpu = -1,
	};
	struct frame f;
	char why[WHY_SIZE];
	int err;

	sender_open(e, NULL);
	bypass_close(e->bypass);
	shape.udp_at = tcp_build(&f, &s);
	shape.length = f.length;
	e->bypass = bypass_open(&shape, why, &err);
	assert_non_null(e->bypass);
	e->slots = bypass_slots(e->bypass);
	assert_non_null(e->slots);
	for (int flow = 0; flow < FLOWS; flow++)
		hand_over(e, session, tags, flow);
}

static void check_frame(const struct caught_frame *got, int session, int tags,
			uint32_t seq)
{
	struct tcp_segment s = describe(session, tags, seq % FLOWS, ISN + seq);
	struct frame expected;

	tcp_build(&expected, &s);
	assert_int_equal(got->length, expected.length);
	assert_memory_equal(got->octets, expected.octets, expected.length);
}

static void check_syns(int session, int tags)
{
	struct caught_frame got;
	struct sender e;
	int64_t at;

	open_sender(&e, session, tags);
	sender_start(&e);
	memset(e.slots, 0, sizeof(*e.slots) * ORDERS);
	at = mono_now().ns + LEAD_NS;
	for (uint32_t seq = 0; seq < ORDERS; seq++, at += STEP_NS) {
		struct bypass_order order = { at, seq, seq % FLOWS };

		e.slots[seq].seq = seq;
		bypass_order(e.bypass, &order);
	}
	bypass_publish(e.bypass);
	sender_await(&e, ORDERS, ORDERS);
	for (uint32_t seq = 0; seq < ORDERS; seq++) {
		const struct slot *slot = &e.slots[seq];

		catcher_read(seq, &got);
		check_frame(&got, session, tags, seq);
		assert_int_equal(slot->state, SLOT_ARMED);
		assert_true(slot->nonce == SYN_NONCE(ISN + seq));
		assert_true(slot->drv_tx < got.at);
		assert_true(slot->tx_done > slot->drv_tx);
	}
	bypass_close(e.bypass);
}

static void test_syns_are_whole(void **state)
{
	(void)state;
	for (int session = 0; session < TCP_SESSIONS; session++)
		for (int tags = 0; tags < 2; tags++)
			check_syns(session, tags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syns_are_whole),
	};

	return cmocka_run_group_tests(tests, sender_set_up, sender_tear_down);
}
