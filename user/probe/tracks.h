/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each of a run's flows went through: its probes, its network times, and
 * when its path changed. Settled samples in, struct flows out.
 *
 * Memory is bounded however many probes there are. For all flows together:
 * network times as they are up to TRACKS_SAMPLES, each flow having the same
 * share of them and none more than DISTRIBUTION_BOUND, 8 MiB; beyond its share
 * a flow goes on in histograms of the pool; the accounts 1/2 MiB. A path's
 * change takes some 150 octets, so a flow moved every ten seconds 1.3 MiB a
 * day.
 */
#ifndef XRTT_PROBE_TRACKS_H
#define XRTT_PROBE_TRACKS_H

#include "model/flows.h"
#include "probe/gap.h"

#define TRACKS_SAMPLES ((size_t)1 << 20)

/* Of one flow, for its error bar: even steps through what it has. */
#define TRACKS_STEPS ((size_t)1 << 10)

struct page_pool;
struct tracks;

/* `pool` is borrowed and must outlive it. NULL: no memory. */
struct tracks *tracks_create(unsigned int flows, struct page_pool *pool);
void tracks_destroy(struct tracks *t); /* NULL is allowed */

/* Both before the first sample: by how much two probes of one path may differ
 * through the instrument (watch.h), 0 or -ENOMEM; and the zero of all times. */
int tracks_watch(struct tracks *t, double bar_ns);
void tracks_set_origin(struct tracks *t, mono_t origin);

/* What tracks_watch() was given. */
double tracks_bar(const struct tracks *t);

/* As of collect.h's functions, of one flow. */
void tracks_arrived(struct tracks *t, unsigned int flow, uint32_t seq,
		    const uint32_t *reflector_seq);
void tracks_settled(struct tracks *t, const struct sample *s,
		    const struct wire_ends *ends);
void tracks_refused(struct tracks *t, unsigned int flow);
void tracks_counters_start(struct tracks *t, unsigned int flow, uint32_t rx,
			   uint32_t tx);
void tracks_counters_end(struct tracks *t, unsigned int flow, uint32_t rx,
			 uint32_t tx);

/* Whether the far host numbers a flow's answers itself. */
bool tracks_are_stateful(const struct tracks *t);

/* A flow's network times: TRACKS_STEPS values at the most, for the caller to
 * free; NULL with n == 0 if it has none, or there is no memory. */
struct gap_values tracks_network(const struct tracks *t, unsigned int flow);

/* All flows' probes and losses as sums; loss.longest_run, of them all in
 * sending order, is left as it is. */
void tracks_total(const struct tracks *t, struct result *out);

/*
 * Flows, segments and events; no classes yet, no bars, no ports. An event's
 * moment is when the path changed, which is some time between a probe's sending
 * and its answer: time_lo_ns is when a probe was sent that met the old path,
 * time_hi_ns when the answer was there of one that met the new one.
 *
 * May be called again later. 0 or -ENOMEM; to be released either way.
 */
int tracks_report(const struct tracks *t, struct flows *out);

/* Groups what was reported; a flow's class is its last segment's. 0 or
 * -ENOMEM. */
int tracks_classify(struct flows *flows, double bar_ns);

/* All that a report holds, bars and mine included, and itself; NULL is
 * allowed. */
void tracks_release(struct flows *flows);

#endif
