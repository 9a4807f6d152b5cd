// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive hook that brings the NIC's stamps: the real program bound to a
 * veth, whose driver has such stamps to offer and none to give; and the same
 * one over a made-up NIC, as no real one is here.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include "host/hook.h"
#include "probe/hwprog.h"
#include "loading.h"
#include "rig.h"
#include "skip.h"
#include "veth.h"

#include "prober.skel.h"

#include "hwstamp_fake.skel.h"

#define STAMP 0x1122334455667788ULL
#define SEQ 90
#define TRIES 300 /* of 10 ms, for a frame to arrive */

static struct hwprog_maps maps_of(const struct rig *r)
{
	return (struct hwprog_maps){
		.ports = bpf_map__fd(r->bpf->maps.ports),
		.sessions = bpf_map__fd(r->bpf->maps.sessions),
		.slots = bpf_map__fd(r->bpf->maps.slots),
		.records = bpf_map__fd(r->bpf->maps.records),
		.counters = bpf_map__fd(r->bpf->maps.counters),
	};
}

/* ---- a made-up NIC ------------------------------------------------------- */

static struct hwstamp_fake_bpf *fake;

static int set_up_fake(void **state)
{
	struct hwprog_maps maps;
	struct rig *r;
	int err = rig_set_up_xdp(state);

	if (err)
		return err;
	r = *state;
	maps = maps_of(r);
	fake = hwstamp_fake_bpf__open();
	if (!fake)
		return -errno;
	fake->rodata->config.link_header = 14;
	if (bpf_map__reuse_fd(fake->maps.ports, maps.ports) ||
	    bpf_map__reuse_fd(fake->maps.sessions, maps.sessions) ||
	    bpf_map__reuse_fd(fake->maps.slots, maps.slots) ||
	    bpf_map__reuse_fd(fake->maps.records, maps.records) ||
	    bpf_map__reuse_fd(fake->maps.counters, maps.counters) ||
	    hwstamp_fake_bpf__load(fake))
		return -1;
	r->fd[RIG_XDP] = bpf_program__fd(fake->progs.xrtt_hw_rx);
	fake->bss->fake_stamp = STAMP;
	return 0;
}

static int tear_down_fake(void **state)
{
	hwstamp_fake_bpf__destroy(fake);
	return rig_tear_down(state);
}

/* Of every kind of session: the bypass engine's slot has it, and its record. */
static void test_bypass_stamped(void **state)
{
	struct rig *r = *state;
	struct probe_spec reply;
	struct slot *slot;

	for (int s = 0; s < RIG_KINDS; s++) {
		slot = rig_arm(r, s, SEQ, SLOT_BYPASS);
		reply = rig_reply(r, s, SEQ);
		rig_send(r, RIG_XDP, &reply, XDP_DROP);
		assert_true(slot->hw_rx == STAMP);
		assert_int_not_equal(slot->xdp_rx, 0);
		assert_int_equal(slot->state, SLOT_DONE);
		assert_int_equal(rig_records(r), 1);
		assert_true(r->records[0].hw_rx == STAMP);
	}
	assert_int_equal(fake->bss->nic.stamped, 0);
}

/* The socket engine's comes with its datagram. */
static void test_socket_passes(void **state)
{
	struct rig *r = *state;
	struct slot *slot = rig_arm(r, 0, SEQ, SLOT_SOCKET);
	struct probe_spec reply = rig_reply(r, 0, SEQ);

	rig_send(r, RIG_XDP, &reply, XDP_PASS);
	assert_true(slot->hw_rx == 0);
	assert_int_not_equal(slot->xdp_rx, 0);
	assert_int_equal(slot->state, SLOT_ARMED);
}

/* One that came with no stamp stays without: a duplicate's is not its own. */
static void test_duplicate(void **state)
{
	struct rig *r = *state;
	struct slot *slot = rig_arm(r, 0, SEQ, SLOT_BYPASS);
	struct probe_spec reply = rig_reply(r, 0, SEQ);

	fake->bss->fake_error = -ENODATA;
	rig_send(r, RIG_XDP, &reply, XDP_DROP);
	assert_true(slot->hw_rx == 0);
	fake->bss->fake_error = 0;
	rig_send(r, RIG_XDP, &reply, XDP_DROP);
	assert_true(slot->hw_rx == 0);
	assert_int_equal(slot->duplicate_return, 1);
	assert_int_equal(rig_records(r), 1);
}

static void check_nic(uint64_t stamped, uint64_t absent, uint64_t refused)
{
	assert_int_equal(fake->bss->nic.stamped, stamped);
	assert_int_equal(fake->bss->nic.absent, absent);
	assert_int_equal(fake->bss->nic.refused, refused);
}

