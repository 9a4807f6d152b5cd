/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What distance alone costs, as intervals, and what a measured round trip is
 * above it. Positions are good to tens of kilometres, 9.8 us of round trip
 * each: that, and no stamp, limits what can be said.
 */
#ifndef XRTT_MODEL_DISTANCE_H
#define XRTT_MODEL_DISTANCE_H

#include "model/reference.h"
#include "model/region.h"

struct duration; /* model/result.h */
struct result;

struct range {
	double lo;
	double value;
	double hi;
};

enum floor {
	FLOOR_VACUUM,	     /* nothing is faster */
	FLOOR_FIBRE_MIN,     /* n = 1.4606: pure-silica core (SMF-28 ULL) */
	FLOOR_FIBRE_NOMINAL, /* n = 1.4682: G.652.D (SMF-28 Ultra, 1550 nm) */
	FLOORS,
};

/* What is not known is not finite. */
struct distance {
	struct site from;
	struct site to;
	struct range km; /* within [d - ua - ub, d + ua + ub] and the Earth */
	/* Round trips, in ns, along the geodesic: they hold no slack of the
	 * fibre, no equipment, no queue. */
	struct range floor_ns[FLOORS];
	struct range inflation; /* of the run's best level (distance_judge) */
	bool below_vacuum;	/* it was faster than light */
	/* What others measured between the two regions. */
	const struct reference *reference; /* NULL: nobody did */
	struct range others_ns; /* the typical ones: lo and hi only */
	struct range others_inflation[REFERENCE_MEASUREMENTS];
};

/* Without a run: no inflation. */
void distance_fill(struct distance *out, const struct site *from,
		   const struct site *to);

/*
 * The minimum over one of the floors, both with their intervals: not finite
 * where the floor's lower end is 0 or there is no minimum, an end that the
 * instrument does not bound not finite either.
 */
struct range distance_over(const struct distance *d, enum floor which,
			   const struct duration *network);

/* Over fibre_nominal. */
struct range distance_inflation(const struct distance *d,
				const struct duration *network);

/* Of a result and of its segments: their inflation, and whether the minimum is
 * below vacuum's lower end with all of its bar. */
void distance_judge(struct result *r);

const char *floor_name(enum floor which); /* "fibre_nominal" */
double floor_index(enum floor which);	  /* of refraction */

#endif
