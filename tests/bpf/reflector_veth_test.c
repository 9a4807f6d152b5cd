// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checksum over a real link. A veth hands on skbs whose UDP checksum is yet
 * to be made (tx-checksumming on) or is there (off), at either end; the answer
 * must be right in all four cases, to the socket, which verifies whatever does
 * not come as "to be made", and on the wire.
 */
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>
#include <bpf/libbpf.h>
#include "skip.h"
#include "veth.h"

/* What CHECKSUM_PARTIAL wants in the field: the pseudo header's sum, so that
 * the sum over the datagram as it stands is the complement of the checksum. */
static int is_pseudo(const struct frame *f)
{
	struct frame_layout l = frame_parse(f, 0);
	size_t at, from = l.udp - (l.version == 4 ? 8 : 32);
	uint32_t sum = 17 + l.udp_length;

	for (at = from; at < l.udp; at += 2)
		sum += frame_get32(f->octets + at) >> 16;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return frame_get32(f->octets + l.udp + 6) >> 16 == sum;
}

static void check_ask(struct veth_ask *ask)
{
	veth_ask(ask);
	assert_int_equal(ask->answered, ask->payload);
	assert_int_equal(frame_get32(ask->answer + 24), 0x5a5a5a5a);
	assert_int_equal(ask->answer[40], 64);
	assert_int_not_equal(ask->frame.length, 0);
	if (ask->is_partial)
		assert_true(is_pseudo(&ask->frame));
	else
		assert_true(frame_is_valid(&ask->frame, 0));
}

/* All sizes and versions over one setting of the two ends. */
static void check_setting(struct veth *v, int near_on, int far_on,
			  const char *hook)
{
	static const size_t payloads[] = { 44, 45, 61, 503, 504 };
	struct veth_ask ask;
	int k, partial = 0;
	size_t i;

	veth_set_feature(VETH_NEAR, ETHTOOL_STXCSUM, near_on);
	veth_enter(v->far_ns);
	veth_set_feature(VETH_FAR, ETHTOOL_STXCSUM, far_on);
	veth_enter(v->near_ns);
	for (k = 0; k < 3; k++)
		for (i = 0; i < 5; i++) {
			ask = (struct veth_ask){ .version = k == 1 ? 6 : 4,
						 .no_checksum = k == 2,
						 .payload = payloads[i] };
			check_ask(&ask);
			partial += ask.is_partial;
		}
	print_message("# %s, tx-checksumming near %s, far %s: %d of 15 answers "
		      "came with the checksum to be made\n",
		      hook, near_on ? "on" : "off", far_on ? "on" : "off",
		      partial);
}

static void check_hook(enum bench_hook hook)
{
	struct bench_setup setup = { 0 };
	struct bench b;
	struct veth v;
	int k;

	veth_open(&v);
	bench_open(&b, &setup);
	veth_attach(&v, &b, hook);
	for (k = 0; k < 4; k++)
		check_setting(&v, k & 1, k >> 1,
			      hook == BENCH_TC ? "TC" : "XDP");
	bench_close(&b);
	veth_close(&v);
}

static void test_tc(void **state)
{
	(void)state;
	check_hook(BENCH_TC);
}

static void test_xdp(void **state)
{
	(void)state;
	check_hook(BENCH_XDP);
}

/* TC finds the outer tag beside the frame, where the answer must carry it too;
 * under a second one it may not be answered. */
static void check_tags(enum bench_hook hook)
{
	struct bench_setup setup = { 0 };
	struct frame_spec s = frame_defaults(4);
	struct veth_ask ask = { 0 };
	struct frame request;
	struct bench b;
	struct veth v;

	s.mac = 2;
	veth_open(&v);
	bench_open(&b, &setup);
	veth_attach(&v, &b, hook);
	for (s.tags = 0; s.tags < 3; s.tags++) {
		ask = (struct veth_ask){ 0 };
		frame_build(&request, &s);
		veth_ask_raw(&ask, &request);
		assert_int_equal(!!ask.frame.length, s.tags < 2);
		assert_int_equal(ask.tag, s.tags == 1 ? 0x6000 + 42 : 0);
		assert_int_equal(bench_counted(&b), s.tags < 2 ? DOOR_ANSWERED
						    : hook == BENCH_TC
							    ? DOOR_PASSED_LENGTH
							    : -1);
		if (s.tags < 2)
			assert_true(frame_is_valid(&ask.frame, 0));
	}
	bench_close(&b);
	veth_close(&v);
}

