// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that never left, told from those that the network lost, on a simulated
 * device: its count lags, others send over it as well, it goes down, or it does
 * not count such frames at all.
 */
#include <string.h>

#include "model/departures.h"
#include "unit.h"

#define MSEC NSEC_PER_MSEC
#define START_NS (5 * NSEC_PER_SEC)
#define WATCH_MS 200
#define PROBES 3000 /* one a millisecond */

enum fate {
	ANSWERED,
	LOST,
	NEVER_LEFT,
};

struct world {
	struct departures departures;
	unsigned int lag_ms; /* until the device has counted a frame */
	bool counts;	     /* it counts frames of this kind */
	unsigned int
		others_ms; /* one frame of others' in so many ms, 0: none */
	enum fate fate[PROBES];
	bool booked[PROBES];
};

static mono_t at_ms(int ms)
{
	return (mono_t){ START_NS + ms * MSEC };
}

/* What it had sent before is no business of ours. */
static uint64_t device_count(const struct world *w, int ms)
{
	uint64_t count = 123456789;

	for (int i = 0; w->counts && i < PROBES && i <= ms - (int)w->lag_ms;
	     i++)
		count += w->fate[i] != NEVER_LEFT;
	if (w->others_ms && ms > 0)
		count += ms / w->others_ms;
	return count;
}

/* Sends one a millisecond and asks of each without an answer once it has been
 * watched long enough; how many are taken for unsent. */
static int simulate(struct world *w)
{
	uint64_t answered = 0, sent;
	int booked = 0;

	departures_init(&w->departures, span_ns(WATCH_MS * MSEC));
	departures_note(&w->departures, at_ms(-1), 0, device_count(w, -1));
	for (int ms = 0; ms < PROBES + WATCH_MS; ms++) {
		int i = ms - WATCH_MS;

		sent = ms < PROBES ? ms + 1 : PROBES;
		if (ms < PROBES)
			answered += w->fate[ms] == ANSWERED;
		if (departures_want(&w->departures, at_ms(ms)))
			departures_note(&w->departures, at_ms(ms), sent,
					device_count(w, ms));
		if (i < 0 || w->fate[i] == ANSWERED)
			continue;
		w->booked[i] = departures_missed(&w->departures, at_ms(i),
						 sent - answered);
		booked += w->booked[i];
	}
	return booked;
}

static void set_fates(struct world *w, int from, int to, enum fate fate)
{
	for (int i = from; i < to; i++)
		w->fate[i] = fate;
}

static struct world world_of_lag(unsigned int lag_ms)
{
	return (struct world){ .lag_ms = lag_ms, .counts = true };
}

static void lost_ones_are_not_unsent(void **state)
{
	static struct world w;

	(void)state;
	for (unsigned int lag = 0; lag <= 15; lag += 5) {
		w = world_of_lag(lag);
		set_fates(&w, 500, 700, LOST);
		set_fates(&w, 1000, 1001, LOST);
		set_fates(&w, PROBES - 5, PROBES, LOST);
		assert_int_equal(simulate(&w), 0);
	}
}

/* Of a device that counts late some are left among the lost. */
static void an_interface_that_goes_down(void **state)
{
	static struct world w;
	int booked;

	(void)state;
	for (unsigned int lag = 0; lag <= 15; lag += 5) {
		w = world_of_lag(lag);
		set_fates(&w, 800, 1100, NEVER_LEFT);
		set_fates(&w, 1500, 1501, NEVER_LEFT);
		set_fates(&w, PROBES - 300, PROBES, NEVER_LEFT);
		booked = simulate(&w);
		print_message("# lag %u ms: %d of 601\n", lag, booked);
		assert_in_range(booked, lag ? 570 : 601, 601);
	}
}

/* The ones lost long before or after are told from those that never left. */
static void lost_and_unsent_in_one_run(void **state)
{
	static struct world w;

	(void)state;
	w = world_of_lag(5);
	set_fates(&w, 200, 300, LOST);
	set_fates(&w, 1000, 1100, NEVER_LEFT);
	set_fates(&w, 2000, 2100, LOST);
	assert_int_equal(simulate(&w), 100);
	for (int i = 0; i < PROBES; i++)
		assert_int_equal(w.booked[i], w.fate[i] == NEVER_LEFT);
}

