// SPDX-License-Identifier: GPL-2.0-only
/*
 * --prepare on drivers that this machine does not have: what speaks to the
 * kernel is a driver in memory with the manners of real ones; notes, changes
 * and their undoing are the program's own, under /run of a world of the test's.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/channels.h"
#include "host/mtu.h"
#include "host/offload.h"
#include "host/preflight.h"
#include "host/prepare.h"
#include "host/xdp_reason.h"
#include "tune_world.h"

static struct {
	uint32_t mtu, mtu_ip6, xdp_mtu;
	struct preflight_channels channels;
	bool halves; /* ENA in-tree: XDP has queues of its own */
	bool lro, refuses_lro, gro_hw, refuses_gro_hw;
	bool wordless, carries_ssh, always_refuses;
	bool fails_late; /* to set channels, after having set them */
	const char *name;
	int attached; /* links */
	unsigned int attempts, writes;
} driver;

struct hook {
	int dummy;
};

static const char *driver_refusal(int *err)
{
	*err = -EINVAL;
	if (driver.mtu > driver.xdp_mtu)
		return "the current MTU is larger than the maximum allowed MTU";
	if (driver.halves &&
	    2 * driver.channels.combined > driver.channels.max_combined)
		return "the Rx/Tx channel count should be at most half of the "
		       "maximum allowed channel count";
	if (driver.refuses_lro && driver.lro)
		return "XDP is not supported when LRO is on";
	*err = -EOPNOTSUPP;
	if (driver.refuses_gro_hw && driver.gro_hw)
		return "Can't set XDP while host is implementing GRO_HW/CSUM, "
		       "disable GRO_HW/CSUM first";
	*err = -EIO;
	return driver.always_refuses ? "firmware says no" : NULL;
}

struct hook *hook_attach_xdp(const struct iface *iface, int prog_fd, int *err)
{
	(void)iface;
	(void)prog_fd;
	driver.attempts++;
	if (driver_refusal(err))
		return NULL;
	*err = 0;
	driver.attached++;
	return calloc(1, sizeof(struct hook));
}

void hook_detach(struct hook *hook)
{
	driver.attached--;
	free(hook);
}

void xdp_reason_ask(int ifindex, int prog_fd, char *text, size_t size)
{
	const char *words;
	int err;

	(void)ifindex;
	(void)prog_fd;
	words = driver_refusal(&err);
	snprintf(text, size, "%s", driver.wordless || !words ? "" : words);
}

int mtu_read(int ifindex, uint64_t *value)
{
	(void)ifindex;
	*value = driver.mtu;
	return 0;
}

/* netdev->max_mtu is lower while a program is there. */
int mtu_write(int ifindex, uint64_t value)
{
	(void)ifindex;
	if (driver.attached && value > driver.xdp_mtu)
		return -EINVAL;
	driver.mtu = driver.mtu_ip6 = value;
	driver.writes++;
	return 0;
}

int mtu_read_ip6(const char *ifname, uint64_t *value)
{
	(void)ifname;
	*value = driver.mtu_ip6;
	return 0;
}

int mtu_write_ip6(const char *ifname, uint64_t value)
{
	(void)ifname;
	driver.mtu_ip6 = value;
	return value > driver.mtu ? -EINVAL : 0;
}

int channels_read(const char *ifname, struct preflight_channels *out)
{
	(void)ifname;
	*out = driver.channels;
	return 0;
}

int channels_write(const char *ifname, enum channels_field field,
		   uint32_t value)
{
	(void)ifname;
	if (field != CHANNELS_COMBINED || !value ||
	    value > driver.channels.max_combined ||
	    (driver.attached && 2 * value > driver.channels.max_combined))
		return -EINVAL;
	driver.channels.combined = value;
	driver.writes++;
	if (!driver.fails_late)
		return 0;
	driver.fails_late = false;
	return -EIO;
}

static bool *feature(const char *name)
{
	return strcmp(name, OFFLOAD_LRO) ? &driver.gro_hw : &driver.lro;
}

