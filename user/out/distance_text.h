/* SPDX-License-Identifier: GPL-2.0-only */
/* Places, floors and what a round trip costs an application, for people. */
#ifndef XRTT_OUT_DISTANCE_TEXT_H
#define XRTT_OUT_DISTANCE_TEXT_H

#include "model/result.h"
#include "out/format.h"
#include "out/page.h"

/* "1.58 to 1.63"; "?" is an end without a bound. */
struct shown distance_ratio(const struct range *r);

/* One note: how far, the floor, the inflation, what others measured. */
void distance_note(struct page *page, const struct distance *d);

/* One column of the table: what it is, and the round trip it is made of. */
struct application_column {
	const char *name;
	const struct application *at; /* left out where it is not known */
};

/* The table, in milliseconds; up to a column with `name` NULL. */
void application_show(struct page *page,
		      const struct application_column *column);

/* The whole of `xrtt distance`. 0 or -errno. */
int distance_text(FILE *to, const struct distance *d,
		  const struct application_outlook *outlook, bool colour);

#endif
