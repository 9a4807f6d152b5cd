// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "bench.h"

#define ROUNDS 100000
#define TIMED_ROUNDS 3000
#define TIMED_REPEAT 1000000

static uint64_t seed;

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void draw_octets(uint8_t *at, size_t length)
{
	while (length--)
		*at++ = draw();
}

/* A request that is good but for what chance does to its shape. */
static void draw_request(struct frame *f)
{
	struct frame_spec s = frame_defaults(draw() & 1 ? 4 : 6);
	uint8_t tlvs[460];

	s.tags = draw() % 3;
	s.source_port = draw();
	s.payload = draw() & 1 ? FRAME_STAMP : draw() % 520;
	s.no_checksum = !(draw() & 7);
	s.padding = draw() & 1 ? 0 : draw() % 20;
	s.part = draw() & 15 ? 0 : draw();
	if (s.version == 4 && !(draw() & 15))
		s.options = draw() % 11 * 4;
	if (s.payload > FRAME_STAMP && s.payload <= 504) {
		draw_octets(tlvs, sizeof(tlvs));
		memcpy(tlvs, "\x80\x05\0\x0c", draw() & 4);
		tlvs[2] &= draw() & 1 ? 0 : 0xff;
		s.tlvs = tlvs;
		s.tlvs_length = s.payload - FRAME_STAMP;
	}
	frame_build(f, &s);
}

static void draw_frame(struct frame *f)
{
	uint64_t kind = draw() % 8;
	size_t i;

	if (kind == 0) {
		memset(f, 0, sizeof(*f));
		f->length = 14 + draw() % 700;
		draw_octets(f->octets, f->length);
		return;
	}
	draw_request(f);
	if (kind == 1)
		f->length -= draw() % (f->length - 14);
	if (kind < 5) /* the rest goes as it is */
		for (i = draw() % 4; i > 0; i--)
			f->octets[draw() % (kind == 2 ? f->length : 70)] =
				draw();
}

static void dump_frame(const struct frame *f)
{
	size_t i;

	printf("# ");
	for (i = 0; i < f->length; i++)
		printf("%02x", f->octets[i]);
	printf("\n");
}

static int has_checksum(const struct frame *f)
{
	return !!(frame_get32(f->octets + frame_parse(f, 0).udp + 4) & 0xffff);
}

/* 1 if what the program did with the frame is something it may do. */
static int is_lawful(const struct bench_run *run)
{
	struct frame_layout l;

	if (run->out.length != run->in.length)
		return 0;
	if (run->fate == BENCH_PASS || run->fate == BENCH_DROP)
		return !memcmp(run->in.octets, run->out.octets, run->in.length);
	l = frame_parse(&run->out, 0);
	if (has_checksum(&run->in) != has_checksum(&run->out))
		return 0;
	return run->fate == BENCH_SEND && frame_is_valid(&run->out, 0) &&
	       l.udp_length >= 8 + FRAME_STAMP && l.udp_length <= 512 &&
	       frame_get32(run->in.octets + l.udp) << 16 >> 16 == FRAME_PORT &&
	       frame_get32(run->out.octets + l.udp) >> 16 == FRAME_PORT;
}

static void test_random_frames(void **state)
{
	struct bench_run run = { 0 };
	unsigned long fates[BENCH_STRANGE + 1] = { 0 }, refused = 0;
	int i, err;

	for (i = 0; i < ROUNDS; i++) {
		draw_frame(&run.in);
		err = bench_run(*state, i & 1, &run);
		if (err) { /* too short for the kernel to run a program on */
			assert_int_equal(err, -EINVAL);
			assert_true(run.in.length < 54);
			refused++;
			continue;
		}
		fates[run.fate]++;
		if (is_lawful(&run))
			continue;
		dump_frame(&run.in);
		dump_frame(&run.out);
		fail_msg("frame %d came back in a way it must not", i);
	}
	print_message("# %lu answered, %lu passed, %lu dropped, %lu refused\n",
		      fates[BENCH_SEND], fates[BENCH_PASS], fates[BENCH_DROP],
		      refused);
	assert_true(fates[BENCH_SEND] > ROUNDS / 10);
	assert_true(fates[BENCH_PASS] > ROUNDS / 10);
}

/* A sum that comes out as 0 goes out as 0xffff: one answer in 65536 has it. */
static void test_zero_sum(void **state)
{
	struct frame_spec s = frame_defaults(4);
	struct bench_run run = { 0 };
	int i, seen = 0;

	frame_build(&run.in, &s);
	for (i = 0; i < 20 * 65536 && !seen; i++) {
		assert_int_equal(bench_run(*state, BENCH_XDP, &run), 0);
		assert_true(has_checksum(&run.out));
		seen = (frame_get32(run.out.octets + 38) & 0xffff) == 0xffff;
	}
	assert_true(seen);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Median ns of one run at a time, which has the kernel's own set-up in it. */
static uint32_t time_single(struct bench *b, enum bench_hook hook,
			    struct bench_run *run)
{
	static uint32_t each[TIMED_ROUNDS];
	int i;

	run->repeat = 1;
	for (i = 0; i < TIMED_ROUNDS; i++) {
		assert_int_equal(bench_run(b, hook, run), 0);
		each[i] = run->duration_ns;
	}
	qsort(each, TIMED_ROUNDS, sizeof(*each), compare);
	return each[TIMED_ROUNDS / 2];
}

/*
 * An answer is a request no more, so it cannot be run again in place: it is
 * timed singly, less what a single run costs a packet that can be repeated.
 */
static void time_hook(struct bench *b, enum bench_hook hook, int version,
		      size_t payload)
{
	struct frame_spec s = frame_defaults(version);
	struct bench_run run = { 0 };
	uint32_t stranger, setup, answer;

	s.payload = payload;
	s.source = 9;
	frame_build(&run.in, &s);
	setup = time_single(b, hook, &run);
	run.repeat = TIMED_REPEAT;
	assert_int_equal(bench_run(b, hook, &run), 0);
	assert_int_equal(run.fate, BENCH_DROP);
	stranger = run.duration_ns;
	s.source = 1;
	frame_build(&run.in, &s);
	answer = time_single(b, hook, &run);
	assert_int_equal(run.fate, BENCH_SEND);
	s.port = 53;
	frame_build(&run.in, &s);
	run.repeat = TIMED_REPEAT;
	assert_int_equal(bench_run(b, hook, &run), 0);
	assert_int_equal(run.fate, BENCH_PASS);
	print_message("# %s IPv%d %zu octets: not ours %u ns, stranger %u ns, "
		      "answered %d ns\n",
		      hook == BENCH_TC ? "TC " : "XDP", version, payload,
		      run.duration_ns, stranger,
		      (int)(answer - setup + stranger));
}

static void test_times(void **state)
{
	int hook;

	for (hook = 0; hook < BENCH_HOOKS; hook++) {
		time_hook(*state, hook, 4, FRAME_STAMP);
		time_hook(*state, hook, 6, FRAME_STAMP);
		time_hook(*state, hook, 4, 504);
	}
}

static int set_up(void **state)
{
	const char *given = getenv("XRTT_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	print_message("# XRTT_SEED=%llu\n", (unsigned long long)seed);
	return bench_set_up(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_frames),
		cmocka_unit_test(test_zero_sum),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, set_up, bench_tear_down);
}
