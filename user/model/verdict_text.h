/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdicts' sentences: each is to be freed; NULL: no memory. */
#ifndef XRTT_MODEL_VERDICT_TEXT_H
#define XRTT_MODEL_VERDICT_TEXT_H

#include "model/result.h"

/* Of r->level.code and r->parts. */
char *verdict_text_level(const struct result *r);

/* The minimum is faster than light. */
char *verdict_text_below(const struct result *r);

/* Of r->tail.code and r->slowest; `side` is the share of the code's side. */
char *verdict_text_tail(const struct result *r, double side);

#endif
