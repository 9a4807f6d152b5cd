// SPDX-License-Identifier: GPL-2.0-only
#include "watch_world.h"

#define LEVEL 50000000
#define BAR 2000
#define TENTH 100000000 /* ns between probes, unless said otherwise */
#define EVENTS 16

struct found {
	size_t n;
	struct watch_event event[EVENTS];
	struct watch *watch;
};

static void found_begin(struct found *f)
{
	f->n = 0;
	f->watch = watch_create(BAR);
	assert_non_null(f->watch);
}

static void add(struct found *f, int64_t at_ns, int64_t network_ns)
{
	struct watch_sample s = { .at_ns = at_ns, .network_ns = network_ns };

	assert_true(f->n < EVENTS);
	f->n += watch_add(f->watch, &s, &f->event[f->n]);
}

static const struct watch_segment *segments(const struct found *f, size_t n)
{
	const struct watch_segment *s;

	assert_int_equal(watch_segments(f->watch, &s), n);
	return s;
}

/* Hardly any noise. */
static int64_t wobble(int i)
{
	return i * 7 % 11 * 100;
}

static void nothing_is_no_segment(void **state)
{
	struct found f;

	(void)state;
	watch_destroy(NULL);
	found_begin(&f);
	segments(&f, 0);
	add(&f, 5, LEVEL);
	assert_int_equal(segments(&f, 1)->min_ns, LEVEL);
	assert_int_equal(segments(&f, 1)->from_ns, 5);
	assert_int_equal(segments(&f, 1)->probes, 1);
	assert_int_equal(f.n, 0);
	watch_destroy(f.watch);
}

static void a_quiet_path_tells_the_very_probe(void **state)
{
	const struct watch_segment *s;
	struct found f;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		found_begin(&f);
		for (int i = 0; i < 1000; i++)
			add(&f, (int64_t)i * TENTH,
			    LEVEL + wobble(i) + (i < 400 ? 0 : sign * 4 * BAR));
		assert_int_equal(f.n, 1);
		assert_int_equal(f.event[0].time_ns,
				 399 * (int64_t)TENTH + TENTH / 2);
		assert_true(f.event[0].time_lo_ns >= 397 * (int64_t)TENTH);
		assert_true(f.event[0].time_lo_ns <= 399 * (int64_t)TENTH);
		assert_true(f.event[0].time_hi_ns >= 400 * (int64_t)TENTH);
		assert_true(f.event[0].time_hi_ns <= 402 * (int64_t)TENTH);
		assert_int_equal(f.event[0].from_ns, LEVEL);
		assert_between((double)f.event[0].to_ns - LEVEL -
				       sign * 4 * BAR,
			       0, 1000);
		assert_int_equal(f.event[0].way, WATCH_WAY_UNKNOWN);
		assert_between((double)f.event[0].told_ns / TENTH, 403,
			       sign > 0 ? 475 : 403);
		s = segments(&f, 2);
		assert_int_equal(s[0].probes, 400);
		assert_int_equal(s[1].probes, 600);
		assert_int_equal(s[0].to_ns, f.event[0].time_ns);
		assert_int_equal(s[1].from_ns, f.event[0].time_ns);
		assert_int_equal(s[1].to_ns, 999 * (int64_t)TENTH);
		assert_int_equal(s[0].min_ns, LEVEL);
		assert_int_equal(s[1].min_ns, LEVEL + sign * 4 * BAR);
		assert_between((double)s[1].below_ns, 0, BAR);
		watch_destroy(f.watch);
	}
}

/* Raised by `by` for some probes from the 300th on, with a floor as sharp as
 * the level's own. */
static size_t events_of_period(int probes, int64_t by)
{
	struct found f;

	found_begin(&f);
	for (int i = 0; i < 1000; i++)
		add(&f, (int64_t)i * TENTH,
		    LEVEL + wobble(i) +
			    (i >= 300 && i < 300 + probes ? by : 0));
	watch_destroy(f.watch);
	return f.n;
}

/* Noise does not make a probe fast: one a little below the level is of it. One
 * far below was on another way, which lasted too short to be a level. */
static void a_lone_low_is_of_the_level_if_near(void **state)
{
	static const struct {
		int64_t below_ns;
		bool own;
	} lone[] = { { 3 * BAR / 2, true }, { 3 * BAR, false } };
	struct found f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lone); i++) {
		int64_t below_ns = lone[i].own ? lone[i].below_ns : 0;

		found_begin(&f);
		for (int j = 0; j < 400; j++)
			add(&f, (int64_t)j * TENTH,
			    LEVEL + wobble(j) -
				    (j == 297 ? lone[i].below_ns : 0));
		assert_int_equal(f.n, 0);
		assert_int_equal(segments(&f, 1)->min_ns, LEVEL - below_ns);
		watch_destroy(f.watch);
	}
}

