/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instrument's own floor as JSON, schema "xrtt-null/1": in a run's summary,
 * in doctor's, and as it is stored on a host (what probe/null_store.h reads).
 */
#ifndef XRTT_OUT_NULL_JSON_H
#define XRTT_OUT_NULL_JSON_H

#include <jansson.h>

#include "model/null.h"

/* A new reference; `floor` of NULL is null. NULL: no memory. */
json_t *null_json_value(const struct null_floor *floor);

/* What is stored, newline and all. The caller frees it; NULL: no memory. */
char *null_json_text(const struct null_floor *floor);

#endif
