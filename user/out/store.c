// SPDX-License-Identifier: GPL-2.0-only
#include "out/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out/store_parts.h"

static const char schema[] =
#include "store.sql.h"
	;

/* ---- errors -------------------------------------------------------------- */

void store_explain(sqlite3 *db, char *why)
{
	int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
	int err = db ? sqlite3_system_errno(db) : ENOMEM;

	if (code == SQLITE_NOTADB)
		snprintf(why, STORE_WHY, "it is not a database");
	else if (code == SQLITE_READONLY)
		snprintf(why, STORE_WHY, "it cannot be written to (%s)",
			 sqlite3_errmsg(db));
	else if ((code == SQLITE_CANTOPEN || code == SQLITE_IOERR) && err)
		snprintf(why, STORE_WHY, "%s", strerror(err));
	else
		snprintf(why, STORE_WHY, "%s",
			 db ? sqlite3_errmsg(db) : strerror(err));
}

void store_fail(struct store *store)
{
	char why[STORE_WHY];

	if (store->failed)
		return;
	store_explain(store->db, why);
	store->failed = true;
	fprintf(stderr,
		"xrtt: cannot write to %s: %s; the run goes on without it\n",
		store->path, why);
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- statements ---------------------------------------------------------- */

int store_run_sql(struct store *store, const char *sql)
{
	if (store->failed)
		return -EIO;
	if (!sqlite3_exec(store->db, sql, NULL, NULL, NULL))
		return 0;
	store_fail(store);
	return -EIO;
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (!store->failed &&
	    sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &statement, NULL))
		store_fail(store);
	return statement;
}

int store_step(struct store *store, sqlite3_stmt *statement)
{
	int err;

	if (store->failed || !statement)
		return -EIO;
	err = sqlite3_step(statement);
	if (err != SQLITE_DONE)
		store_fail(store);
	sqlite3_reset(statement);
	return err == SQLITE_DONE ? 0 : -EIO;
}

void store_text(sqlite3_stmt *s, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(s, at);
}

void store_count(sqlite3_stmt *s, int at, bool known, int64_t value)
{
	if (known)
		sqlite3_bind_int64(s, at, value);
	else
		sqlite3_bind_null(s, at);
}

/* SQLite has no NaN: it makes it NULL, as we want it. */
void store_number(sqlite3_stmt *s, int at, double value)
{
	store_count(s, at, false, 0);
	if (value - value == 0)
		sqlite3_bind_double(s, at, value);
}

int store_done(struct store *store, sqlite3_stmt *statement)
{
	int err = store_step(store, statement);

	sqlite3_finalize(statement);
	return err;
}

/* ---- opening ------------------------------------------------------------- */

static int pragma_int(sqlite3 *db, const char *sql, int *out)
{
	sqlite3_stmt *s = NULL;
	int err = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

	if (!err && sqlite3_step(s) == SQLITE_ROW)
		*out = sqlite3_column_int(s, 0);
	else
		err = -EIO;
	sqlite3_finalize(s);
	return err ? -EIO : 0;
}

int store_check_kind(sqlite3 *db, bool *is_new, char *why)
{
	int application, version, tables;

	if (pragma_int(db, "PRAGMA application_id", &application) ||
	    pragma_int(db, "PRAGMA user_version", &version) ||
	    pragma_int(db, "SELECT count(*) FROM sqlite_schema", &tables)) {
		store_explain(db, why);
		return -EIO;
	}
	*is_new = !tables && !application;
	if (*is_new)
		return 0;
	if (application != STORE_APPLICATION) {
		snprintf(why, STORE_WHY,
			 "it is a database, but none of xrtt's");
		return -EEXIST;
	}
	if (version != STORE_VERSION) {
		snprintf(why, STORE_WHY,
			 "its tables are of version %d, this xrtt has %d",
			 version, STORE_VERSION);
		return -EEXIST;
	}
	return 0;
}

static int create_tables(struct store *store)
{
	char sql[96];

	snprintf(sql, sizeof(sql),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 STORE_APPLICATION, STORE_VERSION);
	if (store_run_sql(store, schema) || store_run_sql(store, sql))
		return -EIO;
	return 0;
}

static int open_database(struct store *store, char *why)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			  SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(store->path, &store->db, flags, NULL)) {
		store_explain(store->db, why);
		return -EIO;
	}
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	return 0;
}