static void test_tags(void **state)
{
	(void)state;
	check_tags(BENCH_TC);
	check_tags(BENCH_XDP);
}

/* What a tun or tap device under test is made with. */
struct tun {
	struct veth v;
	struct bench b;
	int fd;
};

/* 0, or -1 if this kernel has no such device. */
static int open_tun(struct tun *t, int flags)
{
	struct bench_setup setup = { .no_link = !!(flags & IFF_TUN) };
	struct ifreq request = { .ifr_name = "xrtt-tun" };

	request.ifr_flags = flags | IFF_NO_PI;
	veth_open(&t->v); /* first: a device is made where its file is opened */
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0 || ioctl(t->fd, TUNSETIFF, &request)) {
		close(t->fd);
		veth_close(&t->v);
		return -1;
	}
	if (flags & IFF_TAP)
		assert_int_equal(system("ip link set xrtt-tun address "
					"02:00:00:00:00:00"),
				 0);
	assert_int_equal(system("ip link set xrtt-tun up"), 0);
	bench_open(&t->b, &setup);
	veth_attach_tc(&t->b, "xrtt-tun");
	return 0;
}

static void close_tun(struct tun *t)
{
	bench_close(&t->b);
	close(t->fd);
	veth_close(&t->v);
}

/* Sends a request in two parts, of which the device makes separate memory if
 * it can, and waits for the answer among what else the kernel sends. */
static void ask_tun(struct tun *t, int version, size_t first)
{
	struct frame_spec s = frame_defaults(version);
	struct frame in, out = { .length = 0 };
	struct iovec parts[2];
	ssize_t got;
	int i;

	s.no_link = t->b.no_link;
	s.mac = 2;
	s.payload = 301;
	frame_build(&in, &s);
	parts[0] = (struct iovec){ in.octets, first };
	parts[1] = (struct iovec){ in.octets + first, in.length - first };
	assert_int_equal(writev(t->fd, parts, 2), in.length);
	for (i = 0; i < 1000 && out.length != in.length; i++) {
		got = read(t->fd, out.octets, sizeof(out.octets));
		out.length = got > 0 ? got : 0;
		usleep(1000);
	}
	assert_int_equal(out.length, in.length);
	assert_true(frame_is_valid(&out, s.no_link));
	assert_int_equal(bench_counted(&t->b), DOOR_ANSWERED);
}

/* No link header, which test-run cannot imitate for TC. */
static void test_tc_tun(void **state)
{
	struct tun t;

	(void)state;
	if (open_tun(&t, IFF_TUN))
		SKIP("no tun device to be had");
	ask_tun(&t, 4, 100);
	ask_tun(&t, 6, 100);
	close_tun(&t);
}

/* Part of the skb in a page: all but the headers with GRO, which pulls them, as
 * most drivers do; all but Ethernet's without. */
static void test_tc_frags(void **state)
{
	struct tun t;
	size_t first;
	int gro;

	(void)state;
	if (open_tun(&t, IFF_TAP | IFF_NAPI | IFF_NAPI_FRAGS))
		SKIP("no tap device with fragments to be had");
	for (gro = 0; gro < 2; gro++) {
		veth_set_feature("xrtt-tun", ETHTOOL_SGRO, gro);
		for (first = 14; first < 120; first += 7) {
			ask_tun(&t, 4, first);
			ask_tun(&t, 6, first);
		}
	}
	close_tun(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tc),	 cmocka_unit_test(test_xdp),
		cmocka_unit_test(test_tags),	 cmocka_unit_test(test_tc_tun),
		cmocka_unit_test(test_tc_frags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
