/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include <string.h>

#include "model/stamptime.h"

static uint64_t octets(const char *bytes)
{
	uint64_t out;

	memcpy(&out, bytes, sizeof(out));
	return out;
}

static int64_t read_ns(const char *bytes, bool is_ptp)
{
	remote_t out = { -1 };

	assert_true(stamptime_read(octets(bytes), is_ptp, &out));
	return out.ns;
}

static void ptp_is_seconds_and_nanoseconds(void **state)
{
	(void)state;
	assert_int_equal(read_ns("\0\0\0\1\0\0\0\2", true), 1000000002);
	assert_int_equal(read_ns("\xff\xff\xff\xff\x3b\x9a\xc9\xff", true),
			 INT64_C(4294967295999999999));
}

static void ntp_has_two_eras(void **state)
{
	(void)state;
	/* 2208988800 s after 1900 is 1970. */
	assert_int_equal(read_ns("\x83\xaa\x7e\x80\0\0\0\0", false), 0);
	assert_int_equal(read_ns("\x83\xaa\x7e\x80\x80\0\0\0", false),
			 500000000);
	/* The last second of era 0 and the first of era 1 are neighbours. */
	assert_int_equal(read_ns("\xff\xff\xff\xff\0\0\0\0", false),
			 INT64_C(2085978495) * NSEC_PER_SEC);
	assert_int_equal(read_ns("\0\0\0\0\x40\0\0\0", false),
			 INT64_C(2085978496) * NSEC_PER_SEC + 250000000);
	/* The fraction's last unit rounds up into the next second. */
	assert_int_equal(read_ns("\x83\xaa\x7e\x80\xff\xff\xff\xff", false),
			 NSEC_PER_SEC);
}

static void what_is_no_stamp_is_refused(void **state)
{
	remote_t out = { 42 };

	(void)state;
	assert_false(stamptime_read(0, true, &out));
	assert_false(stamptime_read(0, false, &out));
	assert_false(
		stamptime_read(octets("\0\0\0\1\x3b\x9a\xca\0"), true, &out));
	assert_int_equal(out.ns, 42);
}

static void written_stamps_read_back(void **state)
{
	struct prng prng = unit_prng("written_stamps_read_back");

	(void)state;
	for (int i = 0; i < 100000; i++) {
		int64_t ns =
			1 + prng_below(&prng, (UINT64_C(1) << 32) * 1000000000);
		remote_t out;

		assert_true(stamptime_read(stamptime_write(ns), true, &out));
		assert_int_equal(out.ns, ns);
	}
	assert_memory_equal(&(uint64_t){ stamptime_write(1000000002) },
			    "\0\0\0\1\0\0\0\2", 8);
}

static void errors_encode_to_known_values(void **state)
{
	(void)state;
	assert_int_equal(stamptime_encode_error(span_ns(1000)), 5 << 8 | 135);
	assert_int_equal(stamptime_encode_error(span_ns(100)), 1 << 8 | 215);
	assert_int_equal(stamptime_encode_error(span_ns(10000)), 8 << 8 | 168);
	assert_int_equal(stamptime_encode_error(span_ns(0)), 1);
	assert_int_equal(stamptime_encode_error(span_ns(-7)), 1);
	/* One second is 2^32 units: 128 * 2^25. */
	assert_int_equal(stamptime_encode_error(span_ns(NSEC_PER_SEC)),
			 25 << 8 | 128);
}

/* Exactly, in units of 1e-9 * 2^-32 s. */
static unsigned __int128 said(uint16_t estimate)
{
	return (unsigned __int128)(estimate & 0xff) * NSEC_PER_SEC
	       << (estimate >> 8 & 0x3f);
}

static void encoded_errors_are_the_smallest_that_suffice(void **state)
{
	struct prng prng = unit_prng("encoded_errors");

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int64_t ns = prng_next(&prng) >> (1 + prng_below(&prng, 63));
		unsigned __int128 asked = (unsigned __int128)ns << 32;
		uint16_t best = stamptime_encode_error(span_ns(ns));
		span_t back;

		assert_true(said(best) >= asked);
		for (int scale = 0; scale < 64; scale++) {
			uint16_t other = scale << 8 | 255;

			if (said(other) < asked)
				continue;
			while ((other & 0xff) > 1 && said(other - 1) >= asked)
				other--;
			assert_true(said(best) <= said(other));
		}
		assert_true(stamptime_decode_error(best | 0xc000, &back));
		assert_true(back.ns >= ns);
		assert_true(back.ns - ns <= ns / 127 + 1);
	}
}

static void decoding_knows_its_limits(void **state)
{
	span_t out = span_ns(42);

	(void)state;
	assert_false(stamptime_decode_error(0xc500, &out));
	assert_int_equal(out.ns, 42);
	assert_true(stamptime_decode_error(63 << 8 | 255, &out));
	assert_true(out.ns == INT64_MAX);
	assert_true(stamptime_decode_error(1, &out));
	assert_int_equal(out.ns, 1);
	assert_true(stamptime_decode_error(32 << 8 | 1, &out));
	assert_int_equal(out.ns, NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ptp_is_seconds_and_nanoseconds),
		cmocka_unit_test(ntp_has_two_eras),
		cmocka_unit_test(what_is_no_stamp_is_refused),
		cmocka_unit_test(written_stamps_read_back),
		cmocka_unit_test(errors_encode_to_known_values),
		cmocka_unit_test(encoded_errors_are_the_smallest_that_suffice),
		cmocka_unit_test(decoding_knows_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