/* A failure here is the caller's to tell. */
static int begin_run(struct store *store, const struct store_outset *outset,
		     char *why)
{
	bool is_new;

	if (store_check_kind(store->db, &is_new, why))
		return -EIO;
	/* Where the file system has no shared memory it stays a journal. */
	sqlite3_exec(store->db,
		     "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
		     "PRAGMA wal_autocheckpoint = 8192",
		     NULL, NULL, NULL);
	if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL)) {
		store_explain(store->db, why);
		return -EIO;
	}
	/* Another run may have made them meanwhile. */
	if (store_check_kind(store->db, &is_new, why))
		return -EIO;
	if ((is_new && create_tables(store)) ||
	    store_write_outset(store, outset) || store_run_sql(store, "COMMIT"))
		return -EIO;
	return 0;
}

static void destroy(struct store *store)
{
	sqlite3_close(store->db);
	free(store->queue);
	free(store->path);
	free(store);
}

struct store *store_open(const char *path, const struct store_outset *outset,
			 char *why)
{
	struct store *store = aligned_alloc(64, sizeof(*store));

	*why = '\0';
	if (!store)
		goto no_memory;
	memset(store, 0, sizeof(*store));
	store->path = strdup(path);
	/* Touched now, not under way. */
	store->queue = malloc(STORE_QUEUE * sizeof(*store->queue));
	if (!store->path || !store->queue) {
		destroy(store);
		goto no_memory;
	}
	memset(store->queue, 0xff, STORE_QUEUE * sizeof(*store->queue));
	store->provisional = outset->result->run.origin;
	store->provisional_utc.ns =
		outset->result->run.origin_tai_ns -
		outset->result->clock.tai_offset_s * NSEC_PER_SEC;
	if (!open_database(store, why) && !begin_run(store, outset, why))
		return store;
	destroy(store);
	return NULL;

no_memory:
	snprintf(why, STORE_WHY, "out of memory");
	return NULL;
}

int store_start(struct store *store, mono_t origin)
{
	int err;

	store->origin = store->looked = origin;
	err = pthread_create(&store->thread, NULL, store_write, store);
	store->has_thread = !err;
	if (err)
		fprintf(stderr,
			"xrtt: %s will have no samples: no thread: %s\n",
			store->path, strerror(err));
	return -err;
}

/* ---- under way ----------------------------------------------------------- */

static struct store_item *room(struct store *store)
{
	const struct timespec pause = { .tv_nsec = NSEC_PER_MSEC };
	uint64_t tail =
		atomic_load_explicit(&store->tail, memory_order_relaxed);

	if (!store->has_thread)
		return NULL;
	while (atomic_load_explicit(&store->may_wait, memory_order_relaxed) &&
	       store_waiting(store) == STORE_QUEUE)
		nanosleep(&pause, NULL);
	if (store_waiting(store) == STORE_QUEUE)
		return NULL;
	return &store->queue[tail % STORE_QUEUE];
}

static void give(struct store *store)
{
	uint64_t tail =
		atomic_load_explicit(&store->tail, memory_order_relaxed);

	atomic_store_explicit(&store->tail, tail + 1, memory_order_release);
}

void store_sample(struct store *store, const struct sample *s)
{
	struct store_item *item = room(store);

	if (!item) {
		store->unstored++;
		return;
	}
	item->kind = STORE_SAMPLE;
	item->sample = *s;
	give(store);
}

void store_clock(struct store *store, const struct steering_reading *reading)
{
	struct store_item *item = room(store);

	if (!item)
		return;
	item->kind = STORE_CLOCK;
	item->reading = *reading;
	give(store);
}

void store_wait(struct store *store)
{
	atomic_store_explicit(&store->may_wait, true, memory_order_relaxed);
}

void store_set_look(struct store *store, store_look_fn *look, void *data)
{
	store->look = look;
	store->look_data = data;
}

/* ---- the end ------------------------------------------------------------- */

/* One file is left, if nobody else reads it. */
static void fold(struct store *store)
{
	sqlite3_exec(store->db,
		     "PRAGMA wal_checkpoint(TRUNCATE); "
		     "PRAGMA journal_mode = DELETE",
		     NULL, NULL, NULL);
}

int store_end(struct store *store, const struct result *result,
	      const struct store_tuning *tuning)
{
	int err;

	if (!store)
		return 0;
	atomic_store_explicit(&store->is_ending, true, memory_order_release);
	if (store->has_thread)
		pthread_join(store->thread, NULL);
	if (!store_run_sql(store, "BEGIN IMMEDIATE") &&
	    !store_write_end(store, result, tuning) &&
	    !store_run_sql(store, "COMMIT"))
		fold(store);
	if (store->unstored && !store->failed)
		fprintf(stderr,
			"xrtt: %s lacks %llu samples, which came faster than "
			"it takes them; the report has them all\n",
			store->path, (unsigned long long)store->unstored);
	err = store->failed || store->unstored ? -EIO : 0;
	destroy(store);
	return err;
}
