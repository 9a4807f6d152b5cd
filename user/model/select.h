/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Order statistics without sorting: partitions around pivots drawn from a
 * sample of the values (after Floyd and Rivest, CACM 18, 1975), in time that
 * grows with the number of values; sorts where its luck runs out.
 */
#ifndef XRTT_MODEL_SELECT_H
#define XRTT_MODEL_SELECT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Permutes `value` so that for each of `ranks` ranks (1 is the smallest value;
 * ascending, none above n) value[rank - 1] is what sorting would put there.
 */
void select_ranks(int64_t *value, size_t n, const uint64_t *rank, size_t ranks);

#endif
