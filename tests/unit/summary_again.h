/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of a summary that is read back share. */
#ifndef XRTT_SUMMARY_AGAIN_H
#define XRTT_SUMMARY_AGAIN_H

#include "model/result.h"

/* The summary as a run store has it; free() it. */
char *again_exact(const struct result *r);

/* The text of the report; free() it. */
char *again_report(const struct result *r);

/* Judges the result, as every run's is, and reads its summary back: it makes
 * the same summary and the same report, to the octet. */
void assert_comes_back(struct result *r);

#endif
