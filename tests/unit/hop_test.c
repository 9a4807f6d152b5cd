// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hop over a cable of our own: both engines, both kinds of receive hook,
 * what it says of itself, and that it leaves nothing behind. As root; without,
 * that it says so.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/hop.h"
#include "unit.h"

#define NOBODY 65534
#define BUDGET_NS (30 * NSEC_PER_MSEC)

static const struct hop_plan plans[] = {
	{ .engine = ENGINE_BYPASS, .cpu = -1 },
	{ .engine = ENGINE_BYPASS, .cpu = -1, .rx_at_tc = true },
	{ .engine = ENGINE_SOCKET, .cpu = -1 },
	{ .engine = ENGINE_SOCKET, .cpu = -1, .tx_stamps = true },
	{ .engine = ENGINE_SOCKET, .cpu = -1, .rx_at_tc = true },
};

static struct hop_plan plan_of(size_t i)
{
	struct hop_plan plan = plans[i];

	plan.stop_fd = -1;
	plan.interval.ns = 200 * NSEC_PER_USEC;
	plan.budget.ns = BUDGET_NS;
	return plan;
}

static int count_in(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static ino_t namespace(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

/* cmocka has no reason to give with a skip; the line before it is. */
static void need_root(void)
{
	if (!geteuid())
		return;
	print_message("needs root\n");
	skip();
}

static void a_hop_takes_time(void **state)
{
	struct hop_result r;
	struct hop_plan plan;
	int fds, threads;
	ino_t home;

	(void)state;
	need_root();
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		plan = plan_of(i);
		home = namespace();
		fds = count_in("/proc/self/fd");
		threads = count_in("/proc/self/task");
		assert_int_equal(hop_measure(&plan, &r), 0);
		printf("# %s, %s%s: %zu, least %.0f, median %.0f ns\n",
		       plan.engine == ENGINE_BYPASS ? "bypass" : "socket",
		       plan.rx_at_tc ? "tc" : "xdp",
		       plan.tx_stamps ? ", driver's stamps" : "", r.n, r.ns[0],
		       r.ns[r.n / 2]);
		assert_in_range(r.n, 75, 150); /* of 150 */
		/* Nothing is quicker than a clock reading; a second means that
		 * the two stamps are of two clocks or of two probes. */
		assert_true(r.ns[0] > 0);
		assert_true(r.ns[r.n / 2] < NSEC_PER_SEC);
		for (size_t k = 1; k < r.n; k++)
			assert_true(r.ns[k - 1] <= r.ns[k]);
		hop_release(&r);
		assert_int_equal(namespace(), home);
		assert_int_equal(count_in("/proc/self/fd"), fds);
		assert_int_equal(count_in("/proc/self/task"), threads);
	}
}

/* As many as the time holds, within what it may send. */
static void the_budget_is_kept(void **state)
{
	struct hop_plan plan = plan_of(0);
	struct hop_result r;

	(void)state;
	need_root();
	plan.budget.ns = 0;
	assert_int_equal(hop_measure(&plan, &r), 0);
	assert_in_range(r.n, HOP_MIN / 2, HOP_MIN);
	hop_release(&r);
	plan.interval.ns = 1;
	plan.budget.ns = NSEC_PER_SEC;
	assert_int_equal(hop_measure(&plan, &r), 0);
	assert_in_range(r.n, HOP_MAX / 2, HOP_MAX);
	hop_release(&r);
}

static int measure_as_nobody(void)
{
	static const struct hop_result zero;
	struct hop_plan plan = plan_of(0);
	struct hop_result r;
	int err;

	if (!geteuid() && syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY))
		return EXIT_FAILURE;
	memset(&r, 0xff, sizeof(r));
	err = hop_measure(&plan, &r);
	if (err == -EPERM && !memcmp(&r, &zero, sizeof(r)))
		return EXIT_SUCCESS;
	print_error("error %d, n %zu\n", err, r.n);
	return EXIT_FAILURE;
}

static void without_privilege_it_says_so(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (!child)
		_exit(measure_as_nobody());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hop_takes_time),
		cmocka_unit_test(the_budget_is_kept),
		cmocka_unit_test(without_privilege_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
