/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a host's facts say about the stamps taken on it: facts in, findings out,
 * each with its stable id, which xrtt(8) lists. What is not known is not judged
 * unless that is the trouble.
 */
#ifndef XRTT_MODEL_DOCTOR_HOST_H
#define XRTT_MODEL_DOCTOR_HOST_H

#include "model/budget.h"
#include "model/doctor.h"
#include "model/host_facts.h"

/* The line that a rate error or a clock's bound is told for. */
#define DOCTOR_LINE_NS (55 * NSEC_PER_MSEC)

void doctor_judge_nic(struct doctor *doctor, const struct nic_facts *nic);
void doctor_judge_moderation(struct doctor *doctor,
			     const struct nic_facts *nic);
void doctor_judge_traffic(struct doctor *doctor, const struct nic_facts *nic);
void doctor_judge_processor(struct doctor *doctor,
			    const struct processor_facts *cpu,
			    const struct nic_facts *nic);
void doctor_judge_clock(struct doctor *doctor,
			const struct timekeeping_facts *clock);
void doctor_judge_kernel(struct doctor *doctor,
			 const struct kernel_facts *kernel);

/* Frames of our own, half of which asked for a TX stamp (host/tx_stamp.h). */
struct tx_stamp_facts {
	bool tried;
	char why[FACT_TEXT]; /* not tried, or why not */
	unsigned int asked;
	unsigned int stamped;
	bool has_cost;
	double cost_ns;	  /* median send() with a stamp less without */
	double jitter_ns; /* p99 - p50 of send() to stamp */
};

/* Probes over one link, by both engines. */
struct stamp_look {
	bool tried;
	bool measured;			/* some probe came back */
	char link[FACT_TEXT];		/* "ens5", "veth" */
	char why[NULL_TEXT];		/* nothing was measured */
	struct null_cell cell[ENGINES]; /* each with its own `why` */
};

struct stamp_facts {
	struct stamp_look cable; /* a veth pair of our own */
	struct stamp_look peer;	 /* the target over the interface */
	struct tx_stamp_facts cable_tx, nic_tx;
	double program[BUDGET_PROGRAMS]; /* ns by test-run; not finite: unknown
					    */
	char program_why[FACT_TEXT];
};

/* Fills the stamps, and finds what keeps them from coming. */
void doctor_judge_stamps(struct doctor *doctor,
			 const struct stamp_facts *stamps,
			 const struct host_facts *host);

/* All of the above, and the subject but for the target. */
void doctor_judge_host(struct doctor *doctor, const struct host_facts *host,
		       const struct stamp_facts *stamps);

#endif
