/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What --samples keeps of a run, as rows (.csv, .jsonl) or in a run store
 * (.db). Without that option all of these do nothing. What goes wrong is told
 * on stderr, and the measurement goes on.
 */
#ifndef XRTT_CMD_RECORD_H
#define XRTT_CMD_RECORD_H

#include "cmd/probe_options.h"
#include "model/steering.h"
#include "out/samples.h"
#include "out/store.h"

struct nic_watch;

/* Begins as zeros but for the options. */
struct record {
	const struct probe_options *options;
	struct samples *samples;
	struct store *store;
	struct store_tuning tuning;
	struct nic_watch *nic;
	struct wire_ends ends[ENGINES]; /* from record_started() on */
};

/* Whether record_outset() has anything to do: what it asks for takes time. */
bool record_has_store(const struct record *record);

/* A line about what was changed on this host. */
void record_tuned(struct record *record, const char *line);

/* As session.h's observers. */
void record_outset(struct record *record, const struct result *so_far,
		   const struct wire_ends ends[ENGINES]);
void record_started(struct record *record, mono_t origin,
		    const struct wire_ends ends[ENGINES]);
void record_settled(struct record *record, const struct sample *sample);
void record_clock(struct record *record,
		  const struct steering_reading *reading);

/* Nothing is measured any more. */
void record_over(struct record *record);

/* `result` is NULL where the run did not come to one. */
void record_end(struct record *record, const struct result *result);

#endif
