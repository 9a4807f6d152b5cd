// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tuning real interfaces and putting it back, whatever ends the run. Runs are
 * processes of their own, killed with SIGKILL.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/coalesce.h"
#include "host/tune_dir.h"
#include "tune_world.h"

#define FRAMES 16

static int enter(void **state)
{
	(void)state;
	world_set(WORLD_TAP, TUNABLE_RX_FRAMES, FRAMES);
	world_set(WORLD_VETH, TUNABLE_NAPI_DEFER, 0);
	world_set(WORLD_VETH, TUNABLE_GRO_FLUSH, 0);
	world_forget();
	return 0;
}

static uint64_t frames(void)
{
	return world_get(WORLD_TAP, TUNABLE_RX_FRAMES);
}

static struct tune *tune_it(const char *ifname)
{
	const struct iface iface = world_iface(ifname);
	struct tune *t;
	int err;

	t = tune_open(&iface, &world_sink, &err);
	assert_non_null(t);
	tune_moderation(t);
	return t;
}

static void test_changes_are_said_noted_and_undone(void **state)
{
	struct tune *t = tune_it(WORLD_TAP);

	(void)state;
	assert_int_equal(frames(), 1);
	assert_int_equal(tune_changes(t), 1);
	assert_int_equal(world_notes(), 1);
	assert_true(world_heard(WORLD_TAP ": rx-frames 16 -> 1\n"));
	tune_close(t);
	assert_int_equal(frames(), FRAMES);
	assert_int_equal(world_notes(), 0);
	assert_true(world_heard(WORLD_TAP ": rx-frames 1 -> 16, as it was\n"));
}

static void test_veth_has_no_moderation(void **state)
{
	struct tune *t = tune_it(WORLD_VETH);

	(void)state;
	assert_int_equal(tune_changes(t), 0);
	assert_int_equal(world_notes(), 0);
	assert_true(world_heard("the driver has none to set"));
	tune_close(t);
}

static void test_deferral_goes_with_busy_polling(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 0;
	const struct iface iface = world_iface(WORLD_VETH);
	socklen_t size = sizeof(on);
	struct moderation m;
	struct tune *t;
	int err;

	(void)state;
	t = tune_open(&iface, &world_sink, &err);
	assert_non_null(t);
	tune_busy_poll(t, fd);
	tune_busy_poll(t, fd);
	assert_int_equal(tune_changes(t), 2);
	assert_int_equal(world_get(WORLD_VETH, TUNABLE_NAPI_DEFER), 2);
	assert_int_equal(world_get(WORLD_VETH, TUNABLE_GRO_FLUSH), 200000);
	assert_int_equal(
		getsockopt(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, &on, &size), 0);
	assert_int_equal(on, 1);
	moderation_read(&iface, &m);
	assert_true(m.is_known);
	assert_int_equal(m.held.ns, 200000);
	tune_close(t);
	close(fd);
	assert_int_equal(world_get(WORLD_VETH, TUNABLE_NAPI_DEFER), 0);
	assert_int_equal(world_get(WORLD_VETH, TUNABLE_GRO_FLUSH), 0);
	moderation_read(&iface, &m);
	assert_true(m.is_known);
	assert_int_equal(m.held.ns, 0);
}

/* A tap without IFF_NAPI. */
static void test_no_deferral_without_napi(void **state)
{
	const struct iface iface = world_iface(WORLD_TAP);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct tune *t;
	int err;

	(void)state;
	t = tune_open(&iface, &world_sink, &err);
	assert_non_null(t);
	tune_busy_poll(t, fd);
	assert_int_equal(tune_changes(t), 0);
	assert_int_equal(world_get(WORLD_TAP, TUNABLE_NAPI_DEFER), 0);
	assert_true(world_heard(WORLD_TAP ": not polled: "));
	tune_close(t);
	close(fd);
}

static void test_somebody_elses_deferral_stays(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct tune *t;

	(void)state;
	world_set(WORLD_VETH, TUNABLE_GRO_FLUSH, 5000);
	t = tune_it(WORLD_VETH);
	tune_busy_poll(t, fd);
	assert_int_equal(world_get(WORLD_VETH, TUNABLE_GRO_FLUSH), 5000);
	assert_int_equal(tune_changes(t), 1);
	tune_close(t);
	close(fd);
	assert_int_equal(world_get(WORLD_VETH, TUNABLE_GRO_FLUSH), 5000);
}

static void test_kill_is_mended_by_the_next_start(void **state)
{
	struct run run = run_start(WORLD_TAP);

	(void)state;
	run_await(&run);
	assert_int_equal(frames(), 1);
	/* A live run's is left alone. */
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(frames(), 1);
	assert_int_equal(world_notes(), 1);
	run_end(&run, true);
	assert_int_equal(frames(), 1);
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(frames(), FRAMES);
	assert_int_equal(world_notes(), 0);
	assert_true(world_heard("rx-frames 1 -> 16, as it was before a run "
				"that died\n"));
}

static void test_later_change_is_left_alone(void **state)
{
	struct run run = run_start(WORLD_TAP);
	struct tune *t;

	(void)state;
	run_await(&run);
	world_set(WORLD_TAP, TUNABLE_RX_FRAMES, 5);
	run_end(&run, true);
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(frames(), 5);
	assert_true(world_heard("rx-frames is 5 now, not the 1 that xrtt had "
				"set: left alone (it was 16)\n"));
	t = tune_it(WORLD_TAP);
	world_set(WORLD_TAP, TUNABLE_RX_FRAMES, 7);
	tune_close(t);
	assert_int_equal(frames(), 7);
	assert_int_equal(world_notes(), 0);
}

