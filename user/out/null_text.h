/* SPDX-License-Identifier: GPL-2.0-only */
/* The instrument's own floor as a table on a page. */
#ifndef XRTT_OUT_NULL_TEXT_H
#define XRTT_OUT_NULL_TEXT_H

#include "model/null.h"
#include "out/page.h"

void null_text(struct page *page, const struct null_floor *floor);

#endif
