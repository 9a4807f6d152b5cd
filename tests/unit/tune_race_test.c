// SPDX-License-Identifier: GPL-2.0-only
/* Many runs on one interface, begun and killed at any moment. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/tune_dir.h"
#include "model/time.h"
#include "tune_world.h"

#define RUNS 4
#define ROUNDS 60
#define STEPS 200

static void pause_usecs(unsigned int usecs)
{
	const struct timespec t = { .tv_nsec = usecs * NSEC_PER_USEC };

	nanosleep(&t, NULL);
}

static uint64_t frames(void)
{
	return world_get(WORLD_TAP, TUNABLE_RX_FRAMES);
}

/* Killed while they read the notes, write them, set, or put back. */
static void test_killed_at_any_moment(void **state)
{
	struct prng prng = unit_prng("killed at any moment");
	unsigned int caught_tuned = 0, caught_not = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t was = 2 + prng_below(&prng, 60);
		struct run run[RUNS];

		world_set(WORLD_TAP, TUNABLE_RX_FRAMES, was);
		for (int i = 0; i < RUNS; i++)
			run[i] = run_start(WORLD_TAP);
		for (int i = 0; i < RUNS; i++) {
			pause_usecs(prng_below(&prng, 4000));
			if (prng_below(&prng, 2) &&
			    write(run[i].ask, "", 1) == 1)
				pause_usecs(prng_below(&prng, 3000));
			kill(run[i].pid, SIGKILL);
			close(run[i].ask);
			close(run[i].told);
		}
		for (int i = 0; i < RUNS; i++)
			assert_int_equal(waitpid(run[i].pid, NULL, 0),
					 run[i].pid);
		if (frames() == was)
			caught_not++;
		else
			caught_tuned++;
		assert_int_equal(tune_sweep(&world_sink), 0);
		assert_int_equal(frames(), was);
		assert_int_equal(world_notes(), 0);
		world_forget();
	}
	printf("# tuned when killed: %u of %d\n", caught_tuned, ROUNDS);
	assert_true(caught_tuned > 0);
}

/* Runs come and go; as long as there is one, the interface is tuned. */
static void test_tuned_while_anybody_runs(void **state)
{
	struct prng prng = unit_prng("tuned while anybody runs");
	struct run run[RUNS] = { 0 };
	uint64_t was = 17;
	unsigned int live = 0;

	(void)state;
	world_set(WORLD_TAP, TUNABLE_RX_FRAMES, was);
	for (int step = 0; step < STEPS; step++) {
		struct run *r = &run[prng_below(&prng, RUNS)];

		if (r->pid) {
			run_end(r, prng_below(&prng, 2));
			live--;
		} else {
			*r = run_start(WORLD_TAP);
			run_await(r);
			live++;
		}
		if (prng_below(&prng, 3) == 0)
			assert_int_equal(tune_sweep(&world_sink), 0);
		if (live)
			assert_int_equal(frames(), 1);
		world_forget();
	}
	for (int i = 0; i < RUNS; i++) {
		if (run[i].pid)
			run_end(&run[i], prng_below(&prng, 2));
	}
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(frames(), was);
	assert_int_equal(world_notes(), 0);
}

/* Another network namespace, with an interface of the same name and index. */
static void test_other_namespace_is_left_alone(void **state)
{
	struct tune_place here, there = { 0 };
	struct tune_note note = { 0 };
	struct tune_file file;
	struct tune_dir dir;
	const struct tune_record change = { TUNABLE_RX_FRAMES, 17, 1, 1 };

	(void)state;
	assert_int_equal(tune_place_read(&here), 0);
	there = here;
	there.cookie++;
	assert_int_equal(tune_dir_open(&dir, true), 0);
	note.place = there;
	note.ifindex = world_iface(WORLD_TAP).index;
	strcpy(note.ifname, WORLD_TAP);
	assert_int_equal(tune_file_create(&dir, &note, &file), 0);
	assert_int_equal(tune_file_append(&file, &change), 0);
	tune_dir_close(&dir);
	close(file.fd);
	world_set(WORLD_TAP, TUNABLE_RX_FRAMES, 1);
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(frames(), 1);
	assert_int_equal(world_notes(), 1);
	world_shell("rm " TUNE_DIR "/" WORLD_TAP ".*");
}