/* The order of starting, of ending, and how: all of them. */
static void test_two_runs_any_order(void **state)
{
	(void)state;
	for (unsigned int way = 0; way < 8; way++) {
		struct run run[2];
		bool first = way & 1;

		for (int i = 0; i < 2; i++) {
			run[i] = run_start(WORLD_TAP);
			run_await(&run[i]);
		}
		assert_int_equal(frames(), 1);
		run_end(&run[first], way & 2);
		assert_int_equal(tune_sweep(&world_sink), 0);
		assert_int_equal(frames(), 1);
		assert_int_equal(world_notes(), 1);
		run_end(&run[!first], way & 4);
		assert_int_equal(tune_sweep(&world_sink), 0);
		assert_int_equal(frames(), FRAMES);
		assert_int_equal(world_notes(), 0);
	}
}

/* Somebody sets 5 between two runs' starts: 5 is what stays, both ways. */
static void test_change_between_two_runs(void **state)
{
	(void)state;
	for (unsigned int way = 0; way < 8; way++) {
		struct run run[2];

		world_set(WORLD_TAP, TUNABLE_RX_FRAMES, FRAMES);
		run[0] = run_start(WORLD_TAP);
		run_await(&run[0]);
		world_set(WORLD_TAP, TUNABLE_RX_FRAMES, 5);
		run[1] = run_start(WORLD_TAP);
		run_await(&run[1]);
		assert_int_equal(frames(), 1);
		run_end(&run[way & 1], way & 2);
		run_end(&run[!(way & 1)], way & 4);
		assert_int_equal(tune_sweep(&world_sink), 0);
		assert_int_equal(frames(), 5);
		assert_int_equal(world_notes(), 0);
	}
}

static void test_renamed_interface_is_mended(void **state)
{
	struct run run = run_start(WORLD_TAP);

	(void)state;
	run_await(&run);
	run_end(&run, true);
	world_shell("ip link set " WORLD_TAP " name other0");
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(world_get("other0", TUNABLE_RX_FRAMES), FRAMES);
	assert_true(world_heard(WORLD_TAP " is called other0 now\n"));
	world_shell("ip link set other0 name " WORLD_TAP);
}

/* Another one of the name, with the very value that the dead run had set. */
static void test_namesake_is_left_alone(void **state)
{
	struct run run = run_start(WORLD_TAP);

	(void)state;
	run_await(&run);
	run_end(&run, true);
	world_shell("ip tuntap del dev " WORLD_TAP " mode tap && "
		    "ip tuntap add dev " WORLD_TAP " mode tap");
	world_set(WORLD_TAP, TUNABLE_RX_FRAMES, 1);
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(frames(), 1);
	assert_int_equal(world_notes(), 0);
	assert_true(world_heard(WORLD_TAP " is gone"));
}

static void test_cpu_latency(void **state)
{
	struct tune *t = tune_it(WORLD_TAP);

	(void)state;
	tune_cpu_latency(t);
	assert_true(world_heard("CPUs: "));
	tune_close(t);
}

/* What a private directory of state looks like when it is not one. */
static void test_open_directory_is_refused(void **state)
{
	struct tune *t;

	(void)state;
	assert_int_equal(chmod(TUNE_DIR, 0777), 0);
	t = tune_it(WORLD_TAP);
	assert_int_equal(frames(), FRAMES);
	assert_int_equal(tune_changes(t), 0);
	assert_true(world_heard("others can write there"));
	tune_close(t);
	assert_int_equal(tune_sweep(&world_sink), -EPERM);
	assert_int_equal(chmod(TUNE_DIR, 0755), 0);
}

static void test_full_disk_changes_nothing(void **state)
{
	struct tune *t;

	(void)state;
	world_shell("mount -t tmpfs -o size=4k,mode=0755 none " TUNE_DIR
		    " && head -c 4096 /dev/zero >" TUNE_DIR "/lock");
	t = tune_it(WORLD_TAP);
	assert_int_equal(frames(), FRAMES);
	assert_int_equal(tune_changes(t), 0);
	assert_int_equal(world_notes(), 0);
	assert_true(world_heard("the change cannot be noted"));
	tune_close(t);
	world_shell("umount " TUNE_DIR);
}

static void test_cleared_directory_is_mended_from_memory(void **state)
{
	struct tune *t = tune_it(WORLD_TAP);

	(void)state;
	world_shell("rm -r " TUNE_DIR);
	tune_close(t);
	assert_int_equal(frames(), FRAMES);
	assert_int_equal(world_notes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_changes_are_said_noted_and_undone,
				       enter),
		cmocka_unit_test_setup(test_veth_has_no_moderation, enter),
		cmocka_unit_test_setup(test_deferral_goes_with_busy_polling,
				       enter),
		cmocka_unit_test_setup(test_no_deferral_without_napi, enter),
		cmocka_unit_test_setup(test_somebody_elses_deferral_stays,
				       enter),
		cmocka_unit_test_setup(test_kill_is_mended_by_the_next_start,
				       enter),
		cmocka_unit_test_setup(test_later_change_is_left_alone, enter),
		cmocka_unit_test_setup(test_two_runs_any_order, enter),
		cmocka_unit_test_setup(test_change_between_two_runs, enter),
		cmocka_unit_test_setup(test_renamed_interface_is_mended, enter),
		cmocka_unit_test_setup(test_namesake_is_left_alone, enter),
		cmocka_unit_test_setup(test_cpu_latency, enter),
		cmocka_unit_test_setup(test_open_directory_is_refused, enter),
		cmocka_unit_test_setup(test_full_disk_changes_nothing, enter),
		cmocka_unit_test_setup(
			test_cleared_directory_is_mended_from_memory, enter),
	};

	if (!world_enter())
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
