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
#include <bpf/bpf.h>
#include "bench.h"
#include "skip.h"

#define TLVS_MAX 64

/* Sends a request, wants an answer, and hands back its sequence number. */
static uint32_t ask_seq(struct bench *b, enum bench_hook hook,
			const struct frame_spec *s)
{
	struct bench_run run = { 0 };

	frame_build(&run.in, s);
	assert_int_equal(bench_run(b, hook, &run), 0);
	assert_int_equal(run.fate, BENCH_SEND);
	return frame_get32(run.out.octets + frame_parse(&run.out, 0).udp + 8);
}

/* Every source address, port and SSID counts for itself, in either hook. */
static void test_sessions(void **state)
{
	struct frame_spec first = frame_defaults(4), other = first;
	uint32_t i;
	int k;

	for (i = 0; i < 5; i++)
		assert_int_equal(ask_seq(*state, i & 1, &first), i);
	for (k = 0; k < 4; k++) {
		other = k == 3 ? frame_defaults(6) : first;
		other.source += k == 0;
		other.source_port += k == 1;
		other.ssid += k == 2;
		for (i = 0; i < 3; i++)
			assert_int_equal(ask_seq(*state, i & 1, &other), i);
	}
	assert_int_equal(ask_seq(*state, BENCH_TC, &first), 5);
}

struct tlv_case {
	const char *what;
	uint8_t in[TLVS_MAX];
	size_t length;
	uint8_t out[TLVS_MAX];
};

