// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random and spoilt frames. A packet is a probe's if it has the octets that a
 * good one has where they matter: then, and only then, one slot may change.
 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "rig.h"

#define ROUNDS 50000 /* in each of four rigs */
#define LINK 14

static uint64_t seed, first_seed;

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* A good packet for one hook, and the bits of it that matter. */
struct sound {
	int session;
	uint32_t seq;
	struct probe_spec spec;
	struct frame frame;
	uint8_t care[FRAME_MAX];
	size_t need; /* octets */
};

struct round {
	enum rig_hook hook;
	struct sound own;
	struct sound other; /* another slot's, to mix in */
	struct frame frame;
};

static void care(struct sound *g, size_t at, size_t length)
{
	memset(g->care + at, 0xff, length);
}

static void care_link(struct sound *g)
{
	if (!g->spec.no_link)
		care(g, 12, 2);
	if (g->spec.tags)
		care(g, 16, 2);
}

static void care_ip(struct sound *g, size_t ip)
{
	int outbound = g->spec.outbound;

	if (g->spec.version == 4) {
		care(g, ip, 1);
		memcpy(g->care + ip + 6, "\x3f\xff", 2);
		care(g, ip + 9, 1);
		care(g, ip + (outbound ? 16 : 12), 4);
		return;
	}
	if (g->spec.no_link)
		g->care[0] = 0xf0;
	care(g, ip + 6, 1);
	care(g, ip + (outbound ? 24 : 8), 16);
}

static void make_sound(struct rig *r, struct sound *g, enum rig_hook hook)
{
	struct probe_layout l;
	size_t cut = 0;

	g->spec = hook == RIG_EGRESS ? rig_request(r, g->session, g->seq)
				     : rig_reply(r, g->session, g->seq);
	g->spec.tags = !g->spec.no_link && draw() & 1;
	g->spec.payload += draw() & 1 ? 0 : draw() % 460;
	rig_frame(&g->frame, hook, &g->spec);
	memset(g->care, 0, sizeof(g->care));
	l = probe_frame_layout(&g->spec);
	if (!rig_is_socket(hook)) {
		care_link(g);
		care_ip(g, l.ip);
	} else if (hook == RIG_ICMP4) {
		g->care[LINK] = 0x0f; /* the header's length alone */
		cut = l.ip;
	} else {
		cut = l.transport;
	}
	if (rig_is_socket(hook))
		cut -= LINK; /* may wrap, and back again below */
	if (g->spec.protocol != IPPROTO_UDP) {
		care(g, l.transport - cut, 1);
		care(g, l.transport - cut + 4, 2);
	} else {
		care(g, l.transport - cut + (rig_is_socket(hook) ? 2 : 0),
		     rig_is_socket(hook) ? 2 : 4);
	}
	care(g, l.seq - cut, 12);
	g->need = l.payload - cut + FRAME_STAMP;
}

static int is_sound(const struct sound *g, const struct frame *f)
{
	if (f->length < g->need)
		return 0;
	for (size_t i = 0; i < g->need; i++)
		if ((f->octets[i] ^ g->frame.octets[i]) & g->care[i])
			return 0;
	return 1;
}

/* Octets that must stay, for the kernel's sake or because no hook that comes
 * before the kernel's own checks needs to look: IPv6's version. */
static int is_fixed(const struct round *t, size_t at)
{
	if (rig_is_socket(t->hook))
		return at < LINK;
	return t->own.spec.version == 6 && !t->own.spec.no_link &&
	       at == probe_frame_layout(&t->own.spec).ip;
}

static void spoil_octets(struct round *t, int only_care)
{
	struct frame *f = &t->frame;
	size_t at;
	int n = 1 + draw() % 4;

	for (int tries = 0; n && tries < 1000; tries++) {
		at = draw() % (only_care ? t->own.need : f->length);
		if (is_fixed(t, at) || (only_care && !t->own.care[at]))
			continue;
		f->octets[at] ^= only_care ? 1ULL << draw() % 8 : draw();
		n--;
	}
}

static void spoil_field(struct round *t)
{
	const struct probe_spec *from = &t->other.spec;
	struct probe_spec s = t->own.spec;

	switch (draw() % 8) {
	case 0:
		s.seq = from->seq;
		break;
	case 1:
		s.nonce = from->nonce;
		break;
	case 2:
		s.near_port = from->near_port;
		break;
	case 3:
		s.far = from->far;
		break;
	case 4:
		s.far_port = from->far_port;
		break;
	case 5:
		s.part = draw();
		break;
	case 6:
		s.options = s.version == 4 ? draw() % 11 * 4 : 0;
		break;
	case 7:
		s.ttl = draw();
		s.reflector_seq = draw();
		break;
	}
	if (rig_is_socket(t->hook))
		s.part = s.options = 0;
	rig_frame(&t->frame, t->hook, &s);
}

static void splice(struct round *t)
{
	size_t end = t->other.frame.length, from = draw() % end;

	if (end > t->frame.length)
		end = t->frame.length;
	if (from < end)
		memcpy(t->frame.octets + from, t->other.frame.octets + from,
		       end - from);
}

