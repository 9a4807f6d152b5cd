/* SPDX-License-Identifier: GPL-2.0-only */
/* A session as a cell of figures an engine, for those who look at the
 * instrument rather than at a path. */
#ifndef XRTT_PROBE_CELL_H
#define XRTT_PROBE_CELL_H

#include "model/null.h"
#include "probe/session.h"

/*
 * Runs the plan and fills the cells of its engines, by enum engine; those of
 * others may be NULL and are left alone. `engine` and `interval_ns` are the
 * caller's to set. *result is released by the caller, session_release(), also
 * after a failure. `why` (WHY_SIZE) is "" where every cell was filled, else
 * what each says too.
 */
enum session_end cells_measure(const struct plan *plan,
			       struct null_cell *const cell[ENGINES],
			       struct result *result, char *why);

#endif
