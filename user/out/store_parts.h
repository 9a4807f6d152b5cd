/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the run store share. */
#ifndef XRTT_OUT_STORE_PARTS_H
#define XRTT_OUT_STORE_PARTS_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "out/store.h"

#define STORE_APPLICATION 0x78727474 /* "xrtt": PRAGMA application_id */

/* 0.6 s of 200 000 samples a second. */
#define STORE_QUEUE ((size_t)1 << 17)

/* So long a statement waits for another process that writes. */
#define STORE_BUSY_MS 1000

enum store_kind {
	STORE_SAMPLE,
	STORE_CLOCK,
};

struct store_item {
	enum store_kind kind;
	union {
		struct sample sample;
		struct steering_reading reading;
	};
};

struct store {
	sqlite3 *db; /* the thread's while it runs */
	char *path;
	sqlite3_int64 run;
	bool failed; /* and was told; nothing more is written */
	bool has_thread;
	pthread_t thread;
	mono_t origin;
	/* What the facts of the outset took for it, and UTC then. */
	mono_t provisional;
	real_t provisional_utc;
	mono_t looked; /* last, at the NIC's counters */
	store_look_fn *look;
	void *look_data;

	/* The thread's own. */
	sqlite3_stmt *insert_sample;
	sqlite3_stmt *insert_clock;
	bool has_remote;
	remote_t remote;
	bool has_sample;
	uint64_t stored;
	bool is_moved; /* the run's row has its origin */

	/* Whoever measures writes `tail`, the thread `head`. */
	struct store_item *queue;
	uint64_t unstored;
	_Alignas(64) _Atomic uint64_t tail;
	_Alignas(64) _Atomic uint64_t head;
	_Atomic bool may_wait; /* for room in the queue */
	_Atomic bool is_ending;
};

static inline uint64_t store_waiting(const struct store *store)
{
	return atomic_load_explicit(&store->tail, memory_order_relaxed) -
	       atomic_load_explicit(&store->head, memory_order_acquire);
}

/* What the database says, and the kernel where that says more. */
void store_explain(sqlite3 *db, char *why);

/* Whether it is one of ours, or empty and can become one: 0, or -errno and
 * `why` filled. */
int store_check_kind(sqlite3 *db, bool *is_new, char *why);

/* Says it once, with the database's words; from then on nothing is written. */
void store_fail(struct store *store);

/* Each 0, or -EIO after store_fail(). */
int store_run_sql(struct store *store, const char *sql);
sqlite3_stmt *store_prepare(struct store *store, const char *sql);
int store_step(struct store *store, sqlite3_stmt *statement);

/* A statement for once: its values, then store_done(). NULL is allowed. */
void store_text(sqlite3_stmt *s, int at, const char *text);
void store_count(sqlite3_stmt *s, int at, bool known, int64_t value);
void store_number(sqlite3_stmt *s, int at, double value);
int store_done(struct store *store, sqlite3_stmt *statement);

/* store_facts.c: what is not samples, within a transaction of the caller's. */
int store_write_outset(struct store *store, const struct store_outset *outset);
int store_write_end(struct store *store, const struct result *result,
		    const struct store_tuning *tuning);

/* store_writer.c: the thread's body. */
void *store_write(void *store);

#endif
