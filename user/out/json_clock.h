/* SPDX-License-Identifier: GPL-2.0-only */
/* The summary's `clock`. */
#ifndef XRTT_OUT_JSON_CLOCK_H
#define XRTT_OUT_JSON_CLOCK_H

#include "out/json_value.h"

/* A new reference, or NULL if there was no memory. */
json_t *json_clock_value(const struct clock_state *c);

#endif
