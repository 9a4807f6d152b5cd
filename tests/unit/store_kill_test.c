// SPDX-License-Identifier: GPL-2.0-only
/* A run store whose writer was killed: consistent, and all but the last second
 * is there. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_rig.h"

#define KILLS 50

static mono_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (mono_t){ t.tv_sec * NSEC_PER_SEC + t.tv_nsec };
}

/* Hands over for ever, telling how many so far. */
static _Noreturn void hand_over(int tell)
{
	struct prng prng;
	struct store *store = store_begun();

	prng_init(&prng, 1);
	for (uint32_t i = 0;; i++) {
		struct sample s = store_some_sample(&prng, i);
		const struct timespec pause = { .tv_nsec = 1000000 };

		s.have |= 1 << STAMP_APP_TX;
		s.at[STAMP_APP_TX] = now();
		store_sample(store, &s);
		if (i % 20 == 0) {
			if (write(tell, &s.at[STAMP_APP_TX], sizeof(mono_t)) <
			    0)
				_exit(1);
			nanosleep(&pause, NULL);
		}
	}
}

static void kill_after(int64_t ns)
{
	const struct timespec wait = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
	mono_t first = {}, last = {}, told;
	int64_t stored;
	int ends_of[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends_of), 0);
	pid = fork();
	if (!pid)
		hand_over(ends_of[1]);
	close(ends_of[1]);
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	while (read(ends_of[0], &told, sizeof(told)) == sizeof(told)) {
		last = told;
		if (!first.ns)
			first = told;
	}
	close(ends_of[0]);
	waitpid(pid, &status, 0);
	if (!last.ns || access(store_path, F_OK))
		return;
	assert_int_equal(store_ask("SELECT count(*) FROM pragma_quick_check "
				   "WHERE quick_check = 'ok'"),
			 1);
	if (store_ask("SELECT count(*) FROM run") < 1)
		return;
	assert_int_equal(store_ask("SELECT count(*) FROM run WHERE complete"),
			 0);
	stored = store_ask("SELECT coalesce(max(app_tx_ns), 0) FROM sample");
	if (mono_sub(last, first).ns > NSEC_PER_SEC)
		assert_between(stored + store_origin.ns, last.ns - NSEC_PER_SEC,
			       last.ns + NSEC_PER_SEC);
}

static void killed_at_any_moment_it_opens(void **state)
{
	struct prng prng = unit_prng("killed_at_any_moment_it_opens");

	(void)state;
	for (int i = 0; i < KILLS; i++) {
		store_remove();
		kill_after(prng_below(&prng, 1600000000));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_moment_it_opens),
	};

	return cmocka_run_group_tests(tests, store_rig_open, store_rig_close);
}
