/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run store: runs, their samples, clock readings, events and budgets in one
 * SQLite database (store.sql; section "RUN STORE" of xrtt(8)). A thread of its
 * own writes; whoever measures only hands over, without a system call, and what
 * the bounded queue has no room for is counted and said.
 *
 * It commits four times a second, to a write-ahead log: killed at any moment
 * the file opens, is consistent and lacks less than the last second.
 */
#ifndef XRTT_OUT_STORE_H
#define XRTT_OUT_STORE_H

#include "model/machine.h"
#include "model/result.h"
#include "model/steering.h"

#define STORE_VERSION 1 /* PRAGMA user_version */
#define STORE_WHY 512

struct store;

/* What the run changed on this host, a line each. */
struct store_tuning {
	size_t lines;
	char **line;
};

/* What is known before the first probe. */
struct store_outset {
	const struct result *result; /* nothing measured yet */
	const struct machine *machine;
	const struct store_tuning *tuning;
	const struct wire_ends *ends; /* by enum engine */
};

/* A NIC's counter that has changed since the last look. */
struct store_counter {
	mono_t at;
	const char *name;
	uint64_t from;
	uint64_t to;
};

/* Reads the counters, in the store's thread, once a second, and gives those
 * that have changed to store_note_counter(). When it looked. */
typedef mono_t store_look_fn(void *data, struct store *store);

/* Creates or opens it and begins a run. NULL, with one line in `why` (STORE_WHY
 * octets): another program's database, a newer xrtt's, read-only, ... */
struct store *store_open(const char *path, const struct store_outset *outset,
			 char *why);

/* Zero of all times; the thread begins. 0, or -errno: there will be nothing but
 * the run's facts in it. */
int store_start(struct store *store, mono_t origin);

/* Before store_start(). */
void store_set_look(struct store *store, store_look_fn *look, void *data);
/* From `look` alone. */
void store_note_counter(struct store *store, const struct store_counter *c);

/* From one thread. Neither waits for room, unless store_wait() allowed it. */
void store_sample(struct store *store, const struct sample *s);
void store_clock(struct store *store, const struct steering_reading *reading);

/* Nothing is being measured any more: from here on there is time. */
void store_wait(struct store *store);

/* Ends the run; `result` is NULL where there is none. Whatever went wrong has
 * been told on stderr. 0 or -errno, if not all is in the file. */
int store_end(struct store *store, const struct result *result,
	      const struct store_tuning *tuning);

#endif
