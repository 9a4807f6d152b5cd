// SPDX-License-Identifier: GPL-2.0-only
/* Probes over TCP at the hooks: whose SYN leaves, which reply is whose, what
 * becomes of it, and that nobody else's segments are touched. */
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tcp_rig.h"

#define NEXT 0xffffffffU /* TCX_NEXT, as test-run hands it out */
#define DROP 2
#define SEQ 70

static int open_xdp(void **state)
{
	static struct tcp_rig r;

	tcp_rig_open(&r, 0, 0);
	*state = &r;
	return 0;
}

static int open_tc(void **state)
{
	static struct tcp_rig r;

	tcp_rig_open(&r, 1, 0);
	*state = &r;
	return 0;
}

static int open_vlan(void **state)
{
	static struct tcp_rig r;

	tcp_rig_open(&r, 0, 1);
	*state = &r;
	return 0;
}

static int close_rig(void **state)
{
	tcp_rig_close(*state);
	return 0;
}

static uint32_t length_of(const struct tcp_segment *s)
{
	return 20 + s->options;
}

/* ---- out --------------------------------------------------------------- */

static void first_syn_alone_leaves(void **state)
{
	struct tcp_rig *r = *state;

	for (int session = 0; session < TCP_SESSIONS; session++) {
		struct tcp_segment s = tcp_syn(session);
		struct slot *slot = tcp_arm(r, session, SEQ, SLOT_SOCKET);

		tcp_watch(r);
		tcp_send(r, TCP_EGRESS, &s, NEXT);
		assert_true(slot->nonce == SYN_NONCE(TCP_ISN));
		assert_true(slot->tc_tx > 0);
		tcp_unchanged(r, slot);
		/* Once more, as the kernel would; then of another ISN. */
		tcp_watch(r);
		tcp_send(r, TCP_EGRESS, &s, DROP);
		s.seq++;
		tcp_send(r, TCP_EGRESS, &s, DROP);
		slot->state = SLOT_EXPIRED;
		tcp_watch(r);
		tcp_send(r, TCP_EGRESS, &s, DROP);
		tcp_unchanged(r, NULL);
	}
}

/* Whatever its port has to say but a SYN, and SYNs to others. */
static void all_else_leaves(void **state)
{
	struct tcp_rig *r = *state;

	for (int session = 0; session < TCP_SESSIONS; session++) {
		struct tcp_segment s = tcp_syn(session);

		tcp_arm(r, session, SEQ, SLOT_SOCKET);
		tcp_watch(r);
		for (int flags = 0; flags < 256; flags++) {
			if ((flags & 0x17) == 0x02)
				continue;
			s.flags = flags;
			tcp_send(r, TCP_EGRESS, &s, NEXT);
		}
		s = tcp_syn(session);
		s.far_port++;
		tcp_send(r, TCP_EGRESS, &s, NEXT);
		s = tcp_syn(session);
		s.far++;
		tcp_send(r, TCP_EGRESS, &s, NEXT);
		s = tcp_syn(session);
		s.near_port = 40999;
		tcp_send(r, TCP_EGRESS, &s, NEXT);
		tcp_unchanged(r, NULL);
	}
}

/* ---- in: the socket engine --------------------------------------------- */

static void reply_is_stamped(struct tcp_rig *r, int session, uint8_t flags)
{
	struct tcp_segment syn = tcp_syn(session), s = tcp_syn_ack(session);
	struct slot *slot = tcp_arm(r, session, SEQ, SLOT_SOCKET);

	s.flags = flags;
	tcp_send(r, TCP_EGRESS, &syn, NEXT);
	tcp_watch(r);
	if (!r->rx_at_tc) {
		tcp_send(r, TCP_XDP, &s, XDP_PASS);
		assert_true(slot->xdp_rx >= slot->tc_tx);
		assert_int_equal(slot->tc_rx, 0);
	}
	tcp_send(r, TCP_INGRESS, &s, NEXT);
	assert_true(slot->tc_rx >= slot->xdp_rx);
	assert_int_equal(tcp_records(r), 0);
	tcp_send(r, TCP_SOCKET, &s, length_of(&s));
	assert_int_equal(slot->state, SLOT_DONE);
	tcp_unchanged(r, slot);
	assert_int_equal(tcp_records(r), 1);
	assert_true(r->record.sock_rx >= r->record.tc_rx);
	assert_int_equal(r->record.ttl, 57);
	assert_int_equal(r->record.reply,
			 flags & 4 ? SYN_REPLY_RST : SYN_REPLY_SYN_ACK);
	assert_int_equal(r->record.remote_rx, 0);
}

static void replies_are_stamped(void **state)
{
	struct tcp_rig *r = *state;

	for (int session = 0; session < TCP_SESSIONS; session++) {
		reply_is_stamped(r, session, 0x12);
		reply_is_stamped(r, session, 0x14);
		reply_is_stamped(r, session, 0x52); /* ECN */
	}
}

