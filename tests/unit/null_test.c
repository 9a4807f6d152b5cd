// SPDX-License-Identifier: GPL-2.0-only
/* The null floor: its quantiles against a plain count, and when it is stale. */
#include <string.h>

#include "model/null.h"
#include "null_fixture.h"
#include "unit.h"

#define MOST 20000

static const struct wire_ends ends = { .tx = STAMP_DRV_TX, .rx = STAMP_XDP_RX };

/* Every local stamp `step` after the one before it, the first `late`. */
static struct sample sample_of(int64_t late, int64_t step, int64_t remote)
{
	struct sample s = { .status = PROBE_OK, .due = { 1000000 } };
	int64_t at = s.due.ns + late;

	for (int i = 0; i < STAMPS; i++) {
		if (i == STAMP_REMOTE_RX || i == STAMP_REMOTE_TX ||
		    i == STAMP_HW_RX)
			continue;
		sample_set(&s, i, (mono_t){ at });
		at += i == STAMP_DRV_TX ? step + remote : step;
	}
	s.remote_rx = (remote_t){ 5 };
	s.remote_tx = (remote_t){ 5 + remote };
	s.have |= 1u << STAMP_REMOTE_RX | 1u << STAMP_REMOTE_TX;
	return s;
}

/* The smallest value that so many percent of all are not above: by counting. */
static int64_t count_quantile(const int64_t *value, size_t n, size_t percent)
{
	int64_t best = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		size_t below = 0;

		for (size_t j = 0; j < n; j++)
			below += value[j] <= value[i];
		if (below * 100 >= n * percent && value[i] < best)
			best = value[i];
	}
	return best;
}

static void test_quantiles(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 49, 50, 99, 100, 101, 1500 };
	struct prng prng = unit_prng("null quantiles");
	int64_t step[1500];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
		struct null_tally *tally = null_tally_create();
		struct null_cell cell = { 0 };
		const struct null_figure *f = &cell.stage[STAGE_NETWORK];

		for (size_t i = 0; i < sizes[k]; i++) {
			struct sample s;

			step[i] = prng_next(&prng) % 1000;
			s = sample_of(3, step[i], 7);
			null_tally_add(tally, &s, &ends);
		}
		assert_int_equal(null_tally_report(tally, &cell), 0);
		assert_int_equal(f->n, sizes[k]);
		assert_int_equal(f->p1, count_quantile(step, sizes[k], 1));
		assert_int_equal(f->p50, count_quantile(step, sizes[k], 50));
		assert_int_equal(f->p99, count_quantile(step, sizes[k], 99));
		assert_true(null_figure_is_ordered(f));
		assert_int_equal(cell.stage[STAGE_REMOTE].p50, 7);
		assert_int_equal(cell.lateness.max, 3);
		assert_int_equal(cell.delivered[STAMP_APP_TX], sizes[k]);
		assert_int_equal(cell.delivered[STAMP_HW_RX], 0);
		null_tally_destroy(tally);
	}
}

static void test_only_answered(void **state)
{
	struct null_tally *tally = null_tally_create();
	struct null_cell cell = { 0 };
	struct sample s = sample_of(1, 1, 1);

	(void)state;
	for (int i = PROBE_OK + 1; i < PROBE_STATUSES; i++) {
		s.status = i;
		null_tally_add(tally, &s, &ends);
	}
	assert_int_equal(null_tally_report(tally, &cell), 0);
	assert_int_equal(cell.stage[STAGE_NETWORK].n, 0);
	assert_int_equal(cell.delivered[STAMP_APP_TX], 0);
	s.status = PROBE_OK;
	s.flags = SAMPLE_DISORDER;
	null_tally_add(tally, &s, &ends);
	assert_int_equal(null_tally_report(tally, &cell), 0);
	assert_int_equal(cell.stage[STAGE_NETWORK].n, 0);
	null_tally_destroy(tally);
}

static void test_many(void **state)
{
	struct null_tally *tally = null_tally_create();
	struct null_cell cell = { 0 };

	(void)state;
	for (int i = MOST; i > 0; i--) {
		struct sample s = sample_of(0, i, 0);

		null_tally_add(tally, &s, &ends);
	}
	assert_int_equal(null_tally_report(tally, &cell), 0);
	assert_int_equal(cell.stage[STAGE_NETWORK].n, MOST);
	assert_int_equal(cell.stage[STAGE_NETWORK].p1, MOST / 100);
	assert_int_equal(cell.stage[STAGE_NETWORK].p99, MOST / 100 * 99);
	null_tally_destroy(tally);
	null_tally_destroy(NULL);
}

static void test_ordered(void **state)
{
	const struct null_figure good = { 5, -2, -1, 0, 0, 3 };
	struct null_figure f = good;

	(void)state;
	assert_true(null_figure_is_ordered(&good));
	f.n = 0;
	assert_false(null_figure_is_ordered(&f));
	f = (struct null_figure){ 0 };
	assert_true(null_figure_is_ordered(&f));
	f = good, f.p1 = -3;
	assert_false(null_figure_is_ordered(&f));
	f = good, f.p50 = -2;
	assert_false(null_figure_is_ordered(&f));
	f = good, f.p99 = -1;
	assert_false(null_figure_is_ordered(&f));
	f = good, f.max = -1;
	assert_false(null_figure_is_ordered(&f));
}

static void test_stale(void **state)
{
	struct null_floor floor;
	struct machine now;

	(void)state;
	null_fixture(&floor);
	now = floor.machine;
	null_judge(&floor, &now, "9.9.9");
	assert_string_equal(floor.stale, "");
	null_judge(&floor, &now, "9.9.8");
	assert_non_null(strstr(floor.stale, "another xrtt"));
	now.cpu[0] = 'x';
	null_judge(&floor, &now, "9.9.9");
	assert_non_null(strstr(floor.stale, "another CPU"));
	now.boot_id[0] = 'x';
	null_judge(&floor, &now, "9.9.9");
	assert_non_null(strstr(floor.stale, "another boot"));
	now.kernel[0] = 'x';
	null_judge(&floor, &now, "9.9.9");
	assert_non_null(strstr(floor.stale, "another kernel"));
	now = floor.machine;
	null_judge(&floor, &now, "9.9.9");
	assert_string_equal(floor.stale, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_only_answered),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_ordered),
		cmocka_unit_test(test_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
