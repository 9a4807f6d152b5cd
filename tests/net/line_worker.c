// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/bpf.h>
#include "line.h"

#define START_NS 5000000000ull

uint64_t line_clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void worker_wake(int signo)
{
	(void)signo;
}

/* Who shares its CPU makes frames late; refused, it is only later. Niceness
 * counts within a session's autogroup only (sched(7)): so the group, too. */
static void worker_favour(void)
{
	FILE *group = fopen("/proc/self/autogroup", "w");

	setpriority(PRIO_PROCESS, gettid(), -20);
	if (!group)
		return;
	fputs("-20", group);
	fclose(group);
}

static void *worker_run(void *arg)
{
	static char page[LINE_FRAME_MAX];
	struct line_worker *worker = arg;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = page,
		    .data_size_in = sizeof(page), .repeat = INT_MAX,
		    .batch_size = 1, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int err = 0;

	worker_favour();
	while (!worker->is_ending && (!err || err == -EINTR))
		err = bpf_prog_test_run_opts(worker->prog_fd, &opts);
	worker->err = err == -EINTR ? 0 : err;
	return NULL;
}

static int cpu_last(void)
{
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	while (cpu > 0 && !CPU_ISSET(cpu, &set))
		cpu--;
	return cpu;
}

int line_worker_start(struct line_worker *worker, int cpu,
		      const volatile __u64 *beats)
{
	struct sigaction action = { .sa_handler = worker_wake };
	struct timespec nap = { .tv_nsec = 1000000 };
	uint64_t until = line_clock_now() + START_NS;
	pthread_attr_t attr;
	cpu_set_t set;
	int err;

	sigaction(SIGUSR1, &action, NULL);
	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? cpu_last() : cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	err = -pthread_create(&worker->thread, &attr, worker_run, worker);
	pthread_attr_destroy(&attr);
	if (err)
		return err;
	worker->is_running = true;
	while (!*beats && !worker->err && line_clock_now() < until)
		nanosleep(&nap, NULL);
	if (*beats)
		return 0;
	return worker->err ? worker->err : -ETIMEDOUT;
}

/* The signal may fall before the call: it is sent until it has worked. */
void line_worker_stop(struct line_worker *worker)
{
	struct timespec ts;
	int err = ETIMEDOUT;

	worker->is_ending = true;
	while (worker->is_running && err == ETIMEDOUT) {
		pthread_kill(worker->thread, SIGUSR1);
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += 20000000;
		ts.tv_sec += ts.tv_nsec / 1000000000;
		ts.tv_nsec %= 1000000000;
		err = pthread_timedjoin_np(worker->thread, NULL, &ts);
	}
	worker->is_running = false;
}
