/* SPDX-License-Identifier: GPL-2.0-only */
/* Settled samples in, the statistics of a result out. */
#ifndef XRTT_PROBE_COLLECT_H
#define XRTT_PROBE_COLLECT_H

#include "model/result.h"

struct collector;

struct collector *collector_create(void); /* NULL: no memory */
void collector_destroy(struct collector *c);

/* What bounds "network", before the first sample. */
void collector_set_ends(struct collector *c, const struct wire_ends *ends);

/* The zero of the segments' times, before the first sample. */
void collector_set_origin(struct collector *c, mono_t origin);

/* A first reply, in order of arrival. */
void collector_arrived(struct collector *c, const struct sample *s);

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

/* Fills probes, loss, all durations, share, ttl, counts.disorder and
 * counts.tx_stamp_missing, pacing.lateness and achieved_pps, segments and
 * run.remote_origin; leaves the rest. May be called again later. The segments
 * are for the caller to free(); without memory for them there are none. */
void collector_report(struct collector *c, struct result *out);

#endif
