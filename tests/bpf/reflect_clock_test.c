// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reflector's clock: with the kernel's TAI and without it the same time;
 * what an answer says of its error, and for how long; and what is said while
 * the offset changes.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>
#include <cmocka.h>
#include "bench.h"
#include "host/clock.h"
#include "host/feature.h"
#include "host/tai.h"
#include "model/stamptime.h"
#include "probe/reflect_clock.h"
#include "skip.h"
#include "wire.h"

#define SECOND UINT64_C(1000000000)
#define ROUNDS 2000
/* Two test-runs, some us each; the machine may take its time over most. */
#define SANDWICH_NS 50000
/* How soon the process is woken, on a machine with other work. */
#define NOTICE_MS 500

struct answered {
	uint64_t received;
	uint64_t sent;
	uint16_t error;
};

static struct answered ask(struct bench *b, enum bench_hook hook)
{
	struct frame_spec spec = frame_defaults(4);
	struct bench_run run = {};
	size_t udp;

	frame_build(&run.in, &spec);
	assert_int_equal(bench_run(b, hook, &run), 0);
	assert_int_equal(run.fate, BENCH_SEND);
	assert_true(frame_is_valid(&run.out, 0));
	udp = frame_parse(&run.out, 0).udp;
	return (struct answered){
		.received = frame_stamp(&run.out, 16, 0),
		.sent = frame_stamp(&run.out, 4, 0),
		.error = frame_get32(run.out.octets + udp + 8 + 12) >> 16,
	};
}

/*
 * An answer with the offset between two with the helper: by the helper's clock
 * it must lie between them, whatever the kernel does with the clock meanwhile.
 */
static void sandwich(enum bench_hook hook)
{
	int64_t low = INT64_MIN, high = INT64_MAX;
	struct bench tai, offset;

	bench_open(&tai, &(struct bench_setup){ 0 });
	bench_open(&offset, &(struct bench_setup){ .no_tai = 1 });
	for (int i = 0; i < ROUNDS; i++) {
		struct answered before = ask(&tai, hook);
		struct answered between = ask(&offset, hook);
		struct answered after = ask(&tai, hook);
		int64_t late = between.received - before.sent;
		int64_t early = after.received - between.sent;

		low = -early > low ? -early : low;
		high = late < high ? late : high;
	}
	bench_close(&tai);
	bench_close(&offset);
	printf("# %s: MONOTONIC + offset less TAI is within %lld and %+lld "
	       "ns\n",
	       hook == BENCH_XDP ? "XDP" : "TC", (long long)low,
	       (long long)high);
	assert_true(low <= 0 && high >= 0);
	assert_true(high - low <= SANDWICH_NS);
}

static void both_ways_are_the_same_time(void **state)
{
	(void)state;
	if (feature_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_ktime_get_tai_ns))
		SKIP("this kernel has no TAI for programs");
	sandwich(BENCH_XDP);
	sandwich(BENCH_TC);
}

/* The offset that an answer began with is the one it ends with. */
static void a_wrong_offset_shows_in_both_stamps(void **state)
{
	struct bench b;
	uint64_t now;

	(void)state;
	bench_open(&b, &(struct bench_setup){ .no_tai = 1 });
	b.skel->bss->clock_known.tai_offset_ns += 1000 * SECOND;
	for (int hook = 0; hook < BENCH_HOOKS; hook++) {
		struct answered a = ask(&b, hook);

		now = bench_tai_ns() + 1000 * SECOND;
		assert_true(a.received <= a.sent && a.sent <= now + SECOND);
		assert_true(a.received + 10 * SECOND > now);
	}
	bench_close(&b);
}

static void expect_error(struct bench *b, uint64_t from_ns, uint16_t error)
{
	b->skel->bss->clock_known.from_ns = from_ns;
	for (int hook = 0; hook < BENCH_HOOKS; hook++)
		assert_int_equal(ask(b, hook).error, error);
}

static void an_error_holds_for_so_long(void **state)
{
	struct bench_setup setups[] = { { 0 }, { .no_tai = 1 } };
	struct bench b;
	uint64_t now;

	(void)state;
	for (int i = 0; i < 2; i++) {
		bench_open(&b, &setups[i]);
		b.skel->bss->clock_known.lease_ns = 10 * SECOND;
		now = bench_tai_ns();
		expect_error(&b, now, BENCH_ERROR);
		expect_error(&b, now - 5 * SECOND, BENCH_ERROR);
		expect_error(&b, now - 11 * SECOND, BENCH_STALE);
		/* Set back since: nothing is known of this clock either. */
		expect_error(&b, now + 100 * SECOND, BENCH_STALE);
		bench_close(&b);
	}
}

static span_t error_of(uint32_t estimate)
{
	span_t error;

	assert_true(stamptime_decode_error(estimate, &error));
	return error;
}

static void a_refresh_tells_what_is_known(void **state)
{
	struct reflector_clock known = {};
	struct timex tx = {};
	struct taimap map;
	uint64_t now;

	(void)state;
	for (uint32_t has_tai = 0; has_tai < 2; has_tai++) {
		assert_true(adjtimex(&tx) >= 0);
		reflect_clock_refresh(&known, has_tai);
		now = bench_tai_ns();
		assert_true(known.from_ns <= now + 1000);
		assert_true(known.from_ns + SECOND > now);
		assert_int_equal(known.lease_ns, REFLECT_CLOCK_LEASE_NS);
		assert_int_equal(known.stale, BENCH_STALE);
		assert_true(known.error & STAMP_ERROR_PTP);
		assert_int_equal(!!(known.error & STAMP_ERROR_SYNC),
				 !(tx.status & STA_UNSYNC) && tx.tai);
		assert_true(error_of(known.error).ns >=
			    tx.maxerror * NSEC_PER_USEC);
	}
	tai_read(&map);
	assert_int_equal(known.tai_offset_ns, map.offset_ns);
	assert_int_equal(map.error_ns, 0);
}

