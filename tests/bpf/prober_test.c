// SPDX-License-Identifier: GPL-2.0-only
/* A probe's life: what each hook writes into its slot, and what leaves. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include "rig.h"

#define AT(member) offsetof(struct slot, member)

static int last_cpu;

static uint64_t stamp_at(const struct slot *slot, size_t at)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)slot + at, sizeof(value));
	return value;
}

/* The stamp at `at` must be of [from, now]; all else as `want` has it. */
static void check_slot(const struct slot *slot, const struct slot *want,
		       size_t at, uint64_t from)
{
	struct slot expected = *want;

	assert_in_range(stamp_at(slot, at), from, rig_now());
	memcpy((uint8_t *)&expected + at, (const uint8_t *)slot + at, 8);
	assert_memory_equal(slot, &expected, sizeof(expected));
}

/* Twice the same packet, of which the second must change nothing. */
static void check_request(struct rig *r, struct slot *slot,
			  const struct probe_spec *s)
{
	struct slot want = *slot;
	uint64_t from = rig_now();

	want.tx_cpu = 0;
	rig_move(0);
	rig_watch(r);
	rig_pass(r, RIG_EGRESS, s);
	check_slot(slot, &want, AT(tc_tx), from);
	rig_unchanged(r, slot);
	rig_watch(r);
	rig_move(last_cpu);
	rig_pass(r, RIG_EGRESS, s);
	rig_unchanged(r, NULL);
}

static void want_answer(struct slot *want, const struct probe_spec *s)
{
	want->rx_cpu = last_cpu;
	want->ttl = s->ttl;
	if (s->protocol != IPPROTO_UDP)
		return;
	want->remote_rx = s->received;
	want->remote_tx = s->sent;
	want->reflector_seq = s->reflector_seq;
	want->remote_error = s->error;
	want->remote_ttl = s->sender_ttl;
}

static void check_first(struct rig *r, struct slot *slot,
			const struct probe_spec *s)
{
	struct slot want = *slot;
	uint64_t from = rig_now();

	want_answer(&want, s);
	rig_move(last_cpu);
	rig_watch(r);
	rig_pass(r, rig_first(r), s);
	check_slot(slot, &want, r->setup.rx_at_tc ? AT(tc_rx) : AT(xdp_rx),
		   from);
	rig_unchanged(r, slot);
}

static void check_ingress(struct rig *r, struct slot *slot,
			  const struct probe_spec *s)
{
	struct slot want = *slot;
	uint64_t from = rig_now();

	rig_watch(r);
	rig_pass(r, RIG_INGRESS, s);
	check_slot(slot, &want, AT(tc_rx), from);
	rig_unchanged(r, slot);
	rig_watch(r);
	rig_pass(r, RIG_INGRESS, s);
	rig_unchanged(r, NULL);
}

/* The last hook: the record is the slot. */
static void check_last(struct rig *r, struct slot *slot,
		       const struct probe_spec *s)
{
	enum rig_hook hook = rig_socket(slot->session);
	struct slot want = *slot;
	uint64_t from = rig_now();

	assert_int_equal(rig_records(r), 0);
	want.state = SLOT_DONE;
	rig_watch(r);
	rig_pass(r, hook, s);
	check_slot(slot, &want, AT(sock_rx), from);
	rig_unchanged(r, slot);
	assert_int_equal(rig_records(r), 1);
	assert_memory_equal(&r->records[0], slot, sizeof(*slot));
	rig_watch(r);
	rig_pass(r, hook, s);
	rig_unchanged(r, NULL);
	assert_int_equal(rig_records(r), 0);
}

static void check_life(struct rig *r, int session, uint32_t seq,
		       const struct probe_spec *shape)
{
	struct probe_spec request = rig_request(r, session, seq);
	struct probe_spec reply = rig_reply(r, session, seq);
	struct slot *slot = rig_arm(r, session, seq, SLOT_SOCKET);

	request.tags = reply.tags = shape->tags;
	request.payload = reply.payload = shape->payload;
	check_request(r, slot, &request);
	check_first(r, slot, &reply);
	if (!r->setup.rx_at_tc)
		check_ingress(r, slot, &reply);
	check_last(r, slot, &reply);
	assert_int_equal(slot->duplicate_forward + slot->duplicate_return, 0);
	assert_int_equal(rig_counted(r, COUNT_STALE), 0);
	assert_int_equal(rig_counted(r, COUNT_RING_FULL), 0);
}

static void test_life(void **state)
{
	static const size_t payloads[] = { 44, 45, 61, 503, 504, 512 };
	struct probe_spec shape;
	struct rig *r = *state;
	uint32_t seq = 100;
	int session;
	size_t i;

	for (session = 0; session < RIG_SESSIONS; session++)
		for (i = 0; i < 2 * sizeof(payloads) / sizeof(*payloads); i++) {
			shape.tags = !r->setup.no_link && i & 1;
			shape.payload = payloads[i / 2];
			check_life(r, session, seq++, &shape);
		}
	check_life(r, 0, 0, &shape);
	check_life(r, 1, 0xfffffeff, &shape); /* the last one measured */
}

/* The same slot serves seq and seq + slots, and only the one it is armed for;
 * in between nothing is stamped. */
