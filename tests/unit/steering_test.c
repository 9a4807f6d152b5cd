// SPDX-License-Identifier: GPL-2.0-only
#include "host/steering.h"

#include <sys/timex.h>
#include <time.h>

#include "host/clock.h"
#include "unit.h"

#define STEP_NS (100 * NSEC_PER_MSEC)
#define DATED_NS (200 * NSEC_PER_MSEC)
#define HOUR_STEPS INT64_C(36000)

/* A clock whose MONOTONIC gains on RAW as it is told, and its reader. */
struct world {
	struct prng prng;
	mono_t now;
	double offset; /* MONOTONIC - RAW */
	double stolen; /* the share of brackets that were interrupted */
	struct steering_track track;
};

static void world_start(struct world *w, const char *test)
{
	w->prng = unit_prng(test);
	w->now = (mono_t){ 123456789012345 };
	w->offset = -98765;
	w->stolen = 0.01;
	steering_init(&w->track, w->now);
}

/* RAW is read anywhere between the two readings of MONOTONIC. */
static void world_read(struct world *w)
{
	double width = 40 + 15 * prng_unit(&w->prng);
	double before;

	if (prng_unit(&w->prng) < w->stolen)
		width += 5e6 * prng_unit(&w->prng);
	before = width * prng_unit(&w->prng);
	steering_add(&w->track,
		     &(struct steering_reading){
			     .at = w->now,
			     .lo = (int64_t)floor(w->offset - before),
			     .hi = (int64_t)ceil(w->offset - before + width),
		     });
}

static void world_pass(struct world *w, int64_t ns, double ppm)
{
	w->now = mono_add(w->now, span_ns(ns));
	w->offset += (double)ns * ppm / 1e6;
}

static void world_run(struct world *w, int64_t steps, double ppm)
{
	for (int64_t i = 0; i < steps; i++) {
		world_pass(w, STEP_NS, ppm);
		world_read(w);
	}
}

/* A push between two readings or across some; *from and *to since origin. */
static void world_push(struct world *w, double ppm, int64_t ns,
		       struct clock_event *true_event)
{
	int64_t first = (int64_t)(STEP_NS * prng_unit(&w->prng));
	double usual = true_event->ppm;

	world_pass(w, first, usual);
	true_event->from_ns = mono_sub(w->now, w->track.origin).ns;
	for (int64_t left = ns; left > 0; left -= STEP_NS) {
		int64_t part = left < STEP_NS ? left : STEP_NS;

		world_pass(w, part, usual + ppm);
		if (part == STEP_NS)
			world_read(w);
	}
	true_event->to_ns = mono_sub(w->now, w->track.origin).ns;
	true_event->ppm = ppm;
}

static void is_event(const struct clock_event *found,
		     const struct clock_event *truth)
{
	assert_between((double)(found->from_ns - truth->from_ns), -DATED_NS,
		       DATED_NS);
	assert_between((double)(found->to_ns - truth->to_ns), -DATED_NS,
		       DATED_NS);
	assert_between(found->ppm - truth->ppm, -1.5, 1.5);
}

static void a_quiet_clock_never_departs(void **state)
{
	static const double rates[] = { 0, 6.594, -499.9 };
	struct clock_steering s;
	static struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		world_start(&w, __func__);
		world_read(&w);
		world_run(&w, 6 * HOUR_STEPS, rates[i]);
		steering_summarise(&w.track, &s);
		assert_true(s.known);
		assert_int_equal(s.readings, 6 * HOUR_STEPS + 1);
		assert_int_equal(w.track.pieces, 1);
		assert_int_equal(s.departures, 0);
		assert_between(s.floor_ppm, 0.04, 0.08);
		assert_between(s.departure_ppm, s.floor_ppm, s.floor_ppm);
		assert_between(rates[i], s.median_lo_ppm, s.median_hi_ppm);
		assert_between(s.median_ppm - rates[i], -1e-4, 1e-4);
	}
}

static void interrupted_brackets_raise_no_alarm(void **state)
{
	struct clock_steering s;
	static struct world w;

	(void)state;
	world_start(&w, __func__);
	w.stolen = 1;
	world_read(&w);
	world_run(&w, HOUR_STEPS, 12);
	steering_summarise(&w.track, &s);
	assert_int_equal(s.departures, 0);
	assert_between(12, s.median_lo_ppm, s.median_hi_ppm);
	assert_true(s.floor_ppm > 100); /* and it says what it cannot see */
}