int offload_read(const char *ifname, const char *name, uint64_t *is_on)
{
	(void)ifname;
	*is_on = *feature(name);
	return 0;
}

int offload_write(const char *ifname, const char *name, uint64_t on)
{
	(void)ifname;
	*feature(name) = on;
	driver.writes++;
	return 0;
}

int preflight_link_read(const struct nlmsghdr *nlh, void *link)
{
	(void)nlh;
	(void)link;
	return MNL_CB_OK;
}

int preflight_read(const struct iface *iface, struct preflight_facts *out)
{
	memset(out, 0, sizeof(*out));
	strcpy(out->ifname, iface->name);
	strcpy(out->driver, driver.name);
	out->is_ethernet = true;
	out->has_carrier = true;
	out->mtu = driver.mtu;
	out->channels = driver.channels;
	out->lro = driver.lro;
	out->gro_hw = driver.gro_hw;
	out->carries_ssh = driver.carries_ssh;
	out->page_size = 4096;
	return 0;
}

/* ---- the tests ----------------------------------------------------------- */

static int reset(void **state)
{
	(void)state;
	memset(&driver, 0, sizeof(driver));
	driver.name = "ena";
	driver.mtu = 9001;
	driver.mtu_ip6 = 1480;
	driver.xdp_mtu = 3498;
	driver.halves = true;
	driver.channels = (struct preflight_channels){ .known = true,
						       .combined = 8,
						       .max_combined = 8 };
	world_forget();
	return 0;
}

static struct prepare *prepare_it(bool may_change)
{
	const struct iface iface = world_iface(WORLD_VETH);
	const struct prepare_request request = {
		.iface = &iface,
		.wanted = PREFLIGHT_XDP,
		.may_change = may_change,
		.sink = &world_sink,
	};
	struct prepare *p;
	int err;

	driver.attempts = driver.writes = 0;
	p = prepare_open(&request, &err);
	assert_non_null(p);
	assert_int_equal(driver.attempts, 0);
	assert_int_equal(driver.writes, 0);
	return p;
}

static void assert_as_it_came(void)
{
	assert_int_equal(driver.mtu, 9001);
	assert_int_equal(driver.mtu_ip6, 1480);
	assert_int_equal(driver.channels.combined, 8);
	assert_int_equal(driver.attached, 0);
	assert_int_equal(world_notes(), 0);
}

static void attach_and_end(struct prepare *p)
{
	struct hook *hook;
	int err;

	hook = prepare_attach_xdp(p, -1, &err);
	assert_non_null(hook);
	assert_int_equal(driver.attached, 1);
	assert_string_equal(prepare_findings(p)->why_not_xdp, "");
	assert_non_null(preflight_find(prepare_findings(p), "prepared"));
	hook_detach(hook);
	prepare_close(p);
}

static void test_ena(void **state)
{
	(void)state;
	attach_and_end(prepare_it(true));
	/* Refused for its MTU, for its queues, taken: attached once. */
	assert_int_equal(driver.attempts, 3);
	assert_true(world_heard("veth0: mtu 9001 -> 3498\n"));
	assert_true(world_heard("veth0: combined-channels 8 -> 4\n"));
	assert_true(world_heard("combined-channels 4 -> 8, as it was\n"));
	assert_true(world_heard("veth0: mtu 3498 -> 9001, as it was\n"));
	assert_as_it_came();
}

static void test_ena_without_words(void **state)
{
	(void)state;
	driver.wordless = true;
	attach_and_end(prepare_it(true));
	assert_int_equal(driver.attempts, 3);
	assert_as_it_came();
}

static void test_not_without_being_asked(void **state)
{
	struct prepare *p = prepare_it(false);
	const struct preflight_finding *f;
	int err;

	(void)state;
	assert_null(prepare_attach_xdp(p, -1, &err));
	assert_int_equal(err, -EINVAL);
	assert_int_equal(driver.attempts, 1);
	assert_int_equal(driver.writes, 0);
	f = preflight_find(prepare_findings(p), "xdp_mtu");
	assert_non_null(f);
	assert_string_equal(f->fix, "ip link set dev veth0 mtu 3498");
	prepare_close(p);
	assert_as_it_came();
}

