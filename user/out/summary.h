/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A summary (json.h) read back: the result that it was made of, for whoever has
 * only kept the summary. What the summary does not say is not known; what the
 * run knew of this host's own floor (run.null) is left in the summary.
 */
#ifndef XRTT_OUT_SUMMARY_H
#define XRTT_OUT_SUMMARY_H

#include "model/result.h"

#define SUMMARY_WHY 128

struct summary;

/* NULL, with one line in `why` (SUMMARY_WHY octets), if that is no summary of
 * schema "xrtt/1", lacks memory or says what cannot be. */
struct summary *summary_parse(const char *text, size_t size, char *why);
void summary_free(struct summary *summary); /* NULL is allowed */

/* The summary's own, all that it points to as well. What the caller changes in
 * it, the caller releases. */
struct result *summary_result(struct summary *summary);

#endif
