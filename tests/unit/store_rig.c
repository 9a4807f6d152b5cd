// SPDX-License-Identifier: GPL-2.0-only
#include "store_rig.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "out_fixture.h"
#include "unit.h"

char store_path[] = "/tmp/xrtt-store.XXXXXX/run.db";

const mono_t store_origin = { 81234567890123 };
const remote_t store_remote = { 1772366437027500000 };

const struct wire_ends store_ends[ENGINES] = {
	{ STAMP_DRV_TX, STAMP_XDP_RX, false },
	{ STAMP_DRV_TX, STAMP_XDP_RX, false },
};

void store_remove(void)
{
	static const char *const tail[] = { "", "-wal", "-shm", "-journal" };
	char name[64];

	for (size_t i = 0; i < ARRAY_SIZE(tail); i++) {
		snprintf(name, sizeof(name), "%s%s", store_path, tail[i]);
		unlink(name);
	}
}

struct store *store_try(char *why)
{
	static const struct machine machine = { "6.12", "a-boot", "a-cpu" };
	static const struct store_tuning none;
	static struct both_fixture both;
	const struct store_outset outset = { &both.result, &machine, &none,
					     store_ends };

	fixture_both(&both);
	return store_open(store_path, &outset, why);
}

struct store *store_begun(void)
{
	char why[STORE_WHY];
	struct store *store = store_try(why);

	if (!store)
		fail_msg("%s", why);
	assert_int_equal(store_start(store, store_origin), 0);
	return store;
}

void store_finish(struct store *store)
{
	static char line[] = "near0: rx-usecs 20 -> 0";
	static char *lines[] = { line };
	struct both_fixture both;

	fixture_both(&both);
	assert_int_equal(store_end(store, &both.result,
				   &(struct store_tuning){ 1, lines }),
			 0);
}

struct sample store_some_sample(struct prng *prng, uint32_t n)
{
	struct sample s = fixture_sample(store_origin, store_remote);

	s.seq = n;
	s.engine = prng_below(prng, ENGINES);
	s.status = prng_below(prng, PROBE_STATUSES);
	s.have &= prng_next(prng);
	s.flags = prng_below(prng, 32);
	s.ttl = (int)prng_below(prng, 257) - 1;
	s.remote_ttl = (int)prng_below(prng, 257) - 1;
	s.has_reflector_seq = prng_below(prng, 2);
	s.due.ns = prng_below(prng, 2) ? store_origin.ns + n * 1000 : 0;
	s.duplicate_return = prng_below(prng, 3);
	for (int i = 0; i < STAMPS; i++)
		s.at[i].ns += prng_below(prng, 1 << 20);
	s.remote_rx.ns += n * 1000;
	s.remote_tx.ns += n * 1000;
	return s;
}

int64_t store_ask(const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t value = -1;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(s) == SQLITE_ROW)
		value = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return value;
}

int store_rig_open(void **state)
{
	(void)state;
	store_path[strlen("/tmp/xrtt-store.XXXXXX")] = '\0';
	if (!mkdtemp(store_path))
		return -1;
	store_path[strlen(store_path)] = '/';
	return 0;
}

int store_rig_close(void **state)
{
	(void)state;
	store_remove();
	store_path[strlen("/tmp/xrtt-store.XXXXXX")] = '\0';
	return rmdir(store_path);
}
