/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include "account_world.h"

static struct sample settled(size_t i)
{
	static const enum probe_status status[] = {
		[ARRIVES] = PROBE_OK,
		[LOST_THERE] = PROBE_LOST,
		[LOST_BACK] = PROBE_LOST,
		[REFUSED] = PROBE_LOST,
		[UNSENT] = PROBE_UNSENT,
		[LATE] = PROBE_LATE,
		[LOST_HERE] = PROBE_LOST_IN_HOST,
		[UNRECORDED] = PROBE_UNRECORDED,
	};
	struct sample s = { .seq = w.seq0 + (uint32_t)i };

	s.status = status[w.fate[i]];
	if (s.status == PROBE_LOST || s.status == PROBE_UNSENT)
		return s;
	s.has_reflector_seq = !w.unnumbered;
	s.reflector_seq = number[i];
	s.duplicate_forward = w.twice_there[i];
	return s;
}

static void world_run(void)
{
	struct account *a = account_create();
	uint32_t rx = 0xfffffff0, tx = 0xffffff00;
	size_t answers;

	assert_non_null(a);
	if (w.counts)
		account_counters_start(a, rx, tx);
	answers = reflect(&rx, &tx);
	if (w.counts)
		account_counters_end(a, rx, tx);
	qsort(event, answers, sizeof(*event), by_time);
	for (size_t i = 0; i < answers; i++) {
		if (event[i].is_first)
			account_arrival(a, w.seq0 + (uint32_t)event[i].probe,
					!w.unnumbered, event[i].number);
	}
	for (size_t i = 0; i < w.n; i++) {
		struct sample s = settled(i);

		account_settle(a, &s);
	}
	account_report(a, &w.probes, &w.loss);
	w.stateful = account_is_stateful(a);
	account_destroy(a);
	assert_int_equal(w.probes.planned, w.n);
	assert_int_equal(w.probes.planned, w.probes.sent + w.probes.unsent);
	assert_int_equal(w.probes.sent,
			 w.probes.received + w.probes.late + w.probes.lost +
				 w.probes.lost_in_host + w.probes.unrecorded);
}

static void fates_are(size_t from, size_t to, enum fate fate)
{
	for (size_t i = from; i < to; i++)
		w.fate[i] = fate;
}

static void assert_direction(uint64_t forward, uint64_t back)
{
	assert_true(w.loss.has_direction);
	assert_int_equal(w.loss.forward, forward);
	assert_int_equal(w.loss.back, back);
}

static void nothing_lost(void **state)
{
	(void)state;
	for (int stateless = 0; stateless < 2; stateless++) {
		world_new(1000);
		w.stateless = stateless;
		world_run();
		assert_int_equal(w.stateful, !stateless);
		assert_int_equal(w.probes.received, 1000);
		assert_direction(0, 0);
		assert_false(w.loss.has_refused);
		assert_true(w.probes.has_direction);
		assert_between(w.loss.ratio, 0, 0);
		assert_between(w.loss.ci95.hi.value, 0.003682, 0.003683);
	}
	world_new(0);
	world_run();
	assert_false(w.loss.ci95.hi.finite);
	assert_int_equal(w.loss.longest_run, 0);
}

static void every_status_is_counted_once(void **state)
{
	(void)state;
	world_new(100);
	fates_are(0, 3, UNSENT);
	fates_are(3, 7, LATE);
	fates_are(20, 25, LOST_HERE);
	fates_are(30, 36, UNRECORDED);
	fates_are(40, 47, LOST_THERE);
	world_run();
	assert_int_equal(w.probes.unsent, 3);
	assert_int_equal(w.probes.late, 4);
	assert_int_equal(w.probes.lost_in_host, 5);
	assert_int_equal(w.probes.unrecorded, 6);
	assert_int_equal(w.probes.lost, 7);
	assert_int_equal(w.probes.received, 75);
	assert_between(w.loss.ratio, 7.0 / 97, 7.0 / 97);
	assert_direction(7, 0);
}