static void a_busy_period_is_no_level(void **state)
{
	(void)state;
	for (int64_t by = 4 * BAR; by < 1000 * BAR; by *= 3) {
		assert_int_equal(events_of_period(1, by), 0);
		assert_int_equal(events_of_period(50, by), 0);
		assert_int_equal(events_of_period(59, by), 0);
		assert_int_equal(events_of_period(90, by), 2);
		assert_int_equal(events_of_period(1, -by), 0);
		assert_int_equal(events_of_period(2, -by), 0);
		assert_int_equal(events_of_period(8, -by), 2);
	}
	assert_int_equal(events_of_period(300, BAR), 0);
	assert_int_equal(events_of_period(300, -BAR), 0);
}

static void a_run_may_begin_in_a_busy_period(void **state)
{
	struct found f;

	(void)state;
	found_begin(&f);
	for (int i = 0; i < 300; i++)
		add(&f, (int64_t)i * TENTH,
		    LEVEL + wobble(i) + (i < 50 ? 300000 : 0));
	assert_int_equal(f.n, 0);
	assert_int_equal(segments(&f, 1)->min_ns, LEVEL);
	watch_destroy(f.watch);
}

static void slopes_are_no_shifts(void **state)
{
	struct found f;

	(void)state;
	found_begin(&f);
	for (int i = 0; i < 36000; i++) /* an hour of 10 bars up */
		add(&f, (int64_t)i * TENTH,
		    LEVEL + wobble(i) + i * 10 * BAR / 36000);
	for (int i = 0; i < 36000; i++) /* and down */
		add(&f, (int64_t)(36000 + i) * TENTH,
		    LEVEL + wobble(i) + 10 * BAR - i * 10 * BAR / 36000);
	for (int i = 0; i < 150; i++) /* a queue of 15 s, and its end */
		add(&f, (int64_t)(72000 + i) * TENTH,
		    LEVEL + wobble(i) + i * 10 * BAR);
	for (int i = 150; i > 0; i--)
		add(&f, (int64_t)(72300 - i) * TENTH,
		    LEVEL + wobble(i) + i * 10 * BAR);
	for (int i = 0; i < 300; i++)
		add(&f, (int64_t)(72300 + i) * TENTH, LEVEL + wobble(i));
	assert_int_equal(f.n, 0);
	segments(&f, 1);
	watch_destroy(f.watch);
}

/* The far clock is a year off and drifts by 100 ppm. */
static enum watch_way way_of(double forward, double back, bool has_ways)
{
	struct watch *w = watch_create(BAR);
	struct watch_event event;
	size_t events = 0;

	for (int i = 0; i < 600; i++) {
		int64_t at_ns = (int64_t)i * TENTH;
		int64_t clock_ns = 31536000000000000 + at_ns / 10000;
		int64_t there_ns = LEVEL / 2 + wobble(i);
		int64_t back_ns = LEVEL / 2 + wobble(i + 3);

		if (i >= 300) {
			there_ns += (int64_t)forward;
			back_ns += (int64_t)back;
		}
		events += watch_add(w,
				    &(struct watch_sample){
					    .at_ns = at_ns,
					    .network_ns = there_ns + back_ns,
					    .has_ways = has_ways,
					    .forward_ns = there_ns + clock_ns,
					    .return_ns = back_ns - clock_ns,
				    },
				    &event);
	}
	watch_destroy(w);
	assert_int_equal(events, 1);
	return event.way;
}

static void the_way_is_told_from_drifting_clocks(void **state)
{
	(void)state;
	for (double by = -100 * BAR; by <= 100 * BAR; by += 8 * BAR) {
		if (fabs(by) < 4 * BAR)
			continue;
		assert_int_equal(way_of(by, 0, true), WATCH_WAY_FORWARD);
		assert_int_equal(way_of(0, by, true), WATCH_WAY_RETURN);
		assert_int_equal(way_of(by, by, true), WATCH_WAY_BOTH);
		assert_int_equal(way_of(by, 0, false), WATCH_WAY_UNKNOWN);
	}
}

/* At 10 000 a second a flow's latest samples are still all there. */
static void rates_do_not_matter(void **state)
{
	static const int64_t gap_ns[] = { 100000, 25600000, 1000000000 };
	struct found f;

	(void)state;
	for (size_t g = 0; g < ARRAY_SIZE(gap_ns); g++) {
		int64_t rise_ns = 60000000000, fall_ns = 120000000000;
		int64_t end_ns = 150000000000;
		int i = 0;

		found_begin(&f);
		for (int64_t at_ns = 0; at_ns < end_ns; at_ns += gap_ns[g], i++)
			add(&f, at_ns,
			    LEVEL + wobble(i) +
				    (at_ns >= rise_ns && at_ns < fall_ns
					     ? 20 * BAR
					     : 0));
		assert_int_equal(f.n, 2);
		for (int e = 0; e < 2; e++) {
			int64_t at_ns = e ? fall_ns : rise_ns;

			assert_true(f.event[e].time_lo_ns <= at_ns);
			assert_true(f.event[e].time_hi_ns >= at_ns);
			assert_true(f.event[e].time_hi_ns -
					    f.event[e].time_lo_ns <=
				    3 * gap_ns[g]);
		}
		watch_destroy(f.watch);
	}
}