/* A copy counts; the RST of a far host that lets go of it does not. */
static void duplicates_are_copies(void **state)
{
	struct tcp_rig *r = *state;
	enum tcp_hook first = r->rx_at_tc ? TCP_INGRESS : TCP_XDP;
	uint32_t pass = r->rx_at_tc ? NEXT : (uint32_t)XDP_PASS;
	struct tcp_segment s = tcp_syn_ack(0);
	struct slot *slot;

	reply_is_stamped(r, 0, 0x12);
	slot = &r->slots[SEQ % TCP_SLOTS];
	tcp_send(r, first, &s, pass);
	tcp_send(r, first, &s, pass);
	assert_int_equal(slot->duplicate_return, 2);
	s.flags = 0x14;
	tcp_send(r, first, &s, pass);
	assert_int_equal(slot->duplicate_return, 2);
	assert_int_equal(slot->reply, SYN_REPLY_SYN_ACK);
	assert_int_equal(tcp_stale(r), 0);
}

static void only_its_ack_is_a_reply(void **state)
{
	struct tcp_rig *r = *state;
	enum tcp_hook first = r->rx_at_tc ? TCP_INGRESS : TCP_XDP;
	uint32_t pass = r->rx_at_tc ? NEXT : (uint32_t)XDP_PASS;
	int n = 0;

	for (int session = 0; session < TCP_SESSIONS; session++) {
		struct tcp_segment syn = tcp_syn(session), s;

		tcp_arm(r, session, SEQ, SLOT_SOCKET);
		tcp_send(r, TCP_EGRESS, &syn, NEXT);
		tcp_watch(r);
		for (int bit = 0; bit < 32; bit++, n++) {
			s = tcp_syn_ack(session);
			s.ack ^= 1U << bit;
			tcp_send(r, first, &s, pass);
		}
		/* Of the session's other port, where no probe rides. */
		s = tcp_syn_ack(session);
		s.near_port++;
		tcp_send(r, first, &s, pass);
		n++;
		assert_int_equal(tcp_stale(r), n);
		tcp_unchanged(r, NULL);
	}
}

/* Strangers' segments, and ours that answer no SYN: untouched, uncounted. */
static void others_pass(void **state)
{
	struct tcp_rig *r = *state;
	enum tcp_hook first = r->rx_at_tc ? TCP_INGRESS : TCP_XDP;
	uint32_t pass = r->rx_at_tc ? NEXT : (uint32_t)XDP_PASS;

	for (int session = 0; session < TCP_SESSIONS; session++) {
		struct tcp_segment s;

		tcp_arm(r, session, SEQ, SLOT_BYPASS);
		tcp_watch(r);
		for (int flags = 0; flags < 256; flags++) {
			s = tcp_syn_ack(session);
			s.flags = flags;
			s.near_port = 40999;
			tcp_send(r, first, &s, pass);
			if (flags & 0x10 && flags & 0x06)
				continue;
			s.near_port = tcp_syn(session).near_port;
			tcp_send(r, first, &s, pass);
		}
		s = tcp_syn_ack(session);
		s.far++;
		tcp_send(r, first, &s, pass);
		s = tcp_syn_ack(session);
		s.far_port++;
		tcp_send(r, first, &s, pass);
		if (!session) {
			s = tcp_syn_ack(session);
			s.ip_options = 4;
			tcp_send(r, first, &s, pass);
			s = tcp_syn_ack(session);
			s.part = 0x2000;
			tcp_send(r, first, &s, pass);
		}
		tcp_unchanged(r, NULL);
		assert_int_equal(tcp_stale(r), 0);
	}
}

/* ---- in: the bypass engine --------------------------------------------- */

static void expect_reset(struct frame *f, const struct tcp_segment *reply)
{
	struct tcp_segment s = *reply;

	s.outbound = 1;
	s.part = 0x4000;
	s.options = 0;
	s.flags = 0x04;
	s.ttl = 64;
	s.seq = reply->ack;
	s.ack = 0;
	tcp_build(f, &s);
}