static void test_control(void **state)
{
	struct rig *r = *state;
	struct probe_spec reply = rig_reply(r, 0, SEQ_CONTROL + 3);
	struct probe_spec other = reply;

	rig_watch(r);
	rig_send(r, RIG_XDP, &reply, XDP_PASS);
	check_nic(1, 0, 0);
	assert_true(fake->bss->nic.last == STAMP);
	fake->bss->fake_error = -ENODATA;
	rig_send(r, RIG_XDP, &reply, XDP_PASS);
	check_nic(1, 1, 0);
	/* A driver that gives 0 for "none", as veth does. */
	fake->bss->fake_error = 0;
	fake->bss->fake_stamp = 0;
	rig_send(r, RIG_XDP, &reply, XDP_PASS);
	check_nic(1, 2, 0);
	fake->bss->fake_error = -EOPNOTSUPP;
	rig_send(r, RIG_XDP, &reply, XDP_PASS);
	check_nic(1, 2, 1);
	/* Somebody else's are none of ours. */
	other.near_port = RIG_PORT_NONE;
	rig_send(r, RIG_XDP, &other, XDP_PASS);
	other = rig_reply(r, 0, SEQ_CONTROL - 1);
	rig_send(r, RIG_XDP, &other, XDP_PASS);
	check_nic(1, 2, 1);
	assert_true(fake->bss->nic.last == STAMP);
	rig_unchanged(r, NULL);
}

/* ---- a veth -------------------------------------------------------------- */

static struct veth veth;
static struct iface far;

static int set_up_veth(void **state)
{
	int err = rig_set_up_xdp(state);

	if (err)
		return err;
	veth_open(&veth);
	veth_enter(veth.far_ns);
	return iface_read(VETH_FAR, &far);
}

static int tear_down_veth(void **state)
{
	veth_enter(veth.near_ns);
	veth_close(&veth);
	return rig_tear_down(state);
}

static struct hwprog *open_program(const struct rig *r)
{
	const struct hwprog_maps maps = maps_of(r);
	struct hwprog *p;
	const char *why;

	p = hwprog_open(&far, &maps, &why);
	if (!p)
		SKIP(why);
	return p;
}

/* From the near end, until the program has seen it or has had time to. */
static void send_reply(const struct probe_spec *spec)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = if_nametoindex(VETH_NEAR) };
	struct frame f;
	int fd;

	probe_frame_build(&f, spec);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(sendto(fd, f.octets, f.length, 0,
				(struct sockaddr *)&to, sizeof(to)),
			 f.length);
	close(fd);
}

static void await(const uint64_t *value)
{
	for (int i = 0; i < TRIES && !*(volatile uint64_t *)value; i++)
		usleep(10000);
}

/* Over the wire: probes are recorded, absent stamps are absent. */
static void test_veth(void **state)
{
	struct rig *r = *state;
	struct hwprog *p = open_program(r);
	struct slot *slot = rig_arm(r, 0, SEQ, SLOT_BYPASS);
	struct probe_spec reply = rig_reply(r, 0, SEQ);
	struct nic_state nic = { 0 };
	struct hook *hook;
	int err;

	hook = hook_attach_xdp(&far, hwprog_fd(p), &err);
	assert_non_null(hook);
	veth_enter(veth.near_ns);
	send_reply(&reply);
	await((const uint64_t *)&slot->xdp_rx);
	assert_int_not_equal(slot->xdp_rx, 0);
	reply = rig_reply(r, 0, SEQ_CONTROL + 1);
	send_reply(&reply);
	for (int i = 0; i < TRIES && !nic.absent; i++) {
		usleep(10000);
		hwprog_state(p, &nic);
	}
	assert_int_equal(nic.absent, 1);
	assert_int_equal(nic.stamped, 0);
	assert_int_equal(nic.refused, 0);
	assert_int_equal(slot->state, SLOT_DONE);
	assert_true(slot->hw_rx == 0);
	assert_int_equal(rig_records(r), 1);
	hook_detach(hook);
	hwprog_close(p);
}

/* It belongs to that device: no other takes it, and nobody can test-run it. */
static void test_bound(void **state)
{
	struct rig *r = *state;
	struct hwprog *p = open_program(r);
	uint8_t data[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data,
		    .data_size_in = sizeof(data), .repeat = 1);
	struct iface near;
	int err = 0;

	assert_int_equal(bpf_prog_test_run_opts(hwprog_fd(p), &opts), -EINVAL);
	veth_enter(veth.near_ns);
	assert_int_equal(iface_read(VETH_NEAR, &near), 0);
	assert_null(hook_attach_xdp(&near, hwprog_fd(p), &err));
	assert_true(err < 0);
	hwprog_close(p);
}

/* What the prober needs is enough for it, and less is not. */
static void check_capabilities(const struct rig *r, uint64_t capabilities,
			       int expected)
{
	const struct hwprog_maps maps = maps_of(r);
	const char *why;
	struct hook *hook;
	int status, err;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		struct hwprog *p;

		libbpf_set_print(NULL);
		if (loading_become_nobody(capabilities))
			_exit(3);
		p = hwprog_open(&far, &maps, &why);
		if (!p)
			_exit(1);
		hook = hook_attach_xdp(&far, hwprog_fd(p), &err);
		_exit(hook ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
}

static void test_capabilities(void **state)
{
	hwprog_close(open_program(*state));
	check_capabilities(*state, LOADING_ENOUGH, 0);
	check_capabilities(*state, LOADING_BPF, 1);
	check_capabilities(*state, LOADING_NET_ADMIN, 1);
}

#define FAKED(test) \
	cmocka_unit_test_setup_teardown(test, set_up_fake, tear_down_fake)
#define ON_VETH(test) \
	cmocka_unit_test_setup_teardown(test, set_up_veth, tear_down_veth)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKED(test_bypass_stamped), FAKED(test_socket_passes),
		FAKED(test_duplicate),	    FAKED(test_control),
		ON_VETH(test_veth),	    ON_VETH(test_bound),
		ON_VETH(test_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
