/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hops of a path, a line for each router, or with `each_flow` for each hop
 * of each flow. Hidden ones of the same flows in a row share a line.
 */
#ifndef XRTT_OUT_PATH_TABLE_H
#define XRTT_OUT_PATH_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "model/path.h"
#include "out/format.h"

void path_table(FILE *to, const struct path *path, bool each_flow);

/* What sampling makes of its median, "+1.19 −1.29". */
struct shown path_sampling(const struct duration *d);

/* "62", or "61-62", or a dash. */
struct shown path_ttl(const struct ttl_range *t);

#endif