static void syn_ack_becomes_a_reset(void **state)
{
	struct tcp_rig *r = *state;
	struct frame in, out, expected;

	for (int session = 0; session < TCP_SESSIONS; session++)
		for (int tags = 0; tags < 2; tags++) {
			struct tcp_segment s = tcp_syn_ack(session);
			struct slot *slot =
				tcp_arm(r, session, SEQ, SLOT_BYPASS);
			size_t at, least;

			s.tags = tags;
			at = tcp_build(&in, &s);
			/* As a veth delivers it: not summed up. */
			frame_put16(in.octets + at + 16, 0x1234);
			tcp_run(r, TCP_XDP, &in, XDP_TX, &out);
			assert_int_equal(slot->state, SLOT_DONE);
			assert_true(slot->xdp_rx > 0);
			assert_int_equal(tcp_records(r), 1);
			expect_reset(&expected, &s);
			least = expected.length < 60 ? 60 : expected.length;
			assert_int_equal(out.length, least);
			assert_memory_equal(out.octets, expected.octets,
					    expected.length);
			/* Sent again, it is taken back again. */
			tcp_run(r, TCP_XDP, &in, XDP_TX, &out);
			assert_int_equal(slot->duplicate_return, 1);
			assert_int_equal(tcp_records(r), 0);
		}
}

/* From XDP a RST would leave without the tag that the NIC has taken off. */
static void untagged_is_left_to_the_stack(void **state)
{
	struct tcp_rig *r = *state;
	struct frame in, out;

	for (int session = 0; session < TCP_SESSIONS; session++) {
		struct tcp_segment s = tcp_syn_ack(session);
		struct slot *slot = tcp_arm(r, session, SEQ, SLOT_BYPASS);

		tcp_send(r, TCP_XDP, &s, XDP_PASS);
		assert_int_equal(slot->state, SLOT_DONE);
		assert_int_equal(tcp_records(r), 1);
		assert_int_equal(r->record.reply, SYN_REPLY_SYN_ACK);
		s.tags = 1;
		tcp_build(&in, &s);
		tcp_run(r, TCP_XDP, &in, XDP_TX, &out);
		s = tcp_syn_ack(session);
		s.flags = 0x14;
		tcp_arm(r, session, SEQ, SLOT_BYPASS);
		tcp_send(r, TCP_XDP, &s, XDP_DROP);
		assert_int_equal(tcp_records(r), 1);
	}
}

/* Nobody answers a RST. */
static void reset_is_dropped(void **state)
{
	struct tcp_rig *r = *state;
	enum tcp_hook first = r->rx_at_tc ? TCP_INGRESS : TCP_XDP;

	for (int session = 0; session < TCP_SESSIONS; session++) {
		struct tcp_segment s = tcp_syn_ack(session);

		tcp_arm(r, session, SEQ, SLOT_BYPASS);
		s.flags = 0x14;
		s.options = 0;
		tcp_send(r, first, &s, r->rx_at_tc ? DROP : XDP_DROP);
		assert_int_equal(tcp_records(r), 1);
		assert_int_equal(r->record.reply, SYN_REPLY_RST);
	}
}

/* At TC the stack resets what it knows nothing of. */
static void tc_leaves_the_reset_to_the_stack(void **state)
{
	struct tcp_rig *r = *state;
	struct tcp_segment s = tcp_syn_ack(0);

	tcp_arm(r, 0, SEQ, SLOT_BYPASS);
	tcp_send(r, TCP_INGRESS, &s, NEXT);
	assert_int_equal(tcp_records(r), 1);
	assert_true(r->record.tc_rx > 0);
	assert_int_equal(r->record.xdp_rx, 0);
}

static void cut_segments_pass(void **state)
{
	struct tcp_rig *r = *state;
	struct frame f;

	for (int session = 0; session < TCP_SESSIONS; session++) {
		struct tcp_segment s = tcp_syn_ack(session);
		size_t at = tcp_build(&f, &s);

		tcp_arm(r, session, SEQ, SLOT_BYPASS);
		tcp_watch(r);
		for (f.length = 14; f.length < at + 20; f.length++)
			tcp_run(r, TCP_XDP, &f, XDP_PASS, NULL);
		tcp_unchanged(r, NULL);
		f.length = at + 20;
		tcp_run(r, TCP_XDP, &f, XDP_TX, &f);
	}
}

#define RIGGED(test, open) \
	cmocka_unit_test_setup_teardown(test, open, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(first_syn_alone_leaves, open_xdp),
		RIGGED(all_else_leaves, open_xdp),
		RIGGED(replies_are_stamped, open_xdp),
		RIGGED(replies_are_stamped, open_tc),
		RIGGED(duplicates_are_copies, open_xdp),
		RIGGED(duplicates_are_copies, open_tc),
		RIGGED(only_its_ack_is_a_reply, open_xdp),
		RIGGED(only_its_ack_is_a_reply, open_tc),
		RIGGED(others_pass, open_xdp),
		RIGGED(others_pass, open_tc),
		RIGGED(syn_ack_becomes_a_reset, open_xdp),
		RIGGED(untagged_is_left_to_the_stack, open_vlan),
		RIGGED(reset_is_dropped, open_xdp),
		RIGGED(reset_is_dropped, open_tc),
		RIGGED(tc_leaves_the_reset_to_the_stack, open_tc),
		RIGGED(cut_segments_pass, open_xdp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
