/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report for people: UTF-8, as wide as the terminal but between 80 and 110
 * columns, nothing in it that the result does not say. What is not known is
 * left out or shown as "?" or "–".
 */
#ifndef XRTT_OUT_TEXT_H
#define XRTT_OUT_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/result.h"
#include "out/page.h"

/* The whole report. Flushes `to`. Returns 0, or -errno if not all of it could
 * be written. */
int text_report(FILE *to, const struct result *r, bool colour);

/* The same on a page of the caller's. */
int text_show(struct page *page, const struct result *r);

/* The parts. */

/* Both hosts, the method, the clock. */
void header_show(struct page *page, const struct result *r);

/* The stages along one line, the far host's time hanging under the wire. Does
 * nothing where there is no "network" (timeline.c). */
void timeline_show(struct page *page, const struct result *r);

/* What became of every probe, and why, where it can be told (account.c). */
void account_show(struct page *page, const struct result *r);

/* Why the engine is not the one that was wanted, if it is not, and remarks,
 * each with a label (text_notes.c): all of them; what concerns the instrument,
 * its pacing aside; how the run ended, if not as planned; the two verdicts. */
void engine_note(struct page *page, const struct fallback *step);
void notes_show(struct page *page, const struct result *r);
void pacing_notes_show(struct page *page, const struct result *r);
void instrument_notes_show(struct page *page, const struct result *r);
void ending_notes_show(struct page *page, const struct result *r);
void verdict_notes_show(struct page *page, const struct result *r);

#endif
