// SPDX-License-Identifier: GPL-2.0-only
/* What must not be taken for a probe's packet: no stamp, and the same verdict
 * and octets as ever. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "rig.h"

#define SEQ 300
#define CONTROL 0xffffff00u

/* What every hook but the last has done by the time of the one under test. */
static struct slot *arm_for(struct rig *r, int session, enum rig_hook hook)
{
	struct slot *slot = rig_arm(r, session, SEQ, SLOT_SOCKET);

	if (hook == rig_first(r) || hook == RIG_EGRESS)
		return slot;
	slot->xdp_rx = r->setup.rx_at_tc ? 0 : 1000;
	slot->tc_rx = r->setup.rx_at_tc ? 1000 : 0;
	return slot;
}

/* The hooks that this session's packets come by. */
static int passes(const struct rig *r, int session, int hook)
{
	if (r->fd[hook] < 0)
		return 0;
	return !rig_is_socket(hook) || (int)rig_socket(session) == hook;
}

static struct probe_spec good(const struct rig *r, int session, int hook)
{
	return hook == RIG_EGRESS ? rig_request(r, session, SEQ)
				  : rig_reply(r, session, SEQ);
}

/* Only if the unspoilt packet is stamped do the others mean anything. */
static void check_good(struct rig *r, int session, int hook)
{
	struct slot *slot = arm_for(r, session, hook);
	struct probe_spec s = good(r, session, hook);

	rig_watch(r);
	rig_pass(r, hook, &s);
	assert_memory_not_equal(slot, rig_before(r, slot), sizeof(*slot));
	rig_unchanged(r, slot);
	rig_records(r);
	assert_int_equal(rig_counted(r, COUNT_STALE), 0);
}

static void check_spoilt(struct rig *r, int session, int hook,
			 const struct frame *f, int is_stale)
{
	int is_echo = rig_socket(session) != RIG_UDP;

	arm_for(r, session, hook);
	rig_watch(r);
	if (rig_is_socket(hook) && is_echo && is_stale < 0)
		rig_send_frame(r, hook, f, 0);
	else
		rig_send_frame(r, hook, f, rig_pass_verdict(hook, f));
	rig_unchanged(r, NULL);
	assert_int_equal(rig_counted(r, COUNT_STALE),
			 hook == (int)rig_first(r) && is_stale > 0);
	assert_int_equal(rig_records(r), 0);
}

/* 1: spoilt, and a stale reply; -1: spoilt, and none of ours; 0: it does not
 * apply to this kind of packet. */
typedef int (*spoil_fn)(struct probe_spec *s, int how, int is_socket);

static int spoil_address(struct probe_spec *s, int how, int is_socket)
{
	s->far += how + 1;
	return is_socket ? 0 : -1;
}

static int spoil_far_port(struct probe_spec *s, int how, int is_socket)
{
	s->far_port += how ? 256 : 1;
	return is_socket || s->protocol != IPPROTO_UDP ? 0 : -1;
}

static int spoil_near_port(struct probe_spec *s, int how, int is_socket)
{
	(void)is_socket;
	s->near_port = how ? RIG_PORT_NONE : s->near_port ^ 0x100;
	return -1;
}

/* The port of a session to the other host: the nonce alone tells a socket. */
static int spoil_session(struct probe_spec *s, int how, int is_socket)
{
	s->near_port = how ? 65535 : RIG_PORT + 5;
	return is_socket || s->far != RIG_FAR ? 0 : -1;
}

static int spoil_protocol(struct probe_spec *s, int how, int is_socket)
{
	static const int others[] = { IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6,
				      IPPROTO_TCP, IPPROTO_UDPLITE };

	if (is_socket || s->protocol == others[how])
		return 0;
	s->protocol = others[how];
	return -1;
}

static int spoil_version(struct probe_spec *s, int how, int is_socket)
{
	(void)how;
	s->version = 10 - s->version;
	return is_socket ? 0 : -1;
}

static int spoil_seq(struct probe_spec *s, int how, int is_socket)
{
	(void)is_socket;
	s->seq ^= 1u << how;
	return 1;
}

static int spoil_nonce(struct probe_spec *s, int how, int is_socket)
{
	(void)is_socket;
	s->nonce ^= 1ULL << how;
	return 1;
}

