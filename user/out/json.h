/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The summary as JSON, schema "xrtt/1". Every key is always there; null is what
 * is not known. Within the schema keys are only added. Times are nanoseconds,
 * fractions 0 to 1, an integer of 2^53 or more is a string.
 */
#ifndef XRTT_OUT_JSON_H
#define XRTT_OUT_JSON_H

#include <stdio.h>

#include <jansson.h>

#include "model/result.h"

/* The summary as a value, for who has keys to add; NULL: no memory. */
json_t *json_result_value(const struct result *r);

/* The summary, without a final newline. The caller frees it; NULL if there was
 * no memory. */
char *json_report(const struct result *r);

/* The summary and a newline. Flushes `to`. 0, -ENOMEM, or -errno if not all of
 * it could be written. */
int json_write(FILE *to, const struct result *r);

#endif
