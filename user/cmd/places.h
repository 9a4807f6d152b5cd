/* SPDX-License-Identifier: GPL-2.0-only */
/* The two places of a distance, as options or operands name them. */
#ifndef XRTT_CMD_PLACES_H
#define XRTT_CMD_PLACES_H

#include "model/distance.h"

struct place_names {
	const char *command;
	const char *from; /* NULL: this host's zone, asked of EC2 */
	const char *to;
	const char *from_option; /* what complaints call them */
	const char *to_option;
};

/* 0, or -EINVAL after one line on stderr. Takes a second at most, on EC2 and
 * where `from` is NULL; else no time. */
int places_read(const struct place_names *names, struct distance *out);

#endif
