/* SPDX-License-Identifier: GPL-2.0-only */
/* What `xrtt path` found, for people. */
#ifndef XRTT_OUT_PATH_TEXT_H
#define XRTT_OUT_PATH_TEXT_H

#include <stdio.h>

#include "model/path.h"

/* A line for each router; with `each_flow` one for each of its flows instead.
 * 0 or -errno. */
int path_text(FILE *to, const struct path *path, bool colour, bool each_flow);

#endif