static void longest_run_is_of_lost_alone(void **state)
{
	(void)state;
	world_new(300);
	fates_are(0, 10, LOST_THERE);
	fates_are(10, 20, LOST_HERE);
	fates_are(100, 125, LOST_BACK);
	fates_are(125, 130, UNSENT);
	fates_are(130, 155, LOST_THERE);
	fates_are(270, 300, LOST_THERE);
	world_run();
	assert_int_equal(w.loss.longest_run, 50);
	/* The edges were lost, and no counter says where. */
	assert_false(w.loss.has_direction);
	w.counts = true;
	world_run();
	assert_direction(65, 25);
}

static void direction_comes_from_gaps(void **state)
{
	(void)state;
	world_new(1000);
	/* Both sequences wrap in the middle of it. */
	w.seq0 = 0xffffff00;
	w.there0 = 0xfffffe80;
	fates_are(100, 150, LOST_THERE);
	fates_are(200, 207, LOST_BACK);
	fates_are(500, 503, LOST_THERE);
	/* The answers' order at the edge is not the sending order. */
	w.delay_there[0] = 3;
	w.delay_there[999] = -3;
	world_run();
	assert_true(w.stateful);
	assert_direction(53, 7);
	fates_are(999, 1000, LOST_BACK);
	world_run();
	assert_false(w.loss.has_direction);
	fates_are(999, 1000, ARRIVES);
	fates_are(0, 1, LOST_THERE);
	world_run();
	assert_false(w.loss.has_direction);
	fates_are(0, 1, ARRIVES);
	w.twice_there[600] = true;
	world_run();
	assert_false(w.loss.has_direction);
}

static void stateless_knows_no_direction(void **state)
{
	(void)state;
	world_new(1000);
	w.stateless = true;
	fates_are(100, 150, LOST_THERE);
	fates_are(200, 207, LOST_BACK);
	w.delay_there[300] = 5;
	world_run();
	assert_false(w.stateful);
	assert_false(w.loss.has_direction);
	assert_int_equal(w.probes.lost, 57);
	assert_int_equal(w.probes.reordered, 1);
	assert_false(w.probes.has_direction);
	world_new(1000);
	w.unnumbered = true;
	fates_are(100, 150, LOST_THERE);
	world_run();
	assert_false(w.loss.has_direction);
	assert_false(w.stateful);
}

static void counters_tell_direction_and_door(void **state)
{
	(void)state;
	world_new(1000);
	w.counts = true;
	fates_are(0, 50, LOST_THERE);
	fates_are(200, 207, LOST_BACK);
	fates_are(300, 330, REFUSED);
	fates_are(995, 1000, LOST_BACK);
	fates_are(400, 420, LATE);
	fates_are(500, 510, LOST_HERE);
	for (size_t i = 600; i < 640; i++)
		w.twice_there[i] = true;
	world_run();
	assert_direction(50, 12);
	assert_true(w.loss.has_refused);
	assert_int_equal(w.loss.refused, 30);
	assert_int_equal(w.probes.lost, 92);
	assert_int_equal(w.probes.duplicate, 40);
	assert_int_equal(w.probes.duplicate_forward, 40);
	assert_between(w.loss.ratio, 0.062, 0.062);
	assert_between(w.loss.ci95.lo.value, 0.04, 0.062);
	assert_between(w.loss.ci95.hi.value, 0.062, 0.09);
	/* The same reflector with a count per packet, all lost. */
	fates_are(0, 1000, LOST_THERE);
	world_run();
	assert_direction(1000, 0);
}

/* A second answer to a duplicated request, lost: answered once more than lost
 * probes explain. The numbers contradict each other and say so. */