static void draw_frame(struct round *t)
{
	struct frame *f = &t->frame;
	size_t at;

	*f = t->own.frame;
	switch (draw() % 8) {
	case 0:
		f->length = LINK + 1 + draw() % 700;
		for (at = 0; at < f->length; at++)
			if (!rig_is_socket(t->hook) || at >= LINK)
				f->octets[at] = draw();
		break;
	case 1:
		f->length = LINK + 1 + draw() % (f->length - LINK - 1);
		break;
	case 2:
		at = draw() % 100;
		memset(f->octets + f->length, draw(), at);
		f->length += at;
		break;
	case 3:
		spoil_octets(t, 0);
		break;
	case 4:
		spoil_octets(t, 1);
		break;
	case 5:
		spoil_field(t);
		break;
	case 6:
		splice(t);
		break;
	}
}

/* Arms it with what the hooks before this one have written. */
static void arm(struct rig *r, const struct sound *g, enum rig_hook hook)
{
	struct slot *slot = rig_arm(r, g->session, g->seq, SLOT_SOCKET);

	if (hook == RIG_EGRESS || hook == rig_first(r))
		return;
	slot->xdp_rx = r->setup.rx_at_tc ? 0 : 1000;
	slot->tc_rx = r->setup.rx_at_tc ? 1000 : 0;
}

static uint64_t stamp_of(const struct slot *slot, enum rig_hook hook)
{
	if (hook == RIG_EGRESS)
		return slot->tc_tx;
	if (hook == RIG_XDP)
		return slot->xdp_rx;
	if (hook == RIG_INGRESS)
		return slot->tc_rx;
	return slot->sock_rx;
}

static int is_lawful(const struct rig *r, const struct round *t,
		     const struct rig_ran *ran, int is_ours)
{
	uint32_t pass = rig_pass_verdict(t->hook, &t->frame);

	if (ran->out.length != t->frame.length ||
	    memcmp(ran->out.octets, t->frame.octets, t->frame.length))
		return 0;
	if (t->hook > RIG_UDP && !is_ours && !ran->verdict)
		pass = 0; /* another's echo */
	return ran->verdict == pass &&
	       !memcmp(r->before, r->slots, sizeof(r->before));
}

static void fail_round(const struct round *t, int i)
{
	printf("# ");
	for (size_t at = 0; at < t->frame.length; at++)
		printf("%02x", t->frame.octets[at]);
	printf("\n");
	fail_msg("hook %d, session %d: round %d came out as it must not",
		 t->hook, t->own.session, i);
}

/* 1 if the frame was a probe's. */
static int run_round(struct rig *r, struct round *t, int i)
{
	const struct sound *g = is_sound(&t->own, &t->frame)	 ? &t->own
				: is_sound(&t->other, &t->frame) ? &t->other
								 : NULL;
	struct slot *slot = g ? rig_slot(r, g->session, g->seq) : NULL;
	struct rig_ran ran;
	uint64_t from;
	int err;

	arm(r, &t->other, t->hook);
	arm(r, &t->own, t->hook);
	rig_watch(r);
	from = rig_now();
	err = rig_run(r, t->hook, &t->frame, &ran);
	if (err) { /* shorter than the IP header that the link speaks of */
		assert_int_equal(err, -EINVAL);
		assert_true(t->frame.length < LINK + 40);
		return 0;
	}
	if (slot) {
		assert_in_range(stamp_of(slot, t->hook), from, rig_now());
		r->before[slot - r->slots] = *slot;
	}
	if (!is_lawful(r, t, &ran, !!g))
		fail_round(t, i);
	return !!slot;
}

static void draw_round(struct rig *r, struct round *t)
{
	do {
		t->own.session = draw() % RIG_SESSIONS;
		t->hook = draw() % RIG_UDP;
		if (draw() & 1)
			t->hook = rig_socket(t->own.session);
	} while (r->fd[t->hook] < 0);
	do
		t->other.session = draw() % RIG_SESSIONS;
	while (rig_is_socket(t->hook) &&
	       rig_socket(t->other.session) != t->hook);
	t->own.seq = draw() % 0x10000;
	do
		t->other.seq = draw() % 0x10000;
	while (rig_slot(r, t->own.session, t->own.seq) ==
	       rig_slot(r, t->other.session, t->other.seq));
	make_sound(r, &t->own, t->hook);
	make_sound(r, &t->other, t->hook);
	draw_frame(t);
}

static void test_random_frames(void **state)
{
	struct rig *r = *state;
	static struct round t;
	int i, ours = 0, records = 0;

	seed = first_seed;
	print_message("# XRTT_SEED=%llu\n", (unsigned long long)seed);
	for (i = 0; i < RIG_ALL; i++)
		rig_arm(r, i / RIG_SLOTS, i, SLOT_SOCKET);
	for (i = 0; i < ROUNDS; i++) {
		draw_round(r, &t);
		ours += run_round(r, &t, i);
		if (i % 16 == 15)
			records += rig_records(r);
	}
	print_message("# %d frames: %d were a probe's, %d recorded, %llu "
		      "stale\n",
		      ROUNDS, ours, records,
		      (unsigned long long)rig_counted(r, COUNT_STALE));
	assert_in_range(ours, ROUNDS / 4, 3 * ROUNDS / 4);
	assert_in_range(records, ROUNDS / 20, ours);
}

int main(void)
{
	const char *given = getenv("XRTT_SEED");
	const struct CMUnitTest tests[] = {
		RIGGED(test_random_frames, xdp),
		RIGGED(test_random_frames, tc),
		RIGGED(test_random_frames, tun),
		RIGGED(test_random_frames, tun_tc),
	};

	first_seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
