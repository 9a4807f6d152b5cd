/* SPDX-License-Identifier: GPL-2.0-only */
/* Settled samples in, the statistics of a result out. */
#ifndef XRTT_PROBE_COLLECT_H
#define XRTT_PROBE_COLLECT_H

#include "model/result.h"
#include "model/until.h"

struct collector;
struct page_pool;

/*
 * Memory is bounded however many probes there are, in MiB: a duration takes 2
 * up to DISTRIBUTION_BOUND samples and 1 beyond, the segments 6 and 3, the
 * account 1/2, the stages of whole probes 1. Beyond, all histograms share a
 * page pool of 32: socket (12 durations) 49, bypass (3) 40, both 56, and up to
 * 4 while a report is made.
 *
 * It uses the pool of the one `beside` it, or its own if that is NULL. Both are
 * for one thread; either may be destroyed first. NULL: no memory.
 */
struct collector *collector_create(const struct collector *beside);
void collector_destroy(struct collector *c);

/* Its page pool, which stays its own. */
struct page_pool *collector_pool(const struct collector *c);

/* What bounds "network", before the first sample. */
void collector_set_ends(struct collector *c, const struct wire_ends *ends);

/* No segments: samples of several flows in turn have none. Before the first
 * sample. */
void collector_forgo_segments(struct collector *c);

/* The zero of the segments' times, before the first sample. */
void collector_set_origin(struct collector *c, mono_t origin);

/* A first reply, in order of arrival; `reflector_seq` is NULL where it has no
 * number of its own, or not one of this collector's probes alone. */
void collector_arrived(struct collector *c, uint32_t seq,
		       const uint32_t *reflector_seq);

/* A probe whose outcome is final, in sending order. */
void collector_settled(struct collector *c, const struct sample *s);

/* A probe that never had a slot: planned, not sent. */
void collector_refused(struct collector *c);

/* The far host's counters before the first and after the last probe. */
void collector_counters_start(struct collector *c, uint32_t rx, uint32_t tx);
void collector_counters_end(struct collector *c, uint32_t rx, uint32_t tx);

/* Probes as counted so far, cheap. */
void collector_probes(const struct collector *c, struct probes *out);

/* Whether the far host numbers its answers itself. */
bool collector_is_stateful(const struct collector *c);

/*
 * Whether "network" is known as well as `until` asks (model/until.h), told by
 * the look that finds it. To be called between probes, at most once a second: a
 * look is only taken when the samples have grown by a quarter, and then costs 8
 * ns for each up to DISTRIBUTION_BOUND (2 ms, 4 with cold caches), 0.5 ms
 * beyond it.
 */
bool collector_until(struct collector *c, const struct until *until);

/* Before the first sample: they tell what was stolen from them. */
int collector_expect_stolen(struct collector *c);

/* The samples of "network" as distribution_sorted() has them. */
int64_t *collector_network(const struct collector *c, size_t *n);

/* By how much p50 and p99 of "network" would be less without the time that was
 * stolen from its probes, in ns; `ns` is left alone where nobody looked. */
void collector_stolen(const struct collector *c, double ns[2]);

/* Fills probes, loss, all durations, share, ttl, the counts of disorder and of
 * missing stamps, pacing.lateness and achieved_pps, segments and
 * run.remote_origin; leaves the rest. May be called again later. The segments
 * are for the caller to free(); without memory for them there are none. */
void collector_report(struct collector *c, struct result *out);

/* The two verdicts, once all else of the result is filled. */
void collector_judge(const struct collector *c, struct result *out);

#endif
