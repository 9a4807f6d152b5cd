/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `xrtt doctor` has to say: which stamps come, and findings, each with
 * what would mend it. Plain data; texts belong to the report.
 */
#ifndef XRTT_MODEL_DOCTOR_H
#define XRTT_MODEL_DOCTOR_H

#include "model/null.h"

#define DOCTOR_FINDINGS_MAX 64
#define DOCTOR_PATH 512
#define DOCTOR_TEXT 320 /* octets of a text, its 0 included */
#define DOCTOR_VALUE 128

enum finding_level {
	FINDING_GOOD,
	FINDING_COSTS,	/* precision; the text says how much */
	FINDING_BLOCKS, /* something cannot be measured */
};

struct finding {
	const char *id; /* stable, for programs; never to be freed */
	enum finding_level level;
	char text[DOCTOR_TEXT];
	char fix[DOCTOR_TEXT];	  /* "": there is none, or none is needed */
	char value[DOCTOR_VALUE]; /* what was found, bare: "tsc", or "" */
	double cost_ns;	 /* of one probe, at most; not finite: not known */
	double cost_ppm; /* of every duration; not finite: not known */
};

/* One of a probe's stamps on the link that was looked at. */
struct doctor_stamp {
	bool known;	/* looked for at all */
	bool delivered; /* with every answered probe of some engine */
	bool has_cost;
	double cost_ns; /* what its making adds to the probe's way */
	bool has_jitter;
	double jitter_ns; /* p99 - p50 of what ends with it, see xrtt(8) */
	char where[DOCTOR_VALUE]; /* the link that shows it, "" if none */
	char why[DOCTOR_TEXT];	  /* why not, or "" */
};

/* What was looked at; "" is not known, or was not there. */
struct doctor_subject {
	char ifname[DOCTOR_VALUE];
	char driver[DOCTOR_VALUE];
	char kernel[DOCTOR_VALUE];
	char clocksource[DOCTOR_VALUE];
	char target[DOCTOR_VALUE];
};

struct doctor {
	struct doctor_subject subject;
	bool interrupted;
	struct doctor_stamp stamp[STAMPS];
	size_t findings;
	struct finding finding[DOCTOR_FINDINGS_MAX];
	bool has_null;
	struct null_floor null;
	char stored[DOCTOR_PATH]; /* where `null` was stored, or "" */
};

/* One more finding, NULL where there is no room. */
__attribute__((format(printf, 4, 5))) struct finding *
doctor_find(struct doctor *doctor, const char *id, enum finding_level level,
	    const char *format, ...);

/* What mends it; a finding that is NULL is fine, here and below. */
void finding_set_fix(struct finding *finding, const char *fix);
__attribute__((format(printf, 2, 3))) void
finding_mend(struct finding *finding, const char *format, ...);

/* What was found, bare, for programs to compare. */
__attribute__((format(printf, 2, 3))) void
finding_set_value(struct finding *finding, const char *format, ...);

/* By how much it costs. */
void finding_set_cost(struct finding *finding, double ns, double ppm);

/* The worst level of all findings; FINDING_GOOD if there are none. */
enum finding_level doctor_worst(const struct doctor *doctor);

/* Stamps and findings that follow from `null`. */
void doctor_judge_null(struct doctor *doctor);

const char *finding_level_name(enum finding_level level); /* "good" */

#endif
