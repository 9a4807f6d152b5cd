/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What N flows between two hosts showed, for people: the classes, how long a
 * path lasts, the best, median and worst of them, when which flow moved, and
 * which path this host's own connections are on.
 */
#ifndef XRTT_OUT_FLOWS_TEXT_H
#define XRTT_OUT_FLOWS_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/flows.h"
#include "out/page.h"

/* The whole report; probes, losses and hosts are `result`'s. Flushes `to`. 0,
 * or -errno if not all of it could be written. */
int flows_text(FILE *to, const struct result *result, const struct flows *flows,
	       bool colour);

/* The same on a page of the caller's. */
int flows_show(struct page *page, const struct result *result,
	       const struct flows *flows);

#endif