/* A stamp that was made as the refresh began is not older than what is known:
 * answers are under way all the time. */
static void an_answer_under_way_is_not_stale(void **state)
{
	uint64_t late = UINT64_MAX, took = UINT64_MAX;
	struct reflector_clock known = {};

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before = bench_tai_ns(), after;

		reflect_clock_refresh(&known, 1);
		after = bench_tai_ns();
		if (known.from_ns >= before && known.from_ns - before < late)
			late = known.from_ns - before;
		if (after - before < took)
			took = after - before;
	}
	printf("# of %llu ns it has begun after %llu\n",
	       (unsigned long long)took, (unsigned long long)late);
	assert_true(late < took / 2);
}

/* ---- a step ---------------------------------------------------------------
 */

#define OLD_ERROR 0x4123
#define OLD_OFFSET INT64_C(-862)
#define STEPS 20
#define PATIENCE_MS 10000

struct watch {
	volatile struct reflector_clock *known;
	atomic_bool is_over;
	volatile uint64_t
		seen[2][3]; /* old offset, new; old error, none known, other */
};

static void *watch(void *data)
{
	struct watch *w = data;

	while (!w->is_over) {
		int64_t offset = w->known->tai_offset_ns;
		uint32_t error = w->known->error;
		int which = error == OLD_ERROR	   ? 0
			    : error == BENCH_STALE ? 1
						   : 2;

		if (w->known->tai_offset_ns == offset)
			w->seen[offset != OLD_OFFSET][which]++;
	}
	return NULL;
}

/* The watcher has its turn; on a busy machine that takes its time. */
static void await_seen(const volatile uint64_t *count)
{
	for (int i = 0; i < PATIENCE_MS && !*count; i++)
		usleep(1000);
	assert_int_not_equal(*count, 0);
}

static void no_error_is_another_offsets(void **state)
{
	struct reflector_clock known = {};
	struct watch w = { .known = &known };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, watch, &w), 0);
	for (int i = 0; i < STEPS; i++) {
		w.known->error = BENCH_STALE;
		w.known->tai_offset_ns = OLD_OFFSET;
		w.known->error = OLD_ERROR;
		memset((void *)w.seen, 0, sizeof(w.seen));
		await_seen(&w.seen[0][0]);
		reflect_clock_refresh(&known, 0);
		await_seen(&w.seen[1][2]);
		assert_int_not_equal(known.tai_offset_ns, OLD_OFFSET);
		assert_int_equal(w.seen[0][2], 0);
		assert_int_equal(w.seen[1][0], 0);
	}
	w.is_over = true;
	pthread_join(thread, NULL);
}

/* By a nanosecond, which nobody else will notice. */
static int step_clock(long ns)
{
	struct timex tx = { .modes = ADJ_SETOFFSET | ADJ_NANO };

	tx.time.tv_sec = ns < 0 ? -1 : 0;
	tx.time.tv_usec = ns < 0 ? 1000000000 + ns : ns;
	return adjtimex(&tx) < 0 ? -errno : 0;
}

static void expect_step(int fd, struct reflector_clock *known, long ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t before = known->tai_offset_ns;
	mono_t from = mono_now();

	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(step_clock(ns), 0);
	assert_int_equal(poll(&p, 1, NOTICE_MS), 1);
	printf("# noticed after %.1f us\n",
	       (double)mono_sub(mono_now(), from).ns / 1e3);
	assert_true(tai_steps_take(fd));
	assert_false(tai_steps_take(fd));
	assert_int_equal(poll(&p, 1, 0), 0);
	reflect_clock_refresh(known, 0);
	assert_int_equal(known->tai_offset_ns - before, ns);
}

static void a_step_is_noticed_at_once(void **state)
{
	struct reflector_clock known = {};
	struct timex tx = {};
	int fd = tai_steps_open();

	(void)state;
	assert_true(fd >= 0);
	if (adjtimex(&tx) < 0 || !(tx.status & STA_UNSYNC))
		SKIP("somebody keeps this clock: it is not stepped");
	if (step_clock(0))
		SKIP("the clock may not be stepped here");
	tai_steps_take(fd);
	reflect_clock_refresh(&known, 0);
	expect_step(fd, &known, 1);
	expect_step(fd, &known, -1);
	close(fd);
}

static void the_helper_is_asked_for(void **state)
{
	struct fallback step = {};
	uint32_t has_tai = 2;

	(void)state;
	assert_int_equal(feature_helper(BPF_PROG_TYPE_XDP, 0x7ffffff0),
			 -EINVAL);
	assert_int_equal(
		feature_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_ktime_get_ns), 0);
	assert_int_equal(
		reflect_clock_choose(REFLECT_CLOCK_OFFSET, &has_tai, &step), 0);
	assert_int_equal(has_tai, 0);
	assert_int_equal(
		reflect_clock_choose(REFLECT_CLOCK_AUTO, &has_tai, &step), 0);
	assert_int_equal(!has_tai, step.used != NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_are_the_same_time),
		cmocka_unit_test(a_wrong_offset_shows_in_both_stamps),
		cmocka_unit_test(an_error_holds_for_so_long),
		cmocka_unit_test(a_refresh_tells_what_is_known),
		cmocka_unit_test(an_answer_under_way_is_not_stale),
		cmocka_unit_test(no_error_is_another_offsets),
		cmocka_unit_test(a_step_is_noticed_at_once),
		cmocka_unit_test(the_helper_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
