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
	bool tx_stamps; /* socket: from the driver's stamp, else from TC's */
	span_t interval;
	span_t budget; /* of time, set-up aside */
	int cpu;       /* the bypass engine's, -1: anywhere */
};

struct hop_result {
	size_t n;
	double *ns; /* ascending; free() */
};

/* What is sent at the least and at the most. */
#define HOP_MIN 64
#define HOP_MAX 1024

/*
 * Takes `budget` and some 100 ms. 0, or -errno (-EPERM without CAP_SYS_ADMIN,
 * -EOPNOTSUPP without veth, -ENODATA if not half of them arrived), *out then
 * being all zero. Leaves nothing behind.
 */
int hop_measure(const struct hop_plan *plan, struct hop_result *out);

#endif
