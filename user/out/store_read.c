// SPDX-License-Identifier: GPL-2.0-only
#include "out/store_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out/store_parts.h"

struct store_reader {
	sqlite3 *db;
};

/* ---- opening ------------------------------------------------------------- */

/* After a kill the log has to be played back, which writes; where that is not
 * allowed, what is in the file itself is still there. */
static int open_either(const char *path, sqlite3 **db)
{
	int err = sqlite3_open_v2(
		path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (!err)
		return 0;
	sqlite3_close(*db);
	return sqlite3_open_v2(
		path, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
}

struct store_reader *store_reader_open(const char *path, char *why)
{
	struct store_reader *reader = calloc(1, sizeof(*reader));
	bool is_new = false;

	*why = '\0';
	if (!reader) {
		snprintf(why, STORE_WHY, "out of memory");
		return NULL;
	}
	if (open_either(path, &reader->db))
		store_explain(reader->db, why);
	else
		store_check_kind(reader->db, &is_new, why);
	if (is_new)
		snprintf(why, STORE_WHY, "there is no run in it");
	if (!*why) {
		sqlite3_busy_timeout(reader->db, STORE_BUSY_MS);
		return reader;
	}
	store_reader_close(reader);
	return NULL;
}

void store_reader_close(struct store_reader *reader)
{
	if (!reader)
		return;
	sqlite3_close(reader->db);
	free(reader);
}

/* ---- a run --------------------------------------------------------------- */

static char *column_text(sqlite3_stmt *s, int at)
{
	const char *text = (const char *)sqlite3_column_text(s, at);

	return text ? strdup(text) : NULL;
}

static bool has_column(sqlite3_stmt *s, int at)
{
	return sqlite3_column_type(s, at) != SQLITE_NULL;
}

static void fill_run(sqlite3_stmt *s, struct store_run *out)
{
	out->run = sqlite3_column_int64(s, 0);
	out->is_complete = sqlite3_column_int(s, 1);
	out->start = column_text(s, 2);
	out->command = column_text(s, 3);
	out->target = column_text(s, 4);
	out->boot_id = column_text(s, 5);
	out->summary = column_text(s, 6);
	out->origin.ns = sqlite3_column_int64(s, 7);
	out->origin_tai_ns = sqlite3_column_int64(s, 8);
	out->has_remote = has_column(s, 9);
	out->remote.ns = sqlite3_column_int64(s, 9);
	out->has_samples = has_column(s, 10);
	out->first = sqlite3_column_int64(s, 10);
	out->last = has_column(s, 11) ? sqlite3_column_int64(s, 11) : INT64_MAX;
	out->samples = sqlite3_column_int64(s, 12);
	out->unstored = sqlite3_column_int64(s, 13);
	out->duration_ns = sqlite3_column_int64(s, 14);
	out->runs = sqlite3_column_int64(s, 15);
}

static int stamp_of(const char *name)
{
	for (int i = 0; name && i < STAMPS; i++) {
		if (!strcmp(stamp_name(i), name))
			return i;
	}
	return -1;
}

static int engine_of(const char *name)
{
	for (int i = 0; name && i < ENGINES; i++) {
		if (!strcmp(engine_name(i), name))
			return i;
	}
	return -1;
}

static const char *text_at(sqlite3_stmt *s, int at)
{
	return (const char *)sqlite3_column_text(s, at);
}

static int fill_ends(struct store_reader *reader, struct store_run *out)
{
	sqlite3_stmt *s = NULL;
	int err = sqlite3_prepare_v2(reader->db,
				     "SELECT engine, tx, rx, remote_inside "
				     "FROM engine WHERE run = ?",
				     -1, &s, NULL);

	sqlite3_bind_int64(s, 1, out->run);
	while (!err && sqlite3_step(s) == SQLITE_ROW) {
		int engine = engine_of(text_at(s, 0));
		int tx = stamp_of(text_at(s, 1)), rx = stamp_of(text_at(s, 2));

		if (engine < 0 || tx < 0 || rx < 0)
			continue;
		out->uses[engine] = true;
		out->ends[engine] =
			(struct wire_ends){ tx, rx, sqlite3_column_int(s, 3) };
	}
	sqlite3_finalize(s);
	return err;
}

int store_read_run(struct store_reader *reader, int64_t number,
		   struct store_run *out, char *why)
{
	sqlite3_stmt *s = NULL;
	int err = sqlite3_prepare_v2(
		reader->db,
		"SELECT run, complete, start, command, target, boot_id, "
		"summary, origin_mono_ns, origin_tai_ns, remote_origin_tai_ns, "
		"first_sample, last_sample, samples, unstored, duration_ns, "
		"(SELECT count(*) FROM run) FROM run "
		"WHERE run = ?1 OR ?1 = 0 ORDER BY run DESC LIMIT 1",
		-1, &s, NULL);

	memset(out, 0, sizeof(*out));
	*why = '\0';
	sqlite3_bind_int64(s, 1, number);
	if (!err)
		err = sqlite3_step(s);
	if (err == SQLITE_ROW) {
		fill_run(s, out);
		err = fill_ends(reader, out);
	} else if (err == SQLITE_DONE) {
		err = 0;
		snprintf(why, STORE_WHY,
			 number ? "there is no run %lld in it"
				: "there is no run in it",
			 (long long)number);
	}
	if (err)
		store_explain(reader->db, why);
	sqlite3_finalize(s);
	if (!*why)
		return 0;
	return err ? -EIO : -ENOENT;
}

void store_run_release(struct store_run *run)
{
	free(run->start);
	free(run->command);
	free(run->target);
	free(run->boot_id);
	free(run->summary);
	memset(run, 0, sizeof(*run));
}

int64_t store_next_run(struct store_reader *reader, int64_t after)
{
	sqlite3_stmt *s = NULL;
	int64_t next = 0;

	if (!sqlite3_prepare_v2(reader->db,
				"SELECT min(run) FROM run WHERE run > ?", -1,
				&s, NULL)) {
		sqlite3_bind_int64(s, 1, after);
		if (sqlite3_step(s) == SQLITE_ROW)
			next = sqlite3_column_int64(s, 0);
	}
	sqlite3_finalize(s);
	return next;
}

/* ---- samples ------------------------------------------------------------- */

static int status_of(const char *name)
{
	for (int i = 0; name && i < PROBE_STATUSES; i++) {
		if (!strcmp(status_name(i), name))
			return i;
	}
	return -1;
}

/* Columns as put_sample() has them, without the run. */
static void fill_stamps(sqlite3_stmt *row, const struct store_run *run,
			struct sample *s)
{
	for (int i = 0; i < STAMPS; i++) {
		int64_t ns = sqlite3_column_int64(row, 5 + i);

		if (!has_column(row, 5 + i))
			continue;
		if (i == STAMP_REMOTE_RX)
			s->remote_rx.ns = run->remote.ns + ns;
		else if (i == STAMP_REMOTE_TX)
			s->remote_tx.ns = run->remote.ns + ns;
		else
			s->at[i].ns = run->origin.ns + ns;
		s->have |= 1U << i;
	}
}

/* False: one that no store of ours would hold. */
static bool fill_sample(sqlite3_stmt *row, const struct store_run *run,
			struct sample *s)
{
	int engine = engine_of(text_at(row, 2));
	int status = status_of(text_at(row, 3));

	memset(s, 0, sizeof(*s));
	if (engine < 0 || status < 0 || !run->uses[engine])
		return false;
	s->seq = sqlite3_column_int64(row, 0);
	s->flow = sqlite3_column_int64(row, 1);
	s->engine = engine;
	s->status = status;
	if (has_column(row, 4))
		s->due.ns = run->origin.ns + sqlite3_column_int64(row, 4);
	fill_stamps(row, run, s);
	s->ttl = has_column(row, 15) ? sqlite3_column_int(row, 15) : -1;
	s->remote_ttl = has_column(row, 16) ? sqlite3_column_int(row, 16) : -1;
	s->has_reflector_seq = has_column(row, 17);
	s->reflector_seq = sqlite3_column_int64(row, 17);
	s->flags = sqlite3_column_int64(row, 18);
	s->duplicate_forward = sqlite3_column_int64(row, 19);
	s->duplicate_return = sqlite3_column_int64(row, 20);
	s->stolen.ns = sqlite3_column_int64(row, 21);
	s->hw_bar.ns = sqlite3_column_int64(row, 22);
	return true;
}

int store_read_samples(struct store_reader *reader, const struct store_run *run,
		       int (*each)(void *data, const struct sample *s),
		       void *data, char *why)
{
	sqlite3_stmt *row = NULL;
	struct sample sample;
	int err, told = 0;

	*why = '\0';
	if (!run->has_samples)
		return 0;
	err = sqlite3_prepare_v2(
		reader->db,
		"SELECT seq, flow, engine, status, due_ns, app_tx_ns, "
		"tc_tx_ns, drv_tx_ns, remote_rx_ns, remote_tx_ns, hw_rx_ns, "
		"xdp_rx_ns, tc_rx_ns, sock_rx_ns, app_rx_ns, ttl, remote_ttl, "
		"reflector_seq, flags, duplicate_forward, duplicate_return, "
		"stolen_ns, hw_bar_ns FROM sample "
		"WHERE id BETWEEN ?1 AND ?2 AND run = ?3 ORDER BY id",
		-1, &row, NULL);
	sqlite3_bind_int64(row, 1, run->first);
	sqlite3_bind_int64(row, 2, run->last);
	sqlite3_bind_int64(row, 3, run->run);
	while (!err && !told) {
		err = sqlite3_step(row);
		if (err != SQLITE_ROW)
			break;
		err = 0;
		if (fill_sample(row, run, &sample))
			told = each(data, &sample);
	}
	if (err && err != SQLITE_DONE)
		store_explain(reader->db, why);
	sqlite3_finalize(row);
	return *why ? -EIO : told;
}