static void a_push_is_found_dated_and_covered(void **state)
{
	static struct world w;

	(void)state;
	world_start(&w, __func__);
	for (int i = 0; i < 300; i++) {
		double size = 5 + 495 * prng_unit(&w.prng);
		double ppm = i % 2 ? size : -size;
		double usual = 40 * prng_unit(&w.prng) - 20;
		struct clock_event truth = { .ppm = usual };
		struct clock_steering s;

		steering_init(&w.track, w.now);
		w.stolen = i % 4 < 2 ? 0.01 : 0;
		world_read(&w);
		world_run(&w, 50 + (int64_t)(50 * prng_unit(&w.prng)), usual);
		world_push(&w, ppm,
			   STEP_NS * 3 + (int64_t)(4e9 * prng_unit(&w.prng)),
			   &truth);
		world_run(&w, 60, usual);
		steering_summarise(&w.track, &s);
		assert_int_equal(s.departures, 1);
		is_event(&s.event[0], &truth);
		assert_between(usual, s.median_lo_ppm, s.median_hi_ppm);
		assert_between(s.departure_ppm, size,
			       w.stolen > 0 ? INFINITY : size + 3);
	}
}

/* Days of a daemon's small corrections: more pieces than there is room for. */
static void a_push_of_two_seconds_outlasts_days(void **state)
{
	struct clock_event truth = { .ppm = 3 };
	struct clock_steering s;
	static struct world w;

	(void)state;
	world_start(&w, __func__);
	world_read(&w);
	for (int minute = 0; minute < 2 * 1440; minute++) {
		if (minute == 700) {
			world_push(&w, 100, 2 * NSEC_PER_SEC, &truth);
			world_pass(&w, STEP_NS / 3, 3);
		}
		world_run(&w, 600, 3 + 0.2 * (prng_unit(&w.prng) - 0.5));
	}
	steering_summarise(&w.track, &s);
	assert_int_equal(w.track.pieces, STEERING_PIECES);
	assert_int_equal(s.departures, 1);
	is_event(&s.event[0], &truth);
	assert_between(s.median_ppm, 2.9, 3.1);
	assert_between(s.departure_ppm, 99.8, 101);
}

static void the_largest_events_are_kept_in_order(void **state)
{
	struct clock_steering s;
	static struct world w;
	int large = 0;

	(void)state;
	world_start(&w, __func__);
	world_read(&w);
	for (int i = 0; i < 40; i++) {
		world_run(&w, 100, 0);
		world_run(&w, 20, i % 3 ? 10 + i : 200 + i);
		large += i % 3 == 0;
	}
	world_run(&w, 100, 0);
	steering_summarise(&w.track, &s);
	assert_int_equal(s.departures, 40);
	assert_int_equal(s.events, CLOCK_EVENTS);
	for (size_t i = 0; i < s.events; i++) {
		large -= s.event[i].ppm > 190;
		assert_true(s.event[i].from_ns < s.event[i].to_ns);
		if (i)
			assert_true(s.event[i - 1].to_ns < s.event[i].from_ns);
	}
	assert_int_equal(large, 0);
}

static void too_few_readings_say_nothing(void **state)
{
	struct clock_steering s;
	static struct world w;

	(void)state;
	world_start(&w, __func__);
	steering_summarise(&w.track, &s);
	assert_false(s.known);
	world_read(&w);
	world_read(&w); /* at the same moment: left out */
	steering_summarise(&w.track, &s);
	assert_false(s.known);
	assert_int_equal(s.readings, 1);
	world_run(&w, 1, 0);
	steering_summarise(&w.track, &s);
	assert_true(s.known);
}

/* This host's own clocks, where nobody steers them. */
static void real_readings_are_quiet(void **state)
{
	struct timespec nap = { .tv_nsec = 20 * NSEC_PER_MSEC };
	mono_t origin = mono_now();
	struct clock_steering seen;
	static struct steering s;
	struct timex tx = {};

	(void)state;
	if (adjtimex(&tx) < 0 || !(tx.status & STA_UNSYNC)) {
		print_message("# a daemon steers this clock\n");
		skip();
	}
	steering_start(&s, origin);
	for (int i = 0; i < 60; i++) {
		nanosleep(&nap, NULL);
		steering_poll(&s, mono_now());
		assert_true(mono_before(origin, steering_due(&s)));
	}
	steering_report(&s, &seen);
	assert_true(seen.known);
	assert_between((double)seen.readings, 3, 16);
	assert_int_equal(seen.departures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_clock_never_departs),
		cmocka_unit_test(interrupted_brackets_raise_no_alarm),
		cmocka_unit_test(a_push_is_found_dated_and_covered),
		cmocka_unit_test(a_push_of_two_seconds_outlasts_days),
		cmocka_unit_test(the_largest_events_are_kept_in_order),
		cmocka_unit_test(too_few_readings_say_nothing),
		cmocka_unit_test(real_readings_are_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
