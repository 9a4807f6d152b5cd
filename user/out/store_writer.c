// SPDX-License-Identifier: GPL-2.0-only
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "out/store_parts.h"

#define ROUND_NS (250 * NSEC_PER_MSEC)
#define LOOK_ROUNDS 4

/* Waits so often for another process, STORE_BUSY_MS each, once somebody waits
 * for us. */
#define LATE_ROUNDS 10

/* Others want the CPU more: who measures, above all. */
#define NICE 5

/* ---- rows ---------------------------------------------------------------- */

static void bind_stamps(const struct store *store, const struct sample *s,
			int at)
{
	sqlite3_stmt *row = store->insert_sample;

	for (int i = 0; i < STAMPS; i++, at++) {
		if (!sample_has(s, i))
			sqlite3_bind_null(row, at);
		else if (i == STAMP_REMOTE_RX)
			sqlite3_bind_int64(
				row, at,
				remote_sub(s->remote_rx, store->remote).ns);
		else if (i == STAMP_REMOTE_TX)
			sqlite3_bind_int64(
				row, at,
				remote_sub(s->remote_tx, store->remote).ns);
		else
			sqlite3_bind_int64(
				row, at, mono_sub(s->at[i], store->origin).ns);
	}
}

static void set_remote(struct store *store, const struct sample *s)
{
	sqlite3_stmt *update;

	if (store->has_remote || !sample_first_remote(s, &store->remote))
		return;
	store->has_remote = true;
	update = store_prepare(store, "UPDATE run SET remote_origin_tai_ns = ? "
				      "WHERE run = ?");
	store_count(update, 1, true, store->remote.ns);
	store_count(update, 2, true, store->run);
	store_done(store, update);
}

/* Where the run's samples are in the file. */
static void set_first(struct store *store)
{
	sqlite3_stmt *update;

	if (store->has_sample)
		return;
	store->has_sample = true;
	update = store_prepare(store, "UPDATE run SET first_sample = ? "
				      "WHERE run = ?");
	store_count(update, 1, true, sqlite3_last_insert_rowid(store->db));
	store_count(update, 2, true, store->run);
	store_done(store, update);
}

static void put_sample(struct store *store, const struct sample *s)
{
	sqlite3_stmt *row = store->insert_sample;

	set_remote(store, s);
	sqlite3_bind_int64(row, 2, s->seq);
	sqlite3_bind_int64(row, 3, s->flow);
	sqlite3_bind_text(row, 4, engine_name(s->engine), -1, SQLITE_STATIC);
	sqlite3_bind_text(row, 5, status_name(s->status), -1, SQLITE_STATIC);
	store_count(row, 6, s->due.ns, mono_sub(s->due, store->origin).ns);
	bind_stamps(store, s, 7);
	store_count(row, 17, s->ttl >= 0, s->ttl);
	store_count(row, 18, s->remote_ttl >= 0, s->remote_ttl);
	store_count(row, 19, s->has_reflector_seq, s->reflector_seq);
	sqlite3_bind_int64(row, 20, s->flags);
	sqlite3_bind_int64(row, 21, s->duplicate_forward);
	sqlite3_bind_int64(row, 22, s->duplicate_return);
	store_count(row, 23, s->flags & SAMPLE_STOLEN, s->stolen.ns);
	store_count(row, 24, sample_has(s, STAMP_HW_RX), s->hw_bar.ns);
	if (store_step(store, row))
		return;
	set_first(store);
	store->stored++;
}

static void put_clock(struct store *store, const struct steering_reading *r)
{
	sqlite3_stmt *row = store->insert_clock;

	sqlite3_bind_int64(row, 2, mono_sub(r->at, store->origin).ns);
	sqlite3_bind_int64(row, 3, r->lo);
	sqlite3_bind_int64(row, 4, r->hi);
	store_step(store, row);
}

/* ---- rounds -------------------------------------------------------------- */

static void prepare_rows(struct store *store)
{
	store->insert_sample = store_prepare(
		store, "INSERT INTO sample VALUES (NULL,?1,?2,?3,?4,?5,?6,?7,"
		       "?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,"
		       "?21,?22,?23,?24)");
	store->insert_clock =
		store_prepare(store, "INSERT INTO clock VALUES (?1,?2,?3,?4)");
	store_count(store->insert_sample, 1, true, store->run);
	store_count(store->insert_clock, 1, true, store->run);
}

/* The facts were written a little before the run's zero. */
static void move_origin(struct store *store)
{
	span_t by = mono_sub(store->origin, store->provisional);
	sqlite3_stmt *update = store_prepare(
		store, "UPDATE run SET origin_mono_ns = ?, origin_tai_ns = "
		       "origin_tai_ns + ?, start = ? WHERE run = ?");
	char start[TIME_TEXT];

	time_text((real_t){ store->provisional_utc.ns + by.ns }, start);
	store_count(update, 1, true, store->origin.ns);
	store_count(update, 2, true, by.ns);
	store_text(update, 3, start);
	store_count(update, 4, true, store->run);
	store_done(store, update);
	store->is_moved = true;
}

static void put(struct store *store, const struct store_item *item)
{
	if (item->kind == STORE_SAMPLE)
		put_sample(store, &item->sample);
	else
		put_clock(store, &item->reading);
}

static void take_queue(struct store *store)
{
	uint64_t tail =
		atomic_load_explicit(&store->tail, memory_order_acquire);
	uint64_t head =
		atomic_load_explicit(&store->head, memory_order_relaxed);

	while (head != tail) {
		if (!store->failed)
			put(store, &store->queue[head % STORE_QUEUE]);
		head++;
		if (head % 1024 == 0 || head == tail)
			atomic_store_explicit(&store->head, head,
					      memory_order_release);
	}
}

static bool begin(struct store *store)
{
	int err = store->failed ? SQLITE_OK
				: sqlite3_exec(store->db, "BEGIN IMMEDIATE",
					       NULL, NULL, NULL);

	if (err && err != SQLITE_BUSY)
		store_fail(store);
	return err != SQLITE_BUSY;
}

/* What waits there when it begins. Another process that writes to the same file
 * gets its turn between two rounds; false: it had not ended it. */
static bool write_round(struct store *store, bool looks)
{
	if (!begin(store))
		return false;
	if (!store->failed && !store->is_moved)
		move_origin(store);
	if (!store->failed && looks && store->look)
		store->looked = store->look(store->look_data, store);
	take_queue(store);
	if (!store->failed)
		store_run_sql(store, "COMMIT");
	return true;
}

static void sleep_round(const struct store *store)
{
	const struct timespec round = { .tv_nsec = ROUND_NS };

	if (store_waiting(store) < STORE_QUEUE / 4)
		nanosleep(&round, NULL);
}

void *store_write(void *data)
{
	struct store *store = data;
	unsigned int late = 0, round = 0;
	bool is_awaited, is_ending, is_done;

	setpriority(PRIO_PROCESS, syscall(SYS_gettid), NICE);
	prepare_rows(store);
	do {
		is_ending = atomic_load_explicit(&store->is_ending,
						 memory_order_acquire);
		is_awaited =
			is_ending || atomic_load_explicit(&store->may_wait,
							  memory_order_relaxed);
		is_done = write_round(store,
				      is_ending || round++ % LOOK_ROUNDS == 0);
		if (is_awaited && !is_done && late++ == LATE_ROUNDS)
			store_fail(store);
		if (!is_ending)
			sleep_round(store);
	} while (!is_ending || (!is_done && !store->failed));
	sqlite3_finalize(store->insert_sample);
	sqlite3_finalize(store->insert_clock);
	return NULL;
}
