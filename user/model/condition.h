/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A condition on a result: "network.p99>60ms", "loss>1%", "inflation>1.8". It
 * is judged by the near end of the figure's interval, so that it holds only
 * where both the bar and the sampling leave no doubt.
 */
#ifndef XRTT_MODEL_CONDITION_H
#define XRTT_MODEL_CONDITION_H

#include "model/result.h"

enum metric {
	METRIC_NETWORK,
	METRIC_RTT,
	METRIC_REMOTE,
	METRIC_LOSS,
	METRIC_INFLATION,
};

struct condition {
	enum metric metric;
	bool is_min; /* of a duration; else `level` */
	enum level level;
	bool above;   /* '>', else '<' */
	double limit; /* ns, a fraction, or a ratio */
};

/*
 * FIGURE, > or <, and a value: network, rtt or remote, each .min .p50 .p90 .p99
 * or .p99.9, with a time as time_parse() has it; loss with a fraction or a
 * percentage; inflation with a number. 0 or -EINVAL.
 */
int condition_parse(const char *text, struct condition *out);

enum condition_answer {
	CONDITION_FAILS, /* it does not surely hold */
	CONDITION_HOLDS,
	CONDITION_UNKNOWN, /* the figure, or its near end, is not known */
};

/* *near is the end that was compared, in the limit's unit; not finite where the
 * answer is unknown. */
enum condition_answer condition_judge(const struct condition *c,
				      const struct result *r, double *near);

#endif
