/* SPDX-License-Identifier: GPL-2.0-only */
/* What `xrtt flows` adds to the summary. */
#ifndef XRTT_OUT_JSON_FLOWS_H
#define XRTT_OUT_JSON_FLOWS_H

#include "model/flows.h"
#include "out/json_value.h"

/* The summary with the keys of r->flows, which replace `segments`; as it was
 * where there are none. Takes it; NULL if there was no memory. */
json_t *json_flows_with(json_t *summary, const struct result *r);

#endif
