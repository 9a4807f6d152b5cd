/* SPDX-License-Identifier: GPL-2.0-only */
/* What pre-flight found, for people, for the report and for programs. */
#ifndef XRTT_OUT_PREFLIGHT_H
#define XRTT_OUT_PREFLIGHT_H

#include <jansson.h>
#include <stdio.h>

#include "model/preflight.h"
#include "out/page.h"

/* A line each, all of them: "xrtt probe: blocks xdp_mtu: ..., mend: ...". */
void preflight_text(FILE *to, const char *who, const struct preflight *found);

/* What the run suffered from, other than `said` (or NULL); NULL is fine. */
void preflight_notes(struct page *page, const struct preflight *found,
		     const char *said);

/* [{id,level,text,fix}]; NULL is an empty array. */
json_t *preflight_value(const struct preflight *found);

#endif
