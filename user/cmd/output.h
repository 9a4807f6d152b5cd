/* SPDX-License-Identifier: GPL-2.0-only */
/* What `xrtt probe` and `xrtt flows` do with a result. */
#ifndef XRTT_CMD_OUTPUT_H
#define XRTT_CMD_OUTPUT_H

#include <stdbool.h>

#include "cmd/probe_options.h"

/* --json: 0, or -errno after one line on stderr. */
int output_json(const struct probe_options *o, const struct result *result);

/* Where nothing came back to the bypass engine, and something stood in the way
 * of its frames here: says what, as preflight has it. */
void output_bypass_note(const struct probe_options *o,
			const struct result *result);

/* --fail-if: whether the run is to fail; says so, or why nobody can tell. */
bool output_condition_held(const struct probe_options *o,
			   const struct result *result);

#endif