/* Nothing is left to put back after a reboot. */
static void test_note_from_before_a_reboot_goes(void **state)
{
	(void)state;
	world_shell("mkdir -p -m 755 " TUNE_DIR
		    " && printf 'xrtt-tune 1\\nboot x\\nnetns 1 1\\n"
		    "iface 1 lo\\nrx-frames 17 1 1\\n' >" TUNE_DIR "/lo.1.1.0");
	assert_int_equal(world_notes(), 1);
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(world_notes(), 0);
}

/* A stopped xrtt that has the lock: the others go untuned after two seconds,
 * and a run that cannot put back says so and leaves it to the next. */
static void test_lock_that_is_not_let_go(void **state)
{
	const struct iface iface = world_iface(WORLD_TAP);
	struct tune_dir dir;
	struct tune *t;
	int err;

	(void)state;
	world_set(WORLD_TAP, TUNABLE_RX_FRAMES, 17);
	t = tune_open(&iface, &world_sink, &err);
	assert_non_null(t);
	tune_moderation(t);
	assert_int_equal(tune_dir_open(&dir, true), 0);
	assert_int_equal(tune_sweep(&world_sink), -EBUSY);
	tune_close(t);
	assert_true(world_heard("not put back yet"));
	assert_int_equal(frames(), 1);
	tune_dir_close(&dir);
	assert_int_equal(tune_sweep(&world_sink), 0);
	assert_int_equal(frames(), 17);
}

static void put_victim(const char *command)
{
	world_shell("rm -rf " TUNE_DIR " /run/victim && mkdir -m 755 " TUNE_DIR
		    " && echo xrtt-tune 1 >/run/victim");
	world_shell(command);
	world_forget();
}

static void test_hostile_files_are_ignored(void **state)
{
	static const char *const commands[] = {
		"ln -s /run/victim " TUNE_DIR "/tap0.1.1.0",
		"ln /run/victim " TUNE_DIR "/tap0.1.1.0",
		"mkfifo " TUNE_DIR "/tap0.1.1.0",
		"mkdir " TUNE_DIR "/tap0.1.1.0",
		"head -c 100000 /dev/urandom >" TUNE_DIR "/tap0.1.1.0",
		"{ head -c 100 /dev/zero; echo; } >" TUNE_DIR "/tap0.1.1.0",
		"echo 'xrtt-tune 1' >" TUNE_DIR "/tap0.1.1.0 && "
		"chown 65534 " TUNE_DIR "/tap0.1.1.0",
		"echo 'xrtt-tune 1' >" TUNE_DIR "/tap0.1.1.0 && "
		"chmod 666 " TUNE_DIR "/tap0.1.1.0",
	};

	(void)state;
	world_set(WORLD_TAP, TUNABLE_RX_FRAMES, 17);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct run run;

		put_victim(commands[i]);
		assert_int_equal(tune_sweep(&world_sink), 0);
		assert_true(world_heard(TUNE_DIR "/tap0.1.1.0 is not a note"));
		run = run_start(WORLD_TAP);
		run_await(&run);
		assert_int_equal(frames(), 1);
		run_end(&run, false);
		assert_int_equal(frames(), 17);
		assert_int_equal(world_notes(), 1);
		world_shell("test \"$(cat /run/victim)\" = \"xrtt-tune 1\"");
	}
	put_victim("ln -s /run/victim " TUNE_DIR "/lock");
	assert_int_equal(tune_sweep(&world_sink), -ELOOP);
	world_shell("rm -r " TUNE_DIR " && ln -s /tmp " TUNE_DIR);
	assert_int_equal(tune_sweep(&world_sink), -ENOTDIR);
	world_shell("rm " TUNE_DIR);
	assert_int_equal(tune_sweep(&world_sink), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_any_moment),
		cmocka_unit_test(test_tuned_while_anybody_runs),
		cmocka_unit_test(test_other_namespace_is_left_alone),
		cmocka_unit_test(test_note_from_before_a_reboot_goes),
		cmocka_unit_test(test_lock_that_is_not_let_go),
		cmocka_unit_test(test_hostile_files_are_ignored),
	};

	if (!world_enter())
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
