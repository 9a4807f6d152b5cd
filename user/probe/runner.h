/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that does nothing but run a resident XDP program: one test-run
 * with live frames after the other, on one CPU, until it is told to stop.
 */
#ifndef XRTT_PROBE_RUNNER_H
#define XRTT_PROBE_RUNNER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct runner {
	int prog_fd;
	unsigned int length;	  /* octets of a frame, 14 to 3520 or so */
	unsigned int batch;	  /* frames to a flush, 1 to 256 */
	int cpu;		  /* -1: wherever */
	volatile uint64_t *runs;  /* counted up before each test-run */
	volatile uint64_t *calls; /* counted up by the program */
	pthread_t thread;
	bool is_running;
	volatile bool is_ending;
	volatile int err; /* why it ended by itself */
};

/*
 * Starts it and waits until the program is being called: about 24 ms, most of
 * it the kernel's rewriting of the XDP dispatcher. Uses SIGURG, with a handler
 * that does nothing, to end a test-run. 0, -EOPNOTSUPP or -EINVAL (no live
 * frames before 5.18), -EPERM, -ETIMEDOUT, or -errno.
 */
int runner_start(struct runner *r);

/* Ends the test-run and joins the thread: 5 to 20 ms. Harmless if it never
 * ran. */
void runner_stop(struct runner *r);

#endif
