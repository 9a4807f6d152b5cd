// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run store: what goes in comes out, whatever ends it; and what cannot be a
 * store is refused with a word.
 */
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out/row.h"
#include "out/store_read.h"
#include "out_fixture.h"
#include "store_rig.h"

#define SAMPLES 20000

static size_t row_of(char *text, const struct sample *s,
		     const struct sample_origin *zero)
{
	struct row row;

	row_fill(&row, s, &store_ends[s->engine], zero);
	return row_csv(text, &row) - text;
}

/* ---- there and back ------------------------------------------------------ */

struct expected {
	struct prng prng;
	uint32_t n;
	struct sample_origin zero;
};

static int compare(void *data, const struct sample *got)
{
	struct expected *e = data;
	struct sample put = store_some_sample(&e->prng, e->n++);
	char before[ROW_MAX], after[ROW_MAX];
	size_t size;

	if (!e->zero.has_remote)
		e->zero.has_remote = sample_first_remote(&put, &e->zero.remote);
	size = row_of(before, &put, &e->zero);
	assert_int_equal(row_of(after, got, &e->zero), size);
	before[size] = after[size] = 0;
	assert_string_equal(before, after);
	assert_int_equal(put.flags, got->flags);
	assert_int_equal(put.duplicate_return, got->duplicate_return);
	return 0;
}

static void samples_come_back(void **state)
{
	struct prng prng = unit_prng("samples_come_back");
	struct expected expected = { .prng = prng, .zero.local = store_origin };
	struct store *store = store_begun();
	struct store_reader *reader;
	struct store_run run;
	char why[STORE_WHY];

	(void)state;
	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct sample s = store_some_sample(&prng, i);

		store_sample(store, &s);
	}
	store_clock(store, &(struct steering_reading){ store_origin, -5, 20 });
	store_finish(store);
	reader = store_reader_open(store_path, why);
	assert_non_null(reader);
	assert_int_equal(store_read_run(reader, 0, &run, why), 0);
	assert_true(run.is_complete);
	assert_int_equal(run.samples, SAMPLES);
	assert_int_equal(run.unstored, 0);
	assert_string_equal(run.boot_id, "a-boot");
	assert_int_equal(
		store_read_samples(reader, &run, compare, &expected, why), 0);
	assert_int_equal(expected.n, SAMPLES);
	store_run_release(&run);
	store_reader_close(reader);
}

/* The view computes what sample.c does. */
static int sum_stages(void *data, const struct sample *s)
{
	int64_t *sum = data;
	span_t span;

	for (int i = 0; i < STAGES; i++) {
		if (sample_stage(s, &store_ends[s->engine], i, &span))
			sum[i] += span.ns + 1;
	}
	if (sample_rtt(s, &span))
		sum[STAGES] += span.ns + 1;
	return 0;
}

static void the_view_has_the_stages(void **state)
{
	int64_t sum[STAGES + 1] = {};
	struct store_reader *reader;
	struct store_run run;
	char why[STORE_WHY], sql[160];

	(void)state;
	reader = store_reader_open(store_path, why);
	assert_non_null(reader);
	assert_int_equal(store_read_run(reader, 1, &run, why), 0);
	store_read_samples(reader, &run, sum_stages, sum, why);
	store_run_release(&run);
	store_reader_close(reader);
	for (int i = 0; i <= STAGES; i++) {
		const char *name = i < STAGES ? stage_name(i) : "rtt";

		snprintf(sql, sizeof(sql),
			 "SELECT coalesce(sum(%s) + count(%s), 0) "
			 "FROM stage_ns WHERE run = 1",
			 name, name);
		if (store_ask(sql) != sum[i])
			fail_msg("%s: %lld, not %lld", name,
				 (long long)store_ask(sql), (long long)sum[i]);
	}
	assert_true(sum[STAGE_NETWORK] != 0);
}

static void the_rest_is_there(void **state)
{
	(void)state;
	assert_int_equal(store_ask("SELECT count(*) FROM clock"), 1);
	assert_int_equal(store_ask("SELECT lo_ns FROM clock"), -5);
	assert_int_equal(store_ask("SELECT count(*) FROM tuning"), 1);
	assert_int_equal(store_ask("SELECT count(*) FROM engine"), 2);
	assert_int_equal(store_ask("SELECT json_extract(summary, "
				   "'$.network_ns.n') FROM run"),
			 1000);
}

static void runs_lie_beside_each_other(void **state)
{
	struct prng prng = unit_prng("runs_lie_beside_each_other");
	struct store *a, *b;

	(void)state;
	a = store_begun();
	b = store_begun();
	for (uint32_t i = 0; i < 3000; i++) {
		struct sample s = store_some_sample(&prng, i);

		store_sample(a, &s);
		if (i < 1000)
			store_sample(b, &s);
	}
	store_finish(b);
	store_finish(a);
	assert_int_equal(store_ask("SELECT samples FROM run WHERE run = 2"),
			 3000);
	assert_int_equal(store_ask("SELECT samples FROM run WHERE run = 3"),
			 1000);
	assert_int_equal(store_ask("SELECT count(*) FROM run"), 3);
	assert_int_equal(store_ask("SELECT samples FROM run WHERE run = 1"),
			 SAMPLES);
}

static void what_does_not_fit_is_counted(void **state)
{
	struct prng prng = unit_prng("what_does_not_fit_is_counted");
	struct sample s = store_some_sample(&prng, 1);
	struct both_fixture both;
	struct store *store;
	int64_t stored, not ;

	(void)state;
	store = store_begun();
	fixture_both(&both);
	for (int i = 0; i < 1000000; i++)
		store_sample(store, &s);
	assert_int_not_equal(
		store_end(store, &both.result, &(struct store_tuning){}), 0);
	stored = store_ask("SELECT samples FROM run WHERE run = 4");
	not = store_ask("SELECT unstored FROM run WHERE run = 4");
	assert_true(not > 0);
	assert_int_equal(stored + not, 1000000);
}

/* ---- what cannot be a store ---------------------------------------------- */

static void assert_refused(const char *said)
{
	char why[STORE_WHY];
	struct store *store = store_try(why);

	assert_null(store);
	if (!strstr(why, said))
		fail_msg("\"%s\" does not say \"%s\"", why, said);
}

static void write_file(const char *text)
{
	int fd = open(store_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void others_files_are_refused(void **state)
{
	(void)state;
	store_remove();
	write_file("seq,flow,engine,status,due_ns,app_tx_ns,tc_tx_ns,drv_tx_ns"
		   ",remote_rx_ns,remote_tx_ns,hw_rx_ns,xdp_rx_ns,tc_rx_ns\n");
	assert_refused("not a database");
	store_remove();
	store_ask("CREATE TABLE customers (name TEXT)");
	assert_refused("none of xrtt's");
	store_remove();
	store_finish(store_begun());
	store_ask("PRAGMA user_version = 2");
	assert_refused("version 2");
	store_remove();
	mkdir(store_path, 0755);
	assert_refused("directory");
	rmdir(store_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_come_back),
		cmocka_unit_test(the_view_has_the_stages),
		cmocka_unit_test(the_rest_is_there),
		cmocka_unit_test(runs_lie_beside_each_other),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(others_files_are_refused),
	};

	return cmocka_run_group_tests(tests, store_rig_open, store_rig_close);
}