static void test_wrap(void **state)
{
	struct probe_spec shape = { .payload = 44 }, old;
	struct rig *r = *state;
	uint32_t seq;

	for (seq = 3; seq < 3 + 4 * RIG_SLOTS; seq += RIG_SLOTS) {
		check_life(r, 0, seq, &shape);
		rig_arm(r, 0, seq + RIG_SLOTS, SLOT_SOCKET);
		rig_watch(r);
		old = rig_request(r, 0, seq);
		rig_pass(r, RIG_EGRESS, &old);
		old = rig_reply(r, 0, seq);
		rig_pass(r, rig_first(r), &old);
		assert_int_equal(rig_counted(r, COUNT_STALE), 1);
		rig_pass(r, RIG_INGRESS, &old);
		assert_int_equal(rig_counted(r, COUNT_STALE),
				 r->setup.rx_at_tc);
		rig_pass(r, RIG_UDP, &old);
		rig_unchanged(r, NULL);
		assert_int_equal(rig_records(r), 0);
	}
}

/* Every session's probes in flight at once, hook after hook. */
static void test_interleaved(void **state)
{
	static const enum rig_hook hooks[] = { RIG_EGRESS, RIG_XDP, RIG_INGRESS,
					       RIG_HOOKS };
	struct rig *r = *state;
	struct probe_spec s;
	enum rig_hook hook;
	uint32_t k, h;
	int session;

	for (k = 0; k < RIG_ALL; k++)
		rig_arm(r, k % RIG_SESSIONS, 40 + k / RIG_SESSIONS,
			SLOT_SOCKET);
	for (h = 0; h < 4; h++)
		for (k = 0; k < RIG_ALL; k++) {
			session = k * 5 % RIG_SESSIONS;
			hook = h == 3 ? rig_socket(session) : hooks[h];
			if (r->fd[hook] < 0)
				continue;
			s = h ? rig_reply(r, session, 40 + k / RIG_SESSIONS)
			      : rig_request(r, session, 40 + k / RIG_SESSIONS);
			rig_watch(r);
			rig_pass(r, hook, &s);
			rig_unchanged(r, rig_slot(r, session, s.seq));
			assert_int_equal(rig_records(r), h == 3);
		}
	for (k = 0; k < RIG_ALL; k++)
		assert_int_equal(r->slots[k].state, SLOT_DONE);
	assert_int_equal(rig_counted(r, COUNT_STALE), 0);
}

static void test_bypass(void **state)
{
	struct rig *r = *state;
	struct probe_spec reply;
	struct slot *slot, want;
	uint64_t from;
	int session;

	for (session = 0; session < RIG_SESSIONS; session++) {
		slot = rig_arm(r, session, 900, SLOT_BYPASS);
		slot->drv_tx = 4711;
		reply = rig_reply(r, session, 900);
		want = *slot;
		want_answer(&want, &reply);
		want.state = SLOT_DONE;
		from = rig_now();
		rig_move(last_cpu);
		rig_watch(r);
		rig_send(r, RIG_XDP, &reply, XDP_DROP);
		check_slot(slot, &want, AT(xdp_rx), from);
		rig_unchanged(r, slot);
		assert_int_equal(rig_records(r), 1);
		assert_memory_equal(&r->records[0], slot, sizeof(*slot));
		rig_send(r, RIG_XDP, &reply, XDP_DROP); /* a duplicate too */
		assert_int_equal(slot->duplicate_return, 1);
		assert_int_equal(rig_records(r), 0);
	}
}

/* A socket's hooks in one go, up to and without its last. */
static struct slot *run_to_last(struct rig *r, uint32_t seq)
{
	struct slot *slot = rig_arm(r, 0, seq, SLOT_SOCKET);
	struct probe_spec s = rig_reply(r, 0, seq);

	rig_pass(r, rig_first(r), &s);
	return slot;
}

static void test_ring_full(void **state)
{
	struct probe_spec shape = { .payload = 44 }, s;
	struct rig *r = *state;
	struct slot *slot;
	int fit = 0, lost = 0;

	for (uint32_t seq = 0; lost < 20; seq++) {
		slot = run_to_last(r, seq);
		s = rig_reply(r, 0, seq);
		rig_pass(r, RIG_UDP, &s);
		assert_int_equal(slot->state, SLOT_DONE);
		assert_true(slot->sock_rx);
		if (!rig_counted(r, COUNT_RING_FULL)) {
			assert_int_equal(slot->flags, 0);
			assert_int_equal(lost, 0);
			fit++;
			continue;
		}
		assert_int_equal(slot->flags, SLOT_UNRECORDED);
		lost++;
	}
	assert_in_range(fit, 4096 / 136 - 1, 4096 / 136);
	assert_int_equal(rig_records(r), fit);
	check_life(r, 0, 5000, &shape); /* there is room again */
}

/* A hook that runs before the ones that must come first writes nothing. */
static void test_out_of_order(void **state)
{
	struct rig *r = *state;
	struct probe_spec s;
	int session;

	for (session = 0; session < RIG_SESSIONS; session++) {
		rig_arm(r, session, 60, SLOT_SOCKET);
		rig_watch(r);
		s = rig_reply(r, session, 60);
		rig_pass(r, rig_socket(session), &s);
		if (!r->setup.rx_at_tc)
			rig_pass(r, RIG_INGRESS, &s);
		rig_unchanged(r, NULL);
		assert_int_equal(rig_records(r), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_life, xdp),		RIGGED(test_life, tc),
		RIGGED(test_life, tun),		RIGGED(test_life, tun_tc),
		RIGGED(test_wrap, xdp),		RIGGED(test_wrap, tc),
		RIGGED(test_interleaved, xdp),	RIGGED(test_interleaved, tc),
		RIGGED(test_bypass, xdp),	RIGGED(test_bypass, tun),
		RIGGED(test_ring_full, xdp),	RIGGED(test_ring_full, tc),
		RIGGED(test_out_of_order, xdp), RIGGED(test_out_of_order, tc),
	};

	last_cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
