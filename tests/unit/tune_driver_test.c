// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tuning a driver that this machine does not have: the two functions that speak
 * to ethtool are replaced by one in memory, with the manners of real ones.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "host/coalesce.h"
#include "tune_world.h"

static struct {
	uint32_t value[COALESCE_FIELDS];
	bool lacks[COALESCE_FIELDS];
	bool refuses_zero_frames; /* rx-usecs 0 while rx-frames is 0 */
	uint32_t granule;      /* times are rounded up to it, if it is not 0 */
	uint32_t static_usecs; /* taken up as adaptive-rx goes off */
	int write_error;
	unsigned int writes;
} driver;

int coalesce_read(const char *ifname, uint32_t value[COALESCE_FIELDS])
{
	(void)ifname;
	memcpy(value, driver.value, sizeof(driver.value));
	return 0;
}

int coalesce_write(const char *ifname, enum coalesce_field field,
		   uint32_t value)
{
	(void)ifname;
	if (driver.write_error)
		return driver.write_error;
	if (driver.lacks[field])
		return -EOPNOTSUPP;
	if (driver.refuses_zero_frames && field == COALESCE_RX_USECS &&
	    !value && !driver.value[COALESCE_RX_FRAMES])
		return -EINVAL;
	/* A driver that adapts times does not take them. */
	if (field == COALESCE_RX_USECS && driver.value[COALESCE_ADAPTIVE_RX])
		return -EINVAL;
	if (driver.granule && field >= COALESCE_RX_USECS &&
	    value < driver.granule)
		value = driver.granule;
	if (driver.static_usecs && field == COALESCE_ADAPTIVE_RX && !value)
		driver.value[COALESCE_RX_USECS] = driver.static_usecs;
	driver.value[field] = value;
	driver.writes++;
	return 0;
}

void moderation_read(const struct iface *iface, struct moderation *out)
{
	(void)iface;
	(void)out;
}

static int reset(void **state)
{
	static const uint32_t value[COALESCE_FIELDS] = {
		[COALESCE_ADAPTIVE_RX] = 1,
		[COALESCE_RX_USECS] = 20,
		[COALESCE_TX_USECS] = 64,
	};

	(void)state;
	memset(&driver, 0, sizeof(driver));
	memcpy(driver.value, value, sizeof(value));
	world_forget();
	return 0;
}

static struct tune *tune_it(void)
{
	const struct iface iface = world_iface(WORLD_VETH);
	struct tune *t;
	int err;

	t = tune_open(&iface, &world_sink, &err);
	assert_non_null(t);
	tune_moderation(t);
	return t;
}

static void close_and_compare(struct tune *t)
{
	uint32_t before[COALESCE_FIELDS] = {
		[COALESCE_ADAPTIVE_RX] = 1,
		[COALESCE_RX_USECS] = 20,
		[COALESCE_TX_USECS] = 64,
	};

	tune_close(t);
	assert_memory_equal(driver.value, before, sizeof(before));
	assert_int_equal(world_notes(), 0);
}

/* ENA as it comes: adaptive, no count of frames. */
static void test_adaptive_without_frames(void **state)
{
	struct tune *t;

	(void)state;
	driver.lacks[COALESCE_RX_FRAMES] = true;
	driver.lacks[COALESCE_TX_FRAMES] = true;
	driver.lacks[COALESCE_ADAPTIVE_TX] = true;
	t = tune_it();
	assert_int_equal(tune_changes(t), 3);
	assert_int_equal(driver.value[COALESCE_ADAPTIVE_RX], 0);
	assert_int_equal(driver.value[COALESCE_RX_USECS], 0);
	assert_int_equal(driver.value[COALESCE_TX_USECS], 0);
	assert_true(world_heard("veth0: adaptive-rx on -> off\n"));
	assert_true(world_heard("veth0: rx-usecs 20 -> 0\n"));
	assert_true(world_heard("veth0: tx-usecs 64 -> 0\n"));
	close_and_compare(t);
	assert_true(world_heard("veth0: adaptive-rx off -> on, as it was\n"));
}

static void test_frames_are_counted_first(void **state)
{
	struct tune *t;

	(void)state;
	driver.refuses_zero_frames = true;
	t = tune_it();
	assert_int_equal(driver.value[COALESCE_RX_FRAMES], 1);
	assert_int_equal(driver.value[COALESCE_RX_USECS], 0);
	close_and_compare(t);
}

static void test_driver_changes_another_setting_too(void **state)
{
	struct tune *t;

	(void)state;
	driver.static_usecs = 8;
	t = tune_it();
	assert_int_equal(driver.value[COALESCE_RX_USECS], 0);
	close_and_compare(t);
}

static void test_driver_rounds(void **state)
{
	struct tune *t;

	(void)state;
	driver.granule = 2;
	t = tune_it();
	assert_int_equal(driver.value[COALESCE_RX_USECS], 2);
	assert_true(world_heard("rx-usecs 20 -> 2, which is what the driver "
				"made of it\n"));
	close_and_compare(t);
}

static void test_driver_refuses(void **state)
{
	struct tune *t;

	(void)state;
	driver.write_error = -EPERM;
	t = tune_it();
	assert_int_equal(tune_changes(t), 0);
	assert_true(world_heard("veth0: rx-usecs stays 20: not allowed; run "
				"as root or with CAP_NET_ADMIN\n"));
	driver.write_error = 0;
	close_and_compare(t);
	assert_int_equal(driver.writes, 0);
}

/* What could not be put back stays noted, for the next start. */
static void test_restoring_fails_once(void **state)
{
	struct tune *t = tune_it();

	(void)state;
	driver.write_error = -EIO;
	tune_close(t);
	assert_int_equal(world_notes(), 1);
	assert_true(world_heard("veth0: rx-usecs could not be put back to 20"));
	assert_int_equal(tune_sweep(&world_sink), -EAGAIN);
	driver.write_error = 0;
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(driver.value[COALESCE_RX_USECS], 20);
	assert_int_equal(driver.value[COALESCE_ADAPTIVE_RX], 1);
	assert_int_equal(world_notes(), 0);
}

/* Two in one process: the second relies on the first's changes. */
static void test_two_in_one_process(void **state)
{
	struct tune *first = tune_it(), *second = tune_it();

	(void)state;
	assert_int_equal(tune_changes(second), tune_changes(first));
	assert_true(world_heard("rx-usecs is 0, set by another xrtt\n"));
	tune_close(first);
	assert_int_equal(driver.value[COALESCE_RX_USECS], 0);
	close_and_compare(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_adaptive_without_frames, reset),
		cmocka_unit_test_setup(test_frames_are_counted_first, reset),
		cmocka_unit_test_setup(test_driver_changes_another_setting_too,
				       reset),
		cmocka_unit_test_setup(test_driver_rounds, reset),
		cmocka_unit_test_setup(test_driver_refuses, reset),
		cmocka_unit_test_setup(test_restoring_fails_once, reset),
		cmocka_unit_test_setup(test_two_in_one_process, reset),
	};

	if (!world_enter())
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