/* Each rung is a record of its own; all are undone. */
static void test_driver_of_smaller_buffers(void **state)
{
	(void)state;
	driver.name = "i40e";
	driver.xdp_mtu = 3046;
	driver.halves = false;
	attach_and_end(prepare_it(true));
	assert_true(world_heard("veth0: mtu 9001 -> 3498\n"));
	assert_true(world_heard("veth0: mtu 3498 -> 3000\n"));
	assert_as_it_came();
}

static void test_offloads(void **state)
{
	(void)state;
	driver.mtu = 1500;
	driver.halves = false;
	driver.lro = driver.refuses_lro = true;
	attach_and_end(prepare_it(true));
	assert_true(driver.lro);
	assert_true(world_heard("veth0: lro on -> off\n"));
	assert_true(world_heard("veth0: lro off -> on, as it was\n"));
	driver.lro = driver.refuses_lro = false;
	driver.gro_hw = driver.refuses_gro_hw = true;
	attach_and_end(prepare_it(true));
	assert_true(driver.gro_hw);
	assert_true(world_heard("veth0: rx-gro-hw on -> off\n"));
	assert_int_equal(world_notes(), 0);
}

/* What did not help is not left changed while the run goes on over TC. */
static void test_in_vain(void **state)
{
	struct prepare *p = prepare_it(true);
	int err;

	(void)state;
	driver.always_refuses = true;
	assert_null(prepare_attach_xdp(p, -1, &err));
	assert_int_equal(err, -EIO);
	assert_as_it_came();
	assert_non_null(
		strstr(prepare_findings(p)->why_not_xdp, "firmware says no"));
	assert_null(preflight_find(prepare_findings(p), "prepared"));
	prepare_close(p);
}

static void test_failure_half_way(void **state)
{
	struct prepare *p = prepare_it(true);
	int err;

	(void)state;
	driver.fails_late = true;
	assert_null(prepare_attach_xdp(p, -1, &err));
	assert_true(world_heard("veth0: combined-channels cannot be set"));
	assert_true(world_heard("combined-channels 4 -> 8, as it was\n"));
	assert_as_it_came();
	prepare_close(p);
}

static void test_ssh_session(void **state)
{
	struct prepare *p;
	int err;

	(void)state;
	driver.mtu = 1500;
	driver.halves = false;
	driver.carries_ssh = true;
	p = prepare_it(false);
	assert_null(prepare_attach_xdp(p, -1, &err));
	assert_int_equal(err, -ECANCELED);
	assert_int_equal(driver.attempts, 0);
	assert_non_null(strstr(prepare_findings(p)->why_not_xdp,
			       "restarts the NIC (--prepare)"));
	prepare_close(p);
	/* A driver that only holds NAPI still is no danger. */
	driver.name = "virtio_net";
	p = prepare_it(false);
	hook_detach(prepare_attach_xdp(p, -1, &err));
	prepare_close(p);
	assert_int_equal(driver.attempts, 1);
	driver.name = "ena";
	p = prepare_it(true);
	hook_detach(prepare_attach_xdp(p, -1, &err));
	prepare_close(p);
	assert_int_equal(driver.attempts, 1);
	assert_int_equal(driver.attached, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ena, reset),
		cmocka_unit_test_setup(test_ena_without_words, reset),
		cmocka_unit_test_setup(test_not_without_being_asked, reset),
		cmocka_unit_test_setup(test_driver_of_smaller_buffers, reset),
		cmocka_unit_test_setup(test_offloads, reset),
		cmocka_unit_test_setup(test_in_vain, reset),
		cmocka_unit_test_setup(test_failure_half_way, reset),
		cmocka_unit_test_setup(test_ssh_session, reset),
	};

	if (!world_enter())
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
