/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places as people name them: a region, a zone, or a position. AWS publishes no
 * coordinates; what is known of each region, and from whom, is in
 * user/data/SOURCES.md.
 */
#ifndef XRTT_MODEL_REGION_H
#define XRTT_MODEL_REGION_H

#include <stdbool.h>
#include <stddef.h>

#include "model/geodesic.h"

struct region {
	const char *code; /* "us-east-1" */
	const char *zone; /* what its zone IDs begin with: "use1"; "": unknown
			   */
	struct position at;
	double uncertainty_km; /* its hosts are within that of it */
	const char *city;
};

/* In the alphabet's order; *n of them. */
const struct region *region_all(size_t *n);

/* By code; NULL if there is none. */
const struct region *region_find(const char *code);

#define SITE_NAME 48 /* octets of a place's name, its 0 included */

struct site {
	char name[SITE_NAME];	     /* as typed */
	const struct region *region; /* NULL: a position */
	struct position at;
	double uncertainty_km;
};

#define SITE_WHY 256

/*
 * "us-east-1", "use1-az1", "us-east-1a" (whose zone that is depends on the
 * account, whose region does not), "39.04,-77.49", or that with its uncertainty
 * in km behind "±" or "+-". A zone has its region's position. 0, or -EINVAL
 * with one line in `why` (SITE_WHY octets): the nearest names there are.
 */
int site_parse(const char *text, struct site *out, char *why);

#endif
