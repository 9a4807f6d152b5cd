/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps down that a run took, in JSON. */
#ifndef XRTT_OUT_JSON_FALLBACKS_H
#define XRTT_OUT_JSON_FALLBACKS_H

#include <jansson.h>

#include "model/fallback.h"

/* [{stage,wanted,used,why}], empty where nothing fell back; a new reference,
 * NULL if there was no memory. */
json_t *json_fallbacks_value(const struct fallbacks *fallbacks);

#endif
