// SPDX-License-Identifier: GPL-2.0-only
#include "probe/runner.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "host/clock.h"

/* By the kernel's 32-bit count; half an hour if each call reads the clock 16
 * times. */
#define REPEAT 4000000000U

#define START_NS (5 * NSEC_PER_SEC)
#define NAP_NS NSEC_PER_MSEC
#define JOIN_NS (10 * NSEC_PER_MSEC)

static void wake(int signo)
{
	(void)signo;
}

static void *run(void *arg)
{
	struct runner *r = arg;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = calloc(1, r->length),
		    .data_size_in = r->length, .repeat = REPEAT,
		    .batch_size = r->batch,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int err = opts.data_in ? 0 : -ENOMEM;
	sigset_t set;

	/* Whoever started us may have blocked it. */
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (!r->is_ending && (!err || err == -EINTR)) {
		++*r->runs;
		err = bpf_prog_test_run_opts(r->prog_fd, &opts);
	}
	free((void *)opts.data_in);
	r->err = err == -EINTR ? 0 : err;
	return NULL;
}

static int create(struct runner *r)
{
	struct sigaction action = { .sa_handler = wake };
	pthread_attr_t attr;
	cpu_set_t set;
	int err;

	sigaction(SIGURG, &action, NULL);
	pthread_attr_init(&attr);
	if (r->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(r->cpu, &set);
		pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	}
	err = -pthread_create(&r->thread, &attr, run, r);
	pthread_attr_destroy(&attr);
	return err;
}

int runner_start(struct runner *r)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	mono_t until = mono_add(mono_now(), span_ns(START_NS));
	uint64_t calls = *r->calls;
	int err = create(r);

	if (err)
		return err;
	r->is_running = true;
	while (*r->calls == calls && !r->err && mono_before(mono_now(), until))
		nanosleep(&nap, NULL);
	if (*r->calls != calls)
		return 0;
	err = r->err ? r->err : -ETIMEDOUT;
	runner_stop(r);
	return err;
}

/* The signal may come before the call that it is to end: until it has. */
void runner_stop(struct runner *r)
{
	struct timespec ts;
	int err = ETIMEDOUT;

	r->is_ending = true;
	while (r->is_running && err == ETIMEDOUT) {
		pthread_kill(r->thread, SIGURG);
		clock_gettime(CLOCK_MONOTONIC, &ts);
		ts.tv_nsec += JOIN_NS;
		ts.tv_sec += ts.tv_nsec / NSEC_PER_SEC;
		ts.tv_nsec %= NSEC_PER_SEC;
		err = pthread_clockjoin_np(r->thread, NULL, CLOCK_MONOTONIC,
					   &ts);
	}
	r->is_running = false;
}
