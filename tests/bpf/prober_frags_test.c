// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies of which the driver has left a part in fragments of the skb: a tap
 * device makes such skbs of what comes in several pieces. The ports, or the
 * identifier, are in the linear part: drivers put the headers there.
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "rig.h"
#include "skip.h"

#define TAP "xrtt-tap"
#define SEQ 80
#define WRITES_MAX 64 /* NAPI hands them on by the batch */

static int tap = -1;

/* In a namespace that goes with the process; -1 where there is no tap. */
static int open_tap(void)
{
	struct ifreq request = { .ifr_name = TAP,
				 .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_NAPI |
					      IFF_NAPI_FRAGS };
	int fd, s, err;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) {
		close(fd);
		return -1;
	}
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP;
	err = ioctl(s, SIOCSIFFLAGS, &request);
	close(s);
	assert_int_equal(err, 0);
	return fd;
}

static int set_up(void **state)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts);
	int err = rig_set_up_tc(state);
	struct rig *r = *state;

	tap = open_tap();
	if (tap < 0)
		return err;
	hook.ifindex = if_nametoindex(TAP);
	opts.prog_fd = r->fd[RIG_INGRESS];
	err = bpf_tc_hook_create(&hook);
	return err ? err : bpf_tc_attach(&hook, &opts);
}

static int tear_down(void **state)
{
	close(tap);
	return rig_tear_down(state);
}

/* The first `linear` octets in one piece, the rest in another. */
static void write_split(const struct frame *f, size_t linear)
{
	struct iovec parts[2] = {
		{ (void *)f->octets, linear },
		{ (void *)(f->octets + linear), f->length - linear },
	};

	assert_int_equal(writev(tap, parts, 2), f->length);
}

/* Writes until it has come by, which takes more than one if NAPI holds back. */
static int is_stamped(const struct slot *slot, const struct frame *f,
		      size_t linear)
{
	for (int i = 0; i < WRITES_MAX && !slot->tc_rx; i++)
		write_split(f, linear);
	return slot->tc_rx != 0;
}

static void check_splits(struct rig *r, int session, size_t payload)
{
	struct probe_spec s = rig_reply(r, session, SEQ);
	size_t linear;
	struct slot *slot;
	struct frame f;

	s.payload = payload;
	probe_frame_build(&f, &s);
	linear = probe_frame_layout(&s).payload;
	for (; linear < f.length; linear += 3) {
		slot = rig_arm(r, session, SEQ, SLOT_SOCKET);
		if (!is_stamped(slot, &f, linear))
			fail_msg("session %d, %zu of %zu octets linear",
				 session, linear, f.length);
		assert_int_equal(slot->ttl, s.ttl);
		if (s.protocol == IPPROTO_UDP)
			assert_int_equal(slot->remote_ttl, s.sender_ttl);
	}
	/* The same, but for the nonce. */
	s.nonce ^= 1;
	probe_frame_build(&f, &s);
	slot = rig_arm(r, session, SEQ, SLOT_SOCKET);
	rig_counted(r, COUNT_STALE);
	assert_false(is_stamped(slot, &f, probe_frame_layout(&s).payload));
	assert_true(rig_counted(r, COUNT_STALE) > WRITES_MAX / 2);
}

static void test_splits(void **state)
{
	if (tap < 0)
		SKIP("no tap device with fragments to be had");
	for (int session = 0; session < RIG_KINDS; session++) {
		check_splits(*state, session, 44);
		check_splits(*state, session, 300);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_splits, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
