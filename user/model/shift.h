/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Level shifts in a series of block minima: a path's fixed delay plus positive,
 * heavy-tailed, correlated noise, where the fixed part moves and stays. Pure,
 * offline.
 *
 * Proposed by optimal partitioning, exact: the absolute distance of a block
 * from its level, in robust deviations of neighbours' differences, bounded at 8
 * so that a burst is no level (Fearnhead and Rigaill, JASA 114, 2019, arXiv
 * 1609.07363), and 32 for each new level, found by functional recursion
 * (Maidstone et al., Stat. Comput. 27, 2017); with this cost PELT (Killick,
 * Fearnhead and Eckley, JASA 107, 2012) would find the same. On round trips
 * such methods compare well, and heavy tails are what misleads them (Shao et
 * al., 2017, arXiv 1709.04819).
 *
 * Then each shift has to be proved by what noise does not do, the weakest going
 * first. With "low" meaning at or under the middle between both levels:
 * - the levels, medians of block minima, are 5 scatters apart: the greater of
 *   both sides' robust deviations (1.4826 MAD) and that of the differences,
 *   200 ns at least, so that no shift below 1 us is ever found;
 * - the upper side lasts 6 blocks and 3 s, 6 s if it falls back under the
 *   middle, and 3 times the longest low-free stretch of the lower side; one
 *   block in 64 may be low, beside the outermost;
 * - the lower side lasts 4 blocks, by its cost.
 *
 * False alarms: runs at 10 ms with at least one (unit test, three seeds of
 * XRTT_RUNS=20000), and the upper end of the rate's 95 % interval:
 *
 *   noise                      10 s (60000)  30 s (19998)  100 s (6000)
 *   exponential, independent   0, 0.0061 %   0, 0.018 %    0, 0.061 %
 *   exponential, memory 0.5 s  2, 0.012 %    0, 0.018 %    0, 0.061 %
 *   Pareto, index 1.2          0, 0.0061 %   0, 0.018 %    0, 0.061 %
 *   queue, bursts every 5 s    8, 0.026 %    2, 0.036 %    0, 0.061 %
 *   bursts flat to 2 %         229, 0.43 %   121, 0.72 %   111, 2.2 %
 *
 * The last is the limit of any such method: a burst with a floor of its own
 * that outlasts the times above is a level. A steady drift is none.
 *
 * A single shift at 35 to 65 % of the run, found / of those within a block:
 *
 *   scatters, run              10, 10 s      20, 10 s     10, 100 s
 *   exponential                98 / 99 %     100 / 100 %
 *   exponential, memory 0.5 s  91 / 97 %     97 / 99 %    99.8 / 96 %
 *   Pareto                     97 / 98 %
 *   queue                                    89 / 93 %    99 / 90 %
 *
 * By the rules above a shift is missed where the lower side has a busy period
 * over a third as long as the upper side. What cannot be proved counts as a
 * busy period itself, and levels in turn, each as long, go with it: of 2000
 * runs with five levels of 20 s all were found in 2000 (exponential, Pareto),
 * 1963 (memory) and 1946 (queue), in nearly all others none.
 */
#ifndef XRTT_MODEL_SHIFT_H
#define XRTT_MODEL_SHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHIFT_BLOCKS 1024

/* The smallest of some consecutive samples. */
struct shift_block {
	int64_t from_ns; /* of the first sample */
	int64_t to_ns;	 /* of the next block's first, or of the last sample */
	int64_t min_ns;
};

/* `at` is, where it rises, the block after the last low one, and where it
 * falls, the first low one: the shift is in or beside the low block. */
struct shift {
	size_t at;
	bool rises;
	int64_t divide_ns; /* half way between the two levels */
};

/*
 * Finds the shifts among `n` blocks in time order, of about equally many
 * samples each; SHIFT_BLOCKS is the most that keeps it quick (n * n octets and
 * steps). `out` has room for n, in time order. 0, *found then telling how many,
 * or -ENOMEM.
 */
int shift_find(const struct shift_block *block, size_t n, struct shift *out,
	       size_t *found);

#endif
