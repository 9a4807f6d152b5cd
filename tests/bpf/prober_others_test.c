// SPDX-License-Identifier: GPL-2.0-only
/* What has nothing to do with us, and what is ours but for a socket's filter
 * alone to judge: it must go its way untouched. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "rig.h"

#define SEQ 700

static void arm_all(struct rig *r)
{
	for (uint32_t k = 0; k < RIG_ALL; k++)
		rig_arm(r, k / RIG_SLOTS, SEQ + k % RIG_SLOTS, SLOT_SOCKET);
	rig_watch(r);
}

static void check_idle(struct rig *r)
{
	rig_unchanged(r, NULL);
	assert_int_equal(rig_records(r), 0);
	assert_int_equal(rig_counted(r, COUNT_STALE), 0);
	assert_int_equal(rig_counted(r, COUNT_RING_FULL), 0);
}

static void pass_all_hooks(struct rig *r, const struct frame *f)
{
	for (int hook = 0; hook <= RIG_INGRESS; hook++)
		if (r->fd[hook] >= 0)
			rig_send_frame(r, hook, f, rig_pass_verdict(hook, f));
	check_idle(r);
}

static void test_ethertypes(void **state)
{
	struct rig *r = *state;
	struct probe_spec s = rig_reply(r, 0, SEQ);
	struct frame f;

	arm_all(r);
	probe_frame_build(&f, &s);
	for (uint32_t type = 0; type < 0x10000; type += type < 0x700 ? 1 : 61) {
		/* 0x86dd on this is IPv6 with an unknown header; the kernel
		 * wants 40 octets of it, which there are. */
		if (type == 0x0800)
			continue;
		frame_put16(f.octets + 12, type);
		pass_all_hooks(r, &f);
	}
}

static void test_ip_protocols(void **state)
{
	struct rig *r = *state;
	struct probe_spec s;
	struct frame f;
	int protocol;

	arm_all(r);
	for (int session = 0; session < 2; session++)
		for (protocol = 0; protocol < 256; protocol++) {
			if (protocol == IPPROTO_UDP)
				continue;
			s = rig_reply(r, session, SEQ);
			probe_frame_build(&f, &s);
			f.octets[probe_frame_layout(&s).ip +
				 (session ? 6 : 9)] = protocol;
			pass_all_hooks(r, &f);
			s = rig_request(r, session, SEQ);
			probe_frame_build(&f, &s);
			f.octets[probe_frame_layout(&s).ip +
				 (session ? 6 : 9)] = protocol;
			pass_all_hooks(r, &f);
		}
}

/* Other sockets' UDP on every port but the sessions', both ways. */
static void test_ports(void **state)
{
	struct rig *r = *state;
	struct probe_spec s;
	struct frame f;

	arm_all(r);
	for (uint32_t port = 0; port < 0x10000; port += 59) {
		if (port == 65535 || (port >= RIG_PORT && port < RIG_PORT + 6))
			continue;
		for (int k = 0; k < 4; k++) {
			s = k & 1 ? rig_request(r, k / 2, SEQ)
				  : rig_reply(r, k / 2, SEQ);
			s.near_port = port;
			probe_frame_build(&f, &s);
			pass_all_hooks(r, &f);
		}
	}
}

/* Requests are no replies: what goes out is nothing to the receive hooks, and
 * the other way round. */
static void test_wrong_way(void **state)
{
	struct rig *r = *state;
	struct probe_spec s;

	arm_all(r);
	for (int session = 0; session < RIG_SESSIONS; session++) {
		s = rig_request(r, session, SEQ);
		rig_pass(r, rig_first(r), &s);
		s = rig_reply(r, session, SEQ);
		rig_pass(r, RIG_EGRESS, &s);
	}
	check_idle(r);
}

/* A UDP socket gets whatever comes to it, whole. */
static void test_udp_socket(void **state)
{
	static uint8_t octets[1400];
	struct frame f = { .length = 14 };
	struct rig *r = *state;

	arm_all(r);
	memset(octets, 0x3c, sizeof(octets));
	memcpy(f.octets + 14, octets, sizeof(octets));
	for (f.length = 15; f.length < 14 + sizeof(octets); f.length++)
		rig_send_frame(r, RIG_UDP, &f, f.length - 14);
	check_idle(r);
}

/* A raw ICMP socket gets our own echo replies: by the identifier, whole, be it
 * a probe's or not. */
static void check_icmp(struct rig *r, int session, struct probe_spec s,
		       int is_kept)
{
	enum rig_hook hook = rig_socket(session);
	struct frame f;

	rig_frame(&f, hook, &s);
	rig_send_frame(r, hook, &f, is_kept ? f.length - 14 : 0);
	check_idle(r);
}

static void test_icmp_sockets(void **state)
{
	struct rig *r = *state;
	struct probe_spec s;
	int type;

	arm_all(r);
	for (int session = 2; session < RIG_KINDS; session++) {
		s = rig_reply(r, session, SEQ);
		check_icmp(r, session, s, 1);
		for (type = 0; type < 256; type++) {
			s.icmp_type = type;
			check_icmp(r, session, s,
				   type == (session == 2 ? 0 : 129));
		}
		s = rig_reply(r, session, SEQ);
		s.payload = 504;
		check_icmp(r, session, s, 1);
		s.near_port = RIG_PORT_NONE;
		check_icmp(r, session, s, 0);
		s = rig_reply(r, session, 0xffffff01);
		check_icmp(r, session, s, 1);
	}
}

/* The socket's filter finds ICMP behind the options that it is shown. */
static void test_icmp_options(void **state)
{
	struct rig *r = *state;
	struct probe_spec s;
	struct slot *slot;

	for (int words = 0; words <= 10; words++) {
		slot = rig_arm(r, 2, SEQ, SLOT_SOCKET);
		slot->xdp_rx = slot->tc_rx = 1000;
		s = rig_reply(r, 2, SEQ);
		s.options = 4 * words;
		rig_pass(r, RIG_ICMP4, &s);
		assert_int_equal(slot->state, SLOT_DONE);
		assert_int_equal(rig_records(r), 1);
	}
}

/* A header length that no IP header has: still octets of the packet only. */
static void test_icmp_header_length(void **state)
{
	struct rig *r = *state;
	struct probe_spec s = rig_reply(r, 2, SEQ);
	struct frame f;

	arm_all(r);
	for (int words = 0; words < 16; words++) {
		rig_frame(&f, RIG_ICMP4, &s);
		f.octets[14] = 0x40 | words;
		if (words != 5)
			rig_send_frame(r, RIG_ICMP4, &f, 0);
	}
	check_idle(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_ethertypes, xdp),
		RIGGED(test_ethertypes, tc),
		RIGGED(test_ip_protocols, xdp),
		RIGGED(test_ip_protocols, tc),
		RIGGED(test_ip_protocols, tun),
		RIGGED(test_ports, xdp),
		RIGGED(test_ports, tc),
		RIGGED(test_wrong_way, xdp),
		RIGGED(test_wrong_way, tc),
		RIGGED(test_udp_socket, xdp),
		RIGGED(test_icmp_sockets, xdp),
		RIGGED(test_icmp_sockets, tc),
		RIGGED(test_icmp_options, xdp),
		RIGGED(test_icmp_options, tc),
		RIGGED(test_icmp_header_length, xdp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