static int spoil_echo_type(struct probe_spec *s, int how, int is_socket)
{
	static const uint8_t types[2][2] = { { 0, 8 }, { 129, 128 } };

	(void)is_socket;
	s->icmp_type = how;
	return s->protocol == IPPROTO_UDP ||
			       types[s->version == 6][s->outbound] == how
		       ? 0
		       : -1;
}

static int spoil_part(struct probe_spec *s, int how, int is_socket)
{
	s->part = 1 << how; /* 13: the bit for "more" */
	return is_socket ? 0 : -1;
}

static int spoil_options(struct probe_spec *s, int how, int is_socket)
{
	s->options = 4 + 4 * how;
	return is_socket || s->version == 6 ? 0 : -1;
}

static int spoil_tags(struct probe_spec *s, int how, int is_socket)
{
	s->tags = 2 + how;
	return is_socket || s->no_link ? 0 : -1;
}

struct spoiler {
	const char *what;
	spoil_fn spoil;
	int ways;
};

static const struct spoiler spoilers[] = {
	{ "address", spoil_address, 4 },
	{ "far port", spoil_far_port, 2 },
	{ "near port", spoil_near_port, 2 },
	{ "port of another session", spoil_session, 2 },
	{ "protocol", spoil_protocol, 5 },
	{ "version", spoil_version, 1 },
	{ "sequence number", spoil_seq, 20 },
	{ "nonce", spoil_nonce, 64 },
	{ "ICMP type", spoil_echo_type, 256 },
	{ "fragment", spoil_part, 14 },
	{ "IPv4 options", spoil_options, 10 },
	{ "two tags and more", spoil_tags, 3 },
};

static void check_spoiler(struct rig *r, const struct spoiler *spoiler,
			  int session, int hook)
{
	struct probe_spec s;
	struct frame f;
	int is_stale;

	for (int how = 0; how < spoiler->ways; how++) {
		s = good(r, session, hook);
		is_stale = spoiler->spoil(&s, how, rig_is_socket(hook));
		if (!is_stale)
			continue;
		rig_frame(&f, hook, &s);
		check_spoilt(r, session, hook, &f, is_stale);
	}
	check_good(r, session, hook);
}

static void test_spoilt(void **state)
{
	struct rig *r = *state;
	int session, hook;
	size_t i;

	for (i = 0; i < sizeof(spoilers) / sizeof(*spoilers); i++) {
		print_message("# %s\n", spoilers[i].what);
		for (session = 0; session < RIG_SESSIONS; session++)
			for (hook = 0; hook < RIG_HOOKS; hook++)
				if (passes(r, session, hook))
					check_spoiler(r, &spoilers[i], session,
						      hook);
	}
}

/* Every octet of the far address counts. */
static void test_far_octets(void **state)
{
	struct rig *r = *state;
	struct probe_spec s;
	struct frame f;
	int session, hook, length;
	size_t at;

	for (session = 0; session < RIG_SESSIONS; session++)
		for (hook = 0; hook <= RIG_INGRESS; hook++) {
			if (!passes(r, session, hook))
				continue;
			s = good(r, session, hook);
			length = s.version == 4 ? 4 : 16;
			at = probe_frame_layout(&s).ip +
			     (s.version == 4 ? 12 : 8) +
			     (s.outbound ? length : 0);
			for (int i = 0; i < length; i++) {
				probe_frame_build(&f, &s);
				f.octets[at + i] ^= 1 << i % 8;
				check_spoilt(r, session, hook, &f, -1);
			}
		}
}

/* Options whose octets are a whole packet of ours. */
static void test_options_like_ours(void **state)
{
	struct rig *r = *state;
	struct probe_spec s;
	struct frame f;
	int session, hook, words;

	for (session = 0; session < RIG_KINDS; session += 2)
		for (hook = 0; hook <= RIG_INGRESS; hook++)
			for (words = 0; words < 16; words++) {
				s = good(r, session, hook);
				probe_frame_build(&f, &s);
				f.octets[probe_frame_layout(&s).ip] =
					0x40 | words;
				if (words != 5 && passes(r, session, hook))
					check_spoilt(r, session, hook, &f, -1);
			}
}

