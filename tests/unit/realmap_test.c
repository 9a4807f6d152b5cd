/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include <errno.h>
#include <time.h>

#include "model/realmap.h"

#define OFFSET INT64_C(1790000000123456789)
#define TICK INT64_C(4000000)
#define STEP INT64_C(-17000003)

/* The coarse clocks of a kernel: they tick, and REALTIME is set, just before
 * the reads of the given numbers. Setting a clock is an update too. */
struct kernel {
	int reads;
	int tick_before, set_before;
	bool ticks_always, set_between_ticks;
	int fail_at;
	int64_t mono, offset;
};

static int kernel_read(void *context, enum realmap_clock which, int64_t *ns)
{
	struct kernel *k = context;
	int read = k->reads++;

	if (k->fail_at && read == k->fail_at)
		return -EPERM;
	if (k->ticks_always || read == k->tick_before)
		k->mono += TICK;
	if (read == k->set_before) {
		k->offset += STEP;
		if (!k->set_between_ticks)
			k->mono += 1234567;
	}
	*ns = k->mono + (which == REALMAP_REALTIME_COARSE ? k->offset : 0);
	return 0;
}

static struct kernel kernel_new(void)
{
	return (struct kernel){
		.tick_before = -1,
		.set_before = -1,
		.mono = INT64_C(987654321012),
		.offset = OFFSET,
	};
}

static void offset_is_exact(void **state)
{
	struct kernel k = kernel_new();
	struct realmap_source source;
	struct realmap a, b;
	mono_t mono;

	(void)state;
	realmap_init(&source, kernel_read, &k);
	assert_int_equal(realmap_read(&source, &a), 0);
	k.mono += TICK + 17;
	assert_int_equal(realmap_read(&source, &b), 0);
	assert_true(realmap_convert(&a, &b, (real_t){ OFFSET + 5 }, &mono));
	assert_int_equal(mono.ns, 5);
	assert_int_equal(source.steps, 0);
	assert_int_equal(k.reads, 6);
}

/* A probe's life: read, send and stamp, read. The clock is set before any of
 * the reads, or between them and the stamp; with and without a tick somewhere,
 * and with a setting that leaves the coarse clock's tick alone. */
static bool probe_across_step(int set_before, int tick_before, bool between)
{
	struct kernel k = kernel_new();
	struct realmap_source source;
	struct realmap before, after;
	int64_t sent, real;
	mono_t mono = { -1 };
	bool stepped, converted;

	k.set_before = set_before;
	k.tick_before = tick_before;
	k.set_between_ticks = between;
	realmap_init(&source, kernel_read, &k);
	assert_int_equal(realmap_read(&source, &before), 0);
	sent = k.mono + 777;
	real = sent + k.offset;
	assert_int_equal(realmap_read(&source, &after), 0);
	stepped = before.offset.ns != after.offset.ns;
	assert_int_equal(source.steps, stepped);
	converted = realmap_convert(&before, &after, (real_t){ real }, &mono);
	assert_int_equal(converted, !stepped);
	assert_int_equal(mono.ns, converted ? sent : -1);
	return converted;
}

static void steps_anywhere_never_yield_a_wrong_time(void **state)
{
	int converted = 0, dropped = 0;

	(void)state;
	for (int set = -1; set < 14; set++) {
		for (int tick = -1; tick < 14; tick++) {
			for (int between = 0; between < 2; between++) {
				if (probe_across_step(set, tick, between))
					converted++;
				else
					dropped++;
			}
		}
	}
	printf("# %d converted, %d dropped\n", converted, dropped);
	assert_true(converted > 100 && dropped > 50);
}

static void a_step_between_readings_drops_the_stamp(void **state)
{
	struct kernel k = kernel_new();
	struct realmap_source source;
	struct realmap before, after;
	mono_t mono = { 42 };

	(void)state;
	realmap_init(&source, kernel_read, &k);
	assert_int_equal(realmap_read(&source, &before), 0);
	k.offset += 1;
	assert_int_equal(realmap_read(&source, &after), 0);
	assert_false(realmap_convert(&before, &after, (real_t){ 7 }, &mono));
	assert_int_equal(mono.ns, 42);
	assert_int_equal(source.steps, 1);
	k.offset -= 1;
	assert_int_equal(realmap_read(&source, &after), 0);
	assert_int_equal(source.steps, 2);
	assert_true(
		realmap_convert(&before, &after, (real_t){ OFFSET }, &mono));
	assert_int_equal(mono.ns, 0);
}

static void retries_are_bounded_and_errors_pass(void **state)
{
	struct realmap map = { span_ns(42) };
	struct realmap_source source;
	struct kernel k = kernel_new();

	(void)state;
	realmap_init(&source, kernel_read, &k);
	k.ticks_always = true;
	assert_int_equal(realmap_read(&source, &map), -EAGAIN);
	assert_int_equal(k.reads, 48);
	k = kernel_new();
	for (int at = 1; at < 3; at++) {
		k.reads = 0;
		k.fail_at = at;
		assert_int_equal(realmap_read(&source, &map), -EPERM);
		assert_int_equal(k.reads, at + 1);
	}
	assert_int_equal(map.offset.ns, 42);
	assert_int_equal(source.steps, 0);
}

static int real_read(void *context, enum realmap_clock which, int64_t *ns)
{
	struct timespec ts;

	(void)context;
	if (clock_gettime(which == REALMAP_REALTIME_COARSE
				  ? CLOCK_REALTIME_COARSE
				  : CLOCK_MONOTONIC_COARSE,
			  &ts))
		return -errno;
	*ns = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	return 0;
}

/* This kernel's coarse clocks really differ by one constant, over many ticks;
 * if the clock was set meanwhile the steps say so. */
static void this_kernel_keeps_one_offset(void **state)
{
	struct realmap_source source;
	struct realmap map;
	int64_t start = 0, now, ticks = 0, last;

	(void)state;
	realmap_init(&source, real_read, NULL);
	assert_int_equal(real_read(NULL, REALMAP_MONOTONIC_COARSE, &start), 0);
	last = now = start;
	while (now - start < 100 * NSEC_PER_MSEC) {
		assert_int_equal(realmap_read(&source, &map), 0);
		real_read(NULL, REALMAP_MONOTONIC_COARSE, &now);
		ticks += now != last;
		last = now;
	}
	printf("# %lld ticks, %llu steps\n", (long long)ticks,
	       (unsigned long long)source.steps);
	assert_true(ticks >= 2);
	assert_true(source.steps <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offset_is_exact),
		cmocka_unit_test(steps_anywhere_never_yield_a_wrong_time),
		cmocka_unit_test(a_step_between_readings_drops_the_stamp),
		cmocka_unit_test(retries_are_bounded_and_errors_pass),
		cmocka_unit_test(this_kernel_keeps_one_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
