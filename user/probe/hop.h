/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies between a stamp and the wire cannot be stamped, but something like
 * it can: one hop over a veth of our own, in a network namespace that nobody
 * sees, sent by the run's engine at the run's pace and received by the run's
 * kind of hook. From its last transmit stamp to its first receive stamp there
 * is a driver's transmit path, a NAPI poll and no wire at all: more than either
 * gap of a probe without its NIC's hardware.
 */
#ifndef XRTT_PROBE_HOP_H
#define XRTT_PROBE_HOP_H

#include "model/sample.h"

struct hop_plan {
	enum engine engine;
	bool rx_at_tc;
	bool tx_stamps; /* socket: from the driver's stamp, else from before
			   the system call: TC's comes later */
	bool flood;	/* bypass: all at once, `batch` to a doorbell */
	unsigned int batch;
	span_t interval;
	span_t budget; /* of time, set-up aside */
	int cpu;       /* the bypass engine's, -1: anywhere */
	int stop_fd;   /* once that can be read, it ends with what it has */
};

struct hop_result {
	size_t n;
	double *ns; /* ascending; free() */
	/* By how much a thread that slept until a given time woke up late, in
	 * no order: what an interrupt costs an idle CPU, and more. free() */
	size_t wakes;
	double *wake_ns;
};

/* What is sent at the least and at the most. */
#define HOP_MIN 64
#define HOP_MAX 1024

/*
 * Takes `budget` and some 100 ms, in a thread of its own, so that the caller's
 * namespace is left alone. 0, or -errno (-EPERM without CAP_SYS_ADMIN,
 * -EOPNOTSUPP without veth, -ENODATA if not half of them arrived), *out then
 * being all zero. Leaves nothing behind.
 */
int hop_measure(const struct hop_plan *plan, struct hop_result *out);

void hop_release(struct hop_result *r); /* leaves it all zero */

#endif