static void contradictions_are_admitted(void **state)
{
	struct account *a = account_create();
	struct sample s = { .status = PROBE_OK, .has_reflector_seq = true };
	struct probes p;
	struct loss l;

	(void)state;
	account_counters_start(a, 0, 0);
	for (s.seq = 0; s.seq < 10; s.seq++) {
		s.status = s.seq == 5 ? PROBE_LOST : PROBE_OK;
		s.reflector_seq = s.seq;
		account_settle(a, &s);
	}
	account_counters_end(a, 11, 11);
	account_report(a, &p, &l);
	assert_true(l.has_refused);
	assert_false(l.has_direction);
	account_counters_end(a, 8, 8);
	account_report(a, &p, &l);
	assert_false(l.has_direction);
	/* The far host has begun to count anew. */
	account_counters_end(a, 4, 3);
	account_report(a, &p, &l);
	assert_false(l.has_direction || l.has_refused);
	/* More refused than lost; more answered than reached. */
	account_counters_end(a, 12, 9);
	account_report(a, &p, &l);
	assert_false(l.has_direction || l.has_refused);
	account_counters_end(a, 9, 10);
	account_report(a, &p, &l);
	assert_false(l.has_direction || l.has_refused);
	assert_between(l.ratio, 0.1, 0.1);
	account_counters_end(a, 10, 9);
	account_report(a, &p, &l);
	assert_true(l.has_direction && l.has_refused);
	assert_int_equal(l.refused, 1);
	assert_int_equal(l.forward + l.back, 0);
	assert_between(l.ratio, 0, 0);
	account_destroy(a);
}

/* How many come after one that was sent later, the slow way. */
static uint64_t overtaken(const uint32_t *order, size_t n)
{
	uint64_t count = 0;
	uint32_t highest = 0;

	for (size_t i = 0; i < n; i++) {
		count += i && order[i] < highest;
		if (order[i] > highest)
			highest = order[i];
	}
	return count;
}

static void reordering_is_told_by_direction(void **state)
{
	static uint32_t there[MAX_PROBES], back[MAX_PROBES];
	struct prng prng = unit_prng("reordering_is_told_by_direction");

	(void)state;
	for (int round = 0; round < 60; round++) {
		size_t got = 0, answers;
		uint32_t rx = 0, tx = 0;

		world_new(500);
		w.seq0 = round % 2 ? 0xffffff80 : 0;
		w.there0 = round % 3 ? 0xffffffc0 : 7;
		for (size_t i = 0; i < w.n; i++) {
			if (!prng_below(&prng, 10))
				w.delay_there[i] = prng_below(&prng, 20);
			if (round % 4 && !prng_below(&prng, 10))
				w.delay_back[i] = prng_below(&prng, 20);
			if (!prng_below(&prng, 20))
				w.fate[i] = LOST_BACK;
		}
		/* Answers in the order they were made, then as they came. */
		answers = reflect(&rx, &tx);
		for (size_t i = 0; i < answers; i++)
			there[got++] = event[i].probe;
		qsort(event, answers, sizeof(*event), by_time);
		for (size_t i = 0; i < answers; i++)
			back[i] = event[i].number - w.there0;
		world_run();
		assert_true(w.probes.has_direction);
		assert_int_equal(w.probes.reordered_forward,
				 overtaken(there, got));
		assert_int_equal(w.probes.reordered_return,
				 overtaken(back, got));
		assert_true(w.probes.reordered_forward > 0);
		if (round % 4 == 0) {
			assert_int_equal(w.probes.reordered_return, 0);
			assert_int_equal(w.probes.reordered,
					 w.probes.reordered_forward);
		}
	}
}

/* Numbers wrap, and one request is overtaken by 60000 others. */
static void long_runs_wrap_and_stay_bounded(void **state)
{
	(void)state;
	world_new(MAX_PROBES);
	w.there0 = 0xffffffff - 1000;
	w.delay_there[150000] = 60000;
	w.delay_there[100] = 2;
	fates_are(200000, 200050, LOST_THERE);
	fates_are(250000, 250050, LOST_BACK);
	world_run();
	assert_int_equal(w.probes.reordered_forward, 2);
	assert_int_equal(w.probes.reordered, 2);
	assert_int_equal(w.probes.reordered_return, 0);
	assert_direction(50, 50);
	assert_int_equal(w.loss.longest_run, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_lost),
		cmocka_unit_test(every_status_is_counted_once),
		cmocka_unit_test(longest_run_is_of_lost_alone),
		cmocka_unit_test(direction_comes_from_gaps),
		cmocka_unit_test(stateless_knows_no_direction),
		cmocka_unit_test(counters_tell_direction_and_door),
		cmocka_unit_test(contradictions_are_admitted),
		cmocka_unit_test(reordering_is_told_by_direction),
		cmocka_unit_test(long_runs_wrap_and_stay_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