/* Deficits are hidden, the sooner the more others send; none is made up. */
static void others_traffic_hides(void **state)
{
	static struct world w;
	int booked;

	(void)state;
	w = world_of_lag(0);
	w.others_ms = 50;
	set_fates(&w, 1000, 1100, NEVER_LEFT);
	set_fates(&w, 2000, 2100, LOST);
	booked = simulate(&w);
	print_message("# %d of 100 told\n", booked);
	assert_in_range(booked, 75, 80); /* 20 of theirs by then */
	for (int i = 2000; i < 2100; i++)
		assert_false(w.booked[i]);
	w = world_of_lag(0);
	w.others_ms = 1;
	set_fates(&w, 1000, 1100, NEVER_LEFT);
	assert_int_equal(simulate(&w), 0);
}

static void a_device_that_does_not_count_tells_nothing(void **state)
{
	static struct world w;

	(void)state;
	w = world_of_lag(0);
	w.counts = false;
	set_fates(&w, 100, 200, LOST);
	set_fates(&w, 1000, 1300, NEVER_LEFT);
	assert_int_equal(simulate(&w), 0);
}

/* Never more than there were and than the device had yet to count. */
static void never_more_than_there_were(void **state)
{
	struct prng prng = unit_prng(__func__);
	static struct world w;
	int there, told = 0, all = 0, found;

	(void)state;
	for (int run = 0; run < 20; run++) {
		w = world_of_lag(prng_below(&prng, 16));
		w.others_ms = prng_below(&prng, 2) ? 0 : 100;
		there = 0;
		for (int i = 0; i < PROBES; i++)
			w.fate[i] = prng_below(&prng, 20) ? ANSWERED : LOST;
		for (int i = 0; i < 10; i++) {
			int from = prng_below(&prng, PROBES - 100);

			set_fates(&w, from, from + prng_below(&prng, 100),
				  NEVER_LEFT);
		}
		for (int i = 0; i < PROBES; i++)
			there += w.fate[i] == NEVER_LEFT;
		found = simulate(&w);
		assert_in_range(found, 0, there + w.lag_ms);
		told += w.others_ms ? 0 : found;
		all += w.others_ms ? 0 : there;
	}
	print_message("# %d of %d told where nobody else sends\n", told, all);
	assert_true(told >= all * 95 / 100);
}

/* A run of hours: the readings go round, and what is old is forgotten. */
static void readings_go_round(void **state)
{
	static struct departures d;
	uint64_t sent = 0;

	(void)state;
	departures_init(&d, span_ns(10 * MSEC));
	assert_true(departures_want(&d, at_ms(0)));
	departures_note(&d, at_ms(0), 0, 0);
	assert_false(departures_want(&d, at_ms(9)));
	assert_true(departures_want(&d, at_ms(10)));
	for (int i = 1; i < 3 * DEPARTURES_READINGS; i++) {
		sent++;
		departures_note(&d, at_ms(10 * i), sent, sent);
	}
	assert_false(departures_missed(&d, at_ms(10 * 3000), 1));
	for (int i = 3 * DEPARTURES_READINGS; i < 4 * DEPARTURES_READINGS;
	     i++) {
		sent++;
		departures_note(&d, at_ms(10 * i), sent, sent - 1);
	}
	/* Between the last reading without a deficit and the first with. */
	assert_true(departures_missed(
		&d, at_ms(10 * 3 * DEPARTURES_READINGS - 5), 1));
	assert_false(departures_missed(
		&d, at_ms(10 * 3 * DEPARTURES_READINGS - 5), 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_ones_are_not_unsent),
		cmocka_unit_test(an_interface_that_goes_down),
		cmocka_unit_test(lost_and_unsent_in_one_run),
		cmocka_unit_test(others_traffic_hides),
		cmocka_unit_test(a_device_that_does_not_count_tells_nothing),
		cmocka_unit_test(never_more_than_there_were),
		cmocka_unit_test(readings_go_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