/* Of the instrument's bar a part that stays, a part that does not. */
static struct world_flow noisy_flow(double interval_s)
{
	return (struct world_flow){
		.interval_s = interval_s,
		.bar_ns = BAR,
		.jitter_ns = 0.5 * BAR,
		.level_ns = LEVEL,
		.drift = 5e-5,
		.noise = { .scale_ns = BAR,
			   .index = 1.5,
			   .every_s = 30,
			   .floor_ns = 2e5,
			   .queue_ns = 5e5 },
	};
}

/* In flow-hours. A false rise ends in a false fall: one a thousand hours. */
static void noise_alone_is_no_event(void **state)
{
	static const double interval_s[] = { 0.0256, 0.1, 1 };
	struct prng prng = unit_prng("noise_alone_is_no_event");
	double hours = world_runs(20);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(interval_s); i++) {
		struct world_flow flow = noisy_flow(interval_s[i]);
		double samples = hours * 3600 / interval_s[i];
		struct found f;

		found_begin(&f);
		world_flow_begin(&flow, &prng);
		while ((double)flow.sent < samples) {
			struct watch_sample s = world_flow_next(&flow);

			f.n += watch_add(f.watch, &s, &f.event[f.n % EVENTS]);
		}
		printf("# every %.4g s: %zu events in %.0f flow-hours\n",
		       interval_s[i], f.n, hours);
		assert_true((double)f.n <= 2 * hours / 1000);
		watch_destroy(f.watch);
	}
}

struct delays {
	size_t n, missed;
	double second[1024];
};

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A shift after a minute or more; its delay, or none within two minutes. */
static void delay_of(struct prng *prng, double interval_s, double by,
		     struct delays *d)
{
	struct world_flow flow = noisy_flow(interval_s);
	struct watch *w = watch_create(BAR);
	double at_s = 60 + 30 * prng_unit(prng), told_s = 0;
	struct watch_event e;

	flow.shifts = 1;
	flow.shift[0] = (struct world_shift){ at_s, by, false };
	world_flow_begin(&flow, prng);
	while (told_s == 0 && (double)flow.sent * interval_s < at_s + 120) {
		struct watch_sample s = world_flow_next(&flow);

		if (watch_add(w, &s, &e) && (e.to_ns > e.from_ns) == (by > 0))
			told_s = (double)e.told_ns / 1e9;
	}
	if (told_s > at_s)
		d->second[d->n++] = told_s - at_s;
	else
		d->missed++;
	watch_destroy(w);
}

static void delays_are_bounded(void **state)
{
	static const double interval_s[] = { 0.0256, 0.1, 1 };
	static const int bars[] = { 4, 8, 16, 64 };
	struct prng prng = unit_prng("delays_are_bounded");
	int runs = world_runs(100) > 1000 ? 1000 : world_runs(100);

	(void)state;
	printf("# probes/s  shift/bar  median s (probes)  p90 s (probes)\n");
	for (size_t i = 0; i < ARRAY_SIZE(interval_s); i++) {
		for (int b = 0; b < 8; b++) {
			double by = bars[b % 4] * (b < 4 ? BAR : -BAR);
			struct delays d = { 0 };
			double p50, p90;

			for (int run = 0; run < runs; run++)
				delay_of(&prng, interval_s[i], by, &d);
			qsort(d.second, d.n, sizeof(*d.second), compare);
			p50 = d.n ? d.second[d.n / 2] : INFINITY;
			p90 = d.n ? d.second[d.n * 9 / 10] : INFINITY;
			printf("# %8.3g  %+9.0f  %8.2f (%4.0f)  %8.2f (%4.0f)"
			       "  missed %zu of %d\n",
			       1 / interval_s[i], by / BAR, p50,
			       p50 / interval_s[i], p90, p90 / interval_s[i],
			       d.missed, runs);
			assert_true(200 * d.missed <= (size_t)runs);
			assert_between(p50, 0, by > 0 ? 30 : 20);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_no_segment),
		cmocka_unit_test(a_quiet_path_tells_the_very_probe),
		cmocka_unit_test(a_lone_low_is_of_the_level_if_near),
		cmocka_unit_test(a_busy_period_is_no_level),
		cmocka_unit_test(a_run_may_begin_in_a_busy_period),
		cmocka_unit_test(slopes_are_no_shifts),
		cmocka_unit_test(the_way_is_told_from_drifting_clocks),
		cmocka_unit_test(rates_do_not_matter),
		cmocka_unit_test(noise_alone_is_no_event),
		cmocka_unit_test(delays_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
