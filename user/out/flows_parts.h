/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the report of flows with a file of their own. */
#ifndef XRTT_OUT_FLOWS_PARTS_H
#define XRTT_OUT_FLOWS_PARTS_H

#include "model/flows.h"
#include "out/page.h"

/* A table's cell, its text to the right of so many columns. */
void cell_put(struct page *page, const char *text, int columns);

/* A blank line, and the line that names a table's columns. */
void heading_put(struct page *page, const char *text);

/* When which flow moved, the last few; and how many of these shifts may be
 * none (flows_events.c). */
void events_show(struct page *page, const struct flows *f);
void false_events_show(struct page *page, const struct flows *f);

/* The host's own connections and their classes (flows_mine.c). */
void mine_show(struct page *page, const struct result *r,
	       const struct flows *f);

#endif