/* Written out by hand from RFC 8972 section 4: U 0x80, M 0x40, I 0x20. */
static const struct tlv_case tlv_cases[] = {
	{ "extra padding",
	  { 0x80, 1, 0, 3, 7, 8, 9 },
	  7,
	  { 0x00, 1, 0, 3, 7, 8, 9 } },
	{ "unknown", { 0x00, 99, 0, 1, 5 }, 5, { 0x80, 99, 0, 1, 5 } },
	{ "all flags", { 0xff, 1, 0, 0 }, 4, { 0x00, 1, 0, 0 } },
	{ "location", { 0xa0, 2, 0, 0 }, 4, { 0x80, 2, 0, 0 } },
	{ "past the end", { 0x80, 1, 0, 2, 6 }, 5, { 0x40, 1, 0, 2, 6 } },
	{ "far past the end",
	  { 0x80, 98, 0xff, 0xff, 6 },
	  5,
	  { 0xc0, 98, 0xff, 0xff, 6 } },
	{ "what follows a malformed one stays",
	  { 0x80, 5, 0, 4, 1, 2, 3, 4, 0x13, 99, 0, 0 },
	  12,
	  { 0x40, 5, 0, 4, 1, 2, 3, 4, 0x13, 99, 0, 0 } },
	{ "no header: 1", { 0xff }, 1, { 0xff } },
	{ "no header: 3", { 0xff, 5, 0 }, 3, { 0xff, 5, 0 } },
	{ "left over",
	  { 0x80, 1, 0, 1, 3, 0xfe, 0xfd },
	  7,
	  { 0x00, 1, 0, 1, 3, 0xfe, 0xfd } },
	{ "odd, then unknown",
	  { 0x80, 1, 0, 1, 3, 0x7f, 50, 0, 0 },
	  9,
	  { 0x00, 1, 0, 1, 3, 0x80, 50, 0, 0 } },
	{ "measurement",
	  { 0x80, 5, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	  16,
	  { 0x00, 5, 0, 12, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "padding, then measurement",
	  { 0x80, 1, 0, 1, 9, 0x80, 5, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8 },
	  21,
	  { 0x00, 1, 0, 1, 9, 0x00, 5, 0, 12, 1, 2, 3, 4 } },
};

static void test_tlvs(void **state)
{
	struct frame_spec s = frame_defaults(4);
	struct bench_run run = { 0 };
	const struct tlv_case *row;
	size_t i, at;
	int k;

	for (i = 0; i < sizeof(tlv_cases) / sizeof(*row); i++)
		for (k = 0; k < 2 * BENCH_HOOKS; k++) {
			row = &tlv_cases[i];
			print_message("# %s\n", row->what);
			s = frame_defaults(k & 1 ? 6 : 4);
			s.source_port = 2000 + i * 4 + k;
			s.payload = FRAME_STAMP + row->length;
			s.tlvs = row->in;
			s.tlvs_length = row->length;
			frame_build(&run.in, &s);
			assert_int_equal(bench_run(*state, k / 2, &run), 0);
			assert_int_equal(run.fate, BENCH_SEND);
			at = frame_parse(&run.out, 0).udp + 8 + FRAME_STAMP;
			assert_memory_equal(run.out.octets + at, row->out,
					    row->length);
			assert_true(frame_is_valid(&run.out, 0));
		}
}

/* As many TLVs as 512 octets of UDP can hold. */
static void test_many_tlvs(void **state)
{
	struct frame_spec s = frame_defaults(4);
	struct bench_run run = { 0 };
	uint8_t tlvs[460];
	size_t i, at;
	int hook;

	for (i = 0; i < sizeof(tlvs); i += 4)
		memcpy(tlvs + i, i % 8 ? "\x80\x01\0\0" : "\0\x63\0\0", 4);
	s.payload = FRAME_STAMP + sizeof(tlvs);
	s.tlvs = tlvs;
	s.tlvs_length = sizeof(tlvs);
	for (hook = 0; hook < BENCH_HOOKS; hook++) {
		frame_build(&run.in, &s);
		assert_int_equal(bench_run(*state, hook, &run), 0);
		assert_int_equal(run.fate, BENCH_SEND);
		at = frame_parse(&run.out, 0).udp + 8 + FRAME_STAMP;
		for (i = 0; i < sizeof(tlvs); i += 4)
			assert_int_equal(run.out.octets[at + i],
					 i % 8 ? 0x00 : 0x80);
		assert_true(frame_is_valid(&run.out, 0));
	}
}

static const uint8_t measure[16] = { 0x80, 5, 0, 12, 0, 0, 0, 9 };

/* What a Direct Measurement TLV comes back with. */
static void ask_counts(struct bench *b, struct frame_spec s, uint32_t counts[2])
{
	struct bench_run run = { 0 };
	size_t at;

	s.payload = FRAME_STAMP + sizeof(measure);
	s.tlvs = measure;
	s.tlvs_length = sizeof(measure);
	frame_build(&run.in, &s);
	assert_int_equal(bench_run(b, BENCH_XDP, &run), 0);
	assert_int_equal(run.fate, BENCH_SEND);
	at = frame_parse(&run.out, 0).udp + 8 + FRAME_STAMP;
	assert_int_equal(frame_get32(run.out.octets + at + 4), 9);
	counts[0] = frame_get32(run.out.octets + at + 8);
	counts[1] = frame_get32(run.out.octets + at + 12);
}

static void rest(uint64_t ns)
{
	struct timespec t = { .tv_sec = ns / 1000000000,
			      .tv_nsec = ns % 1000000000 };

	nanosleep(&t, NULL);
}

/*
 * One answer in 300 ms, two more at once: of five in a burst three are
 * answered. The counts that a measurement brings home say so.
 */
static void test_rate(void **state)
{
	const struct bench_setup setup = { .token_ns = 300000000,
					   .burst_ns = 600000000 };
	struct frame_spec s = frame_defaults(4), other = s;
	struct bench_run run = { 0 };
	uint32_t counts[2];
	struct bench b;
	int i;

	(void)state;
	other.source = 3;
	bench_open(&b, &setup);
	frame_build(&run.in, &s);
	for (i = 0; i < 5; i++) {
		assert_int_equal(bench_run(&b, i & 1, &run), 0);
		assert_int_equal(run.fate, i < 3 ? BENCH_SEND : BENCH_DROP);
		assert_int_equal(bench_counted(&b),
				 i < 3 ? DOOR_ANSWERED : DOOR_REFUSED_RATE);
		if (i >= 3)
			assert_memory_equal(run.out.octets, run.in.octets,
					    run.in.length);
	}
	s.source_port++; /* another session, the same source */
	frame_build(&run.in, &s);
	assert_int_equal(bench_run(&b, BENCH_XDP, &run), 0);
	assert_int_equal(run.fate, BENCH_DROP);
	s.source_port--;
	assert_int_equal(ask_seq(&b, BENCH_XDP, &other), 0);
	rest(330000000);
	ask_counts(&b, s, counts);
	assert_int_equal(counts[0], 5);
	assert_int_equal(counts[1], 3);
	frame_build(&run.in, &s); /* the measurement took the token */
	assert_int_equal(bench_run(&b, BENCH_XDP, &run), 0);
	assert_int_equal(run.fate, BENCH_DROP);
	bench_close(&b);
}

/* What becomes of a request when its source has run `ahead_ns` ahead. */
static int ask_ahead(struct bench *b, uint64_t ahead_ns)
{
	int sources = bpf_map__fd(b->skel->maps.sources);
	struct frame_spec s = frame_defaults(4);
	struct bench_run run = { 0 };
	struct door_address source;
	uint64_t arrival = bench_tai_ns() + ahead_ns;

	assert_int_equal(bpf_map_get_next_key(sources, NULL, &source), 0);
	assert_int_equal(bpf_map_update_elem(sources, &source, &arrival, 0), 0);
	frame_build(&run.in, &s);
	assert_int_equal(bench_run(b, BENCH_XDP, &run), 0);
	return bench_counted(b);
}

/* TAI can be set back: whoever was answered before is answered after. */
static void test_rate_set_back(void **state)
{
	const struct bench_setup setup = { .token_ns = 300000000,
					   .burst_ns = 600000000 };
	struct frame_spec s = frame_defaults(4);
	struct bench b;

	(void)state;
	bench_open(&b, &setup);
	assert_int_equal(ask_seq(&b, BENCH_XDP, &s), 0);
	assert_int_equal(bench_counted(&b), DOOR_ANSWERED);
	assert_int_equal(ask_ahead(&b, 900000000), DOOR_REFUSED_RATE);
	assert_int_equal(ask_ahead(&b, 1700000000), DOOR_REFUSED_RATE);
	assert_int_equal(ask_ahead(&b, 2500000000), DOOR_ANSWERED);
	bench_close(&b);
}

/* Asking does not change what is asked about. */
static void test_measurement_counts(void **state)
{
	struct frame_spec s = frame_defaults(6);
	uint32_t counts[2];
	int i;

	s.source_port = 3000;
	for (i = 0; i < 4; i++) {
		ask_counts(*state, s, counts);
		assert_int_equal(counts[0], i);
		assert_int_equal(counts[1], i);
		assert_int_equal(ask_seq(*state, BENCH_TC, &s), 2 * i + 1);
	}
}

/* skb->csum has to stay the sum over the packet; the kernel checks it. */
static void test_checksum_complete(void **state)
{
	struct bench_run run = { .flags = BENCH_COMPLETE };
	struct frame_spec s;
	size_t payload;
	int k, err;

	for (k = 0; k < 4; k++)
		for (payload = 44; payload < 100; payload++) {
			s = frame_defaults(k & 1 ? 6 : 4);
			s.no_checksum = k == 2;
			s.payload = payload;
			s.padding = k;
			frame_build(&run.in, &s);
			err = bench_run(*state, BENCH_TC, &run);
			if (err == -EINVAL)
				SKIP("this kernel's test-run takes no "
				     "checksum state (6.11)");
			assert_int_equal(err, 0);
			assert_int_equal(run.fate, BENCH_SEND);
			assert_true(frame_is_valid(&run.out, 0));
		}
}

/* Another reflector's answer, whatever port it comes from; MBZ octets that are
 * not zero make no answer of a request. */
static void test_answer_is_refused(void **state)
{
	struct bench_run run = { 0 };
	struct frame_spec s;
	uint8_t *payload;
	int hook, version;

	bench_counted(*state); /* what went before */
	for (hook = 0; hook < BENCH_HOOKS; hook++)
		for (version = 4; version <= 6; version += 2) {
			s = frame_defaults(version);
			frame_build(&run.in, &s);
			payload =
				run.in.octets + frame_parse(&run.in, 0).udp + 8;
			memset(payload + 16, 0, 28);
			payload[40] = 64;
			assert_int_equal(bench_run(*state, hook, &run), 0);
			assert_int_equal(run.fate, BENCH_SEND);
			assert_int_equal(bench_counted(*state), DOOR_ANSWERED);
			payload[16] = 1;
			assert_int_equal(bench_run(*state, hook, &run), 0);
			assert_int_equal(run.fate, BENCH_DROP);
			assert_int_equal(bench_counted(*state),
					 DOOR_REFUSED_LOOP);
		}
}

/* Headers or payload outside of the skb's linear part. */
static void test_non_linear(void **state)
{
	struct bench_run run = { .flags = BENCH_NON_LINEAR };
	struct frame_spec s = frame_defaults(4);
	int k, err;

	for (k = 0; k < 2; k++)
		for (run.linear = 14; run.linear < 200; run.linear += 1) {
			s = frame_defaults(k ? 6 : 4);
			s.payload = 300;
			frame_build(&run.in, &s);
			err = bench_run(*state, BENCH_TC, &run);
			if (err == -EINVAL && run.linear == 14 && !k)
				SKIP("this kernel's test-run makes no "
				     "fragmented skb (6.19)");
			assert_int_equal(err, 0);
			assert_int_equal(run.fate, BENCH_SEND);
			assert_true(frame_is_valid(&run.out, 0));
		}
}

/* Datagrams that GRO has put together are not one request. */
static void test_coalesced(void **state)
{
	struct frame_spec s = frame_defaults(4);
	struct bench_run run = { .gso_size = 44 };

	s.payload = 88;
	frame_build(&run.in, &s);
	bench_counted(*state);
	assert_int_equal(bench_run(*state, BENCH_TC, &run), 0);
	assert_int_equal(run.fate, BENCH_PASS);
	assert_int_equal(bench_counted(*state), DOOR_PASSED_LENGTH);
	assert_memory_equal(run.out.octets, run.in.octets, run.in.length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_tlvs),
		cmocka_unit_test(test_many_tlvs),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_rate_set_back),
		cmocka_unit_test(test_measurement_counts),
		cmocka_unit_test(test_checksum_complete),
		cmocka_unit_test(test_answer_is_refused),
		cmocka_unit_test(test_non_linear),
		cmocka_unit_test(test_coalesced),
	};

	return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
