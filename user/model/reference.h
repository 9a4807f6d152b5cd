/* SPDX-License-Identifier: GPL-2.0-only */
/* What others measured between two regions, and when: user/data/SOURCES.md. */
#ifndef XRTT_MODEL_REFERENCE_H
#define XRTT_MODEL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#define REFERENCE_MEASUREMENTS 4

/* How somebody measured, whatever the pair. */
struct reference_method {
	const char *source;    /* "cloudping.co" */
	const char *statistic; /* "p50 over a year" */
	const char *method;
	const char *date; /* "2025-07-17" */
	bool typical;	  /* a minimum or a median: what to expect */
};

/* Two regions' codes in the alphabet's order. Not finite is not measured. */
struct reference {
	const char *a;
	const char *b;
	double geodesic_km; /* as another program computed it */
	double ms[REFERENCE_MEASUREMENTS];
};

extern const struct reference_method reference_methods[REFERENCE_MEASUREMENTS];

const struct reference *reference_all(size_t *n);

/* In either order; NULL: nobody has measured it. */
const struct reference *reference_find(const char *a, const char *b);

/* The least and the largest of the typical ones; false if there are none. */
bool reference_range(const struct reference *r, double *lo_ms, double *hi_ms);

#endif
