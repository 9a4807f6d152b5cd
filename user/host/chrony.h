/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What chronyd says of the clock it steers, through its own client: `chronyc -c
 * tracking` (chrony 4.x, client.c), executed without a shell.
 */
#ifndef XRTT_HOST_CHRONY_H
#define XRTT_HOST_CHRONY_H

#include <stdbool.h>
#include <stdint.h>

#define CHRONY_REFERENCE 64
#define CHRONY_LINE_MAX 512

struct chrony_tracking {
	uint32_t reference_id;
	char reference[CHRONY_REFERENCE]; /* printable ASCII; "" if none */
	double frequency_ppm; /* so fast would the clock be if left alone */
	double residual_ppm;  /* what its last sources say beyond that */
	double skew_ppm;      /* error bound on the frequency */
	bool synchronised;    /* to something other than itself */
};

/* One line of output. Strict: -EINVAL if anything about it is unexpected, *out
 * then being undefined. */
int chrony_parse(const char *line, struct chrony_tracking *out);

/* Runs the client, for a second at most. `path`: NULL for where distributions
 * put it. 0; -ENOENT: no such program; -ENOTCONN: no daemon answered;
 * -ETIMEDOUT; -EINVAL: it said what it should not; other -errno. */
int chrony_query(const char *path, struct chrony_tracking *out);

#endif