/* The kernel itself refuses to run TC on what is shorter than an IP header. */
static void run_short(struct rig *r, int hook, const struct frame *f, int whole)
{
	uint32_t verdict = rig_pass_verdict(hook, f);
	struct rig_ran ran;
	int err = rig_run(r, hook, f, &ran);

	if (err) {
		assert_int_equal(err, -EINVAL);
		assert_true(hook != RIG_XDP && f->length < 14 + 40);
		return;
	}
	if (rig_is_socket(hook) && hook != RIG_UDP && !whole)
		verdict = 0;
	assert_int_equal(ran.verdict, verdict);
	assert_int_equal(ran.out.length, f->length);
	assert_memory_equal(ran.out.octets, f->octets, f->length);
}

static void check_truncated(struct rig *r, int session, int hook, int tags)
{
	struct slot *slot = arm_for(r, session, hook);
	struct probe_spec s = good(r, session, hook);
	struct frame f;
	size_t whole;

	s.tags = tags;
	rig_frame(&f, hook, &s);
	whole = f.length;
	rig_watch(r);
	for (f.length = 14; f.length < whole; f.length++) {
		run_short(r, hook, &f, 0);
		rig_unchanged(r, NULL);
	}
	run_short(r, hook, &f, 1);
	assert_memory_not_equal(slot, rig_before(r, slot), sizeof(*slot));
	assert_int_equal(rig_counted(r, COUNT_STALE), 0);
	assert_int_equal(rig_records(r), rig_is_socket(hook));
}

static void test_truncated(void **state)
{
	struct rig *r = *state;
	int session, hook, tags;

	for (session = 0; session < RIG_KINDS; session++)
		for (hook = 0; hook < RIG_HOOKS; hook++)
			for (tags = 0; tags <= !r->setup.no_link; tags++)
				if (passes(r, session, hook))
					check_truncated(r, session, hook, tags);
}

/* A packet that asks, not measures, even if a slot were there for it. */
static void test_control(void **state)
{
	static const uint32_t seqs[] = { CONTROL, CONTROL + 7, 0xffffffff };
	struct rig *r = *state;
	struct probe_spec s;
	struct slot *slot;
	int session, hook;
	size_t i;

	for (i = 0; i < sizeof(seqs) / sizeof(*seqs); i++)
		for (session = 0; session < RIG_KINDS; session++)
			for (hook = 0; hook < RIG_HOOKS; hook++) {
				if (!passes(r, session, hook))
					continue;
				slot = rig_arm(r, session, seqs[i],
					       SLOT_SOCKET);
				if (rig_is_socket(hook))
					slot->xdp_rx = slot->tc_rx = 1000;
				s = good(r, session, hook);
				s.seq = seqs[i];
				s.nonce = slot->nonce;
				rig_watch(r);
				rig_pass(r, hook, &s);
				rig_unchanged(r, NULL);
			}
	assert_int_equal(rig_counted(r, COUNT_STALE), 0);
	assert_int_equal(rig_records(r), 0);
}

/* A slot that nobody waits on: a late reply is counted, never stamped. */
static void test_states(void **state)
{
	static const enum slot_state states[] = { SLOT_FREE, SLOT_EXPIRED,
						  SLOT_DONE };
	struct rig *r = *state;
	struct probe_spec s;
	int session, hook;
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(*states); i++)
		for (session = 0; session < RIG_SESSIONS; session++)
			for (hook = 0; hook < RIG_HOOKS; hook++) {
				if (!passes(r, session, hook) ||
				    (states[i] == SLOT_DONE &&
				     hook == (int)rig_first(r)))
					continue;
				arm_for(r, session, hook)->state = states[i];
				s = good(r, session, hook);
				rig_watch(r);
				rig_pass(r, hook, &s);
				rig_unchanged(r, NULL);
				assert_int_equal(rig_counted(r, COUNT_STALE),
						 hook == (int)rig_first(r));
				assert_int_equal(rig_records(r), 0);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_spoilt, xdp),
		RIGGED(test_spoilt, tc),
		RIGGED(test_spoilt, tun),
		RIGGED(test_far_octets, xdp),
		RIGGED(test_far_octets, tc),
		RIGGED(test_options_like_ours, xdp),
		RIGGED(test_options_like_ours, tc),
		RIGGED(test_options_like_ours, tun),
		RIGGED(test_truncated, xdp),
		RIGGED(test_truncated, tc),
		RIGGED(test_truncated, tun),
		RIGGED(test_control, xdp),
		RIGGED(test_control, tc),
		RIGGED(test_states, xdp),
		RIGGED(test_states, tc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
