/* SPDX-License-Identifier: GPL-2.0-only */
/* What -v prints: a line a probe. */
#ifndef XRTT_OUT_VERBOSE_H
#define XRTT_OUT_VERBOSE_H

#include <stdio.h>

#include "model/sample.h"

/* "seq 17     ok  55 231.42 µs  app→tc 3.60 ...  network 55 213.84 ...", all in
 * microseconds, what is absent left out. Does not flush. 0 or -errno. */
int verbose_line(FILE *to, const struct sample *s,
		 const struct wire_ends *ends);

#endif
