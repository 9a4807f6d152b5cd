/* SPDX-License-Identifier: GPL-2.0-only */
/* What `xrtt path` found as JSON: the summary (out/json.h) with hops, routers,
 * flows, mtu and conclusions besides. */
#ifndef XRTT_OUT_PATH_JSON_H
#define XRTT_OUT_PATH_JSON_H

#include <stdio.h>

#include "model/path.h"

/* As json_write(). */
int path_json_write(FILE *to, const struct path *path);

#endif
