/* SPDX-License-Identifier: GPL-2.0-only */
/* The floor that `xrtt doctor --null` last stored on this host. */
#ifndef XRTT_PROBE_NULL_STORE_H
#define XRTT_PROBE_NULL_STORE_H

#include "model/null.h"

/* In the state directory (host/state.h). */
#define NULL_STORE "null.json"

/*
 * Reads it and judges whether it holds here and now (out->stale). Nothing in
 * the file is believed: types, ranges, sums and order are checked, and texts
 * have no control characters. 0; -ENOENT: nothing is stored; -EBADMSG: what is
 * there is not ours or damaged; or -errno. *out is all zero unless 0.
 */
int null_load(struct null_floor *out);

/* The same of a text, without the judgement. 0, -EBADMSG or -ENOMEM. */
int null_parse(const char *text, size_t size, struct null_floor *out);

#endif
