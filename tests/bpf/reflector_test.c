// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "bench.h"

#define SECOND 1000000000ULL

static uint16_t fresh_port = 1000; /* a new session for every check */

static struct frame_spec fresh(int version)
{
	struct frame_spec s = frame_defaults(version);

	s.source_port = ++fresh_port;
	return s;
}

/* TAI - MONOTONIC can only be read so well from here. */
#define SLACK_NS 1000

/* The stamps must lie in [from, now], in order; all else is as expected. */
static void check_answer(const struct bench *b, const struct bench_run *run,
			 const struct frame_answer *with, uint64_t from)
{
	size_t udp = frame_parse(&run->in, b->no_link).udp;
	uint64_t received = frame_stamp(&run->out, 16, b->no_link);
	uint64_t sent = frame_stamp(&run->out, 4, b->no_link);
	struct frame expected;

	assert_true(from <= received + SLACK_NS && received <= sent);
	assert_true(sent <= bench_tai_ns() + SLACK_NS);
	assert_true(frame_get32(run->out.octets + udp + 16) < SECOND);
	frame_expect(&expected, &run->in, with, b->no_link);
	memcpy(expected.octets + udp + 12, run->out.octets + udp + 12, 8);
	memcpy(expected.octets + udp + 24, run->out.octets + udp + 24, 8);
	frame_seal(&expected, b->no_link);
	assert_int_equal(run->out.length, expected.length);
	assert_memory_equal(run->out.octets, expected.octets, expected.length);
}

static void expect_answer(struct bench *b, enum bench_hook hook,
			  struct bench_run *run, struct frame_answer with)
{
	uint64_t from = bench_tai_ns();

	with.error = BENCH_ERROR;
	assert_int_equal(bench_run(b, hook, run), 0);
	assert_int_equal(run->fate, BENCH_SEND);
	assert_int_equal(bench_counted(b), DOOR_ANSWERED);
	check_answer(b, run, &with, from);
}

static void expect_silence(struct bench *b, enum bench_hook hook,
			   struct bench_run *run, enum bench_fate fate,
			   int counter)
{
	assert_int_equal(bench_run(b, hook, run), 0);
	assert_int_equal(run->fate, fate);
	assert_int_equal(bench_counted(b), counter);
	assert_int_equal(run->out.length, run->in.length);
	assert_memory_equal(run->out.octets, run->in.octets, run->in.length);
}

static void answer_spec(struct bench *b, enum bench_hook hook,
			struct frame_spec s)
{
	struct bench_run run = { 0 };

	s.source_port = ++fresh_port;
	s.no_link = b->no_link;
	frame_build(&run.in, &s);
	expect_answer(b, hook, &run, (struct frame_answer){ .received = 1 });
}

/* Without a link header TC is left out: test-run takes 14 octets for one and
 * finds the packet to be somebody else's. */
static void answer_shapes(struct bench *b)
{
	struct frame_spec s;
	int hook, version;
	size_t payload;

	for (hook = 0; hook < (b->no_link ? 1 : BENCH_HOOKS); hook++)
		for (version = 4; version <= 6; version += 2) {
			s = frame_defaults(version);
			for (payload = 44; payload <= 504; payload++) {
				s.payload = payload;
				answer_spec(b, hook, s);
			}
			s.payload = 44;
			s.tags = !b->no_link;
			answer_spec(b, hook, s);
			s.padding = 13;
			answer_spec(b, hook, s);
			s.payload = 504;
			answer_spec(b, hook, s);
			s.payload = 45;
			s.no_checksum = version == 4;
			answer_spec(b, hook, s);
		}
}

static void test_answers(void **state)
{
	answer_shapes(*state);
}

static void test_answers_otherwise(void **state)
{
	struct bench_setup setups[] = { { .no_link = 1 }, { .no_tai = 1 } };
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		bench_open(&b, &setups[i]);
		answer_shapes(&b);
		bench_close(&b);
	}
}

/* A request whose checksum field holds anything at all is answered with a
 * right one: before XDP on a veth it is but the pseudo header's sum. */
static void test_checksum_from_scratch(void **state)
{
	struct frame_spec s;
	struct bench_run run = { 0 };
	int hook, version;

	for (hook = 0; hook < BENCH_HOOKS; hook++)
		for (version = 4; version <= 6; version += 2) {
			s = fresh(version);
			frame_build(&run.in, &s);
			run.in.octets[frame_parse(&run.in, 0).udp + 6] ^= 0x55;
			expect_answer(*state, hook, &run,
				      (struct frame_answer){ 0 });
		}
	s = fresh(6);
	frame_build(&run.in, &s);
	frame_put16(run.in.octets + frame_parse(&run.in, 0).udp + 6, 0);
	expect_answer(*state, BENCH_XDP, &run, (struct frame_answer){ 0 });
	assert_true(frame_is_valid(&run.out, 0));
}

struct silence {
	const char *what;
	struct frame_spec spec; /* what differs from the defaults, or 0 */
	int udp_more;		/* added to UDP's length field */
	enum bench_fate fate;
	int counter;
};

static const struct silence silences[] = {
	{ "short", { .payload = 43 }, 0, BENCH_PASS, DOOR_PASSED_SHORT },
	{ "empty", { .payload = 1 }, 0, BENCH_PASS, DOOR_PASSED_SHORT },
	{ "long", { .payload = 505 }, 0, BENCH_PASS, DOOR_PASSED_LONG },
	{ "less UDP than IP",
	  { .payload = 60 },
	  -1,
	  BENCH_PASS,
	  DOOR_PASSED_LENGTH },
	{ "more UDP than IP",
	  { .padding = 9 },
	  1,
	  BENCH_PASS,
	  DOOR_PASSED_LENGTH },
	{ "other address",
	  { .local = 3 },
	  0,
	  BENCH_PASS,
	  DOOR_PASSED_ELSEWHERE },
	{ "multicast MAC", { .mac = 1 }, 0, BENCH_PASS, DOOR_PASSED_ELSEWHERE },
	{ "own port",
	  { .source_port = FRAME_PORT },
	  0,
	  BENCH_DROP,
	  DOOR_REFUSED_LOOP },
	{ "stranger", { .source = 9 }, 0, BENCH_DROP, DOOR_REFUSED_SOURCE },
	{ "first fragment",
	  { .part = 0x2000 },
	  0,
	  BENCH_PASS,
	  DOOR_PASSED_FRAGMENT },
	{ "later fragment", { .part = 0x2010 }, 0, BENCH_PASS, -1 },
	{ "last fragment", { .part = 0x0010 }, 0, BENCH_PASS, -1 },
	{ "two tags", { .tags = 2 }, 0, BENCH_PASS, -1 },
	{ "another port", { .port = 863 }, 0, BENCH_PASS, -1 },
};

static void build_silence(struct frame *f, const struct silence *row,
			  int version)
{
	struct frame_spec s = fresh(version);
	const struct frame_spec *d = &row->spec;
	uint16_t length;
	size_t at;

	s.payload = d->payload ? d->payload : s.payload;
	s.local = d->local ? d->local : s.local;
	s.source = d->source ? d->source : s.source;
	s.port = d->port ? d->port : s.port;
	s.source_port = d->source_port ? d->source_port : s.source_port;
	s.mac = d->mac;
	s.tags = d->tags;
	s.padding = d->padding;
	s.part = d->part;
	if (version == 6 && d->part) /* offset in the upper bits, M lowest */
		s.part = (d->part & 0x1fff) << 3 | !!(d->part & 0x2000);
	frame_build(f, &s);
	if (!row->udp_more)
		return;
	at = 14 + (version == 4 ? 20 : 40) + 4;
	length = 8 + s.payload + row->udp_more;
	frame_put16(f->octets + at, length);
}

static void test_silences(void **state)
{
	struct bench_run run = { 0 };
	int hook, version;
	size_t i;

	for (i = 0; i < sizeof(silences) / sizeof(*silences); i++)
		for (hook = 0; hook < BENCH_HOOKS; hook++)
			for (version = 4; version <= 6; version += 2) {
				print_message("# %s, IPv%d, %s\n",
					      silences[i].what, version,
					      hook == BENCH_TC ? "TC" : "XDP");
				build_silence(&run.in, &silences[i], version);
				expect_silence(*state, hook, &run,
					       silences[i].fate,
					       silences[i].counter);
			}
}

/* Another station's address, which only TC can tell from the device's own. */
static void test_other_host(void **state)
{
	struct frame_spec s = fresh(4);
	struct bench_run run = { 0 };

	s.mac = 2;
	frame_build(&run.in, &s);
	expect_silence(*state, BENCH_TC, &run, BENCH_PASS,
		       DOOR_PASSED_ELSEWHERE);
}

static void test_options(void **state)
{
	struct frame_spec s;
	struct bench_run run = { 0 };
	int hook;

	for (hook = 0; hook < BENCH_HOOKS; hook++)
		for (s = fresh(4), s.options = 4; s.options <= 40;
		     s.options += 4) {
			s.port = FRAME_PORT;
			frame_build(&run.in, &s);
			expect_silence(*state, hook, &run, BENCH_PASS,
				       DOOR_PASSED_OPTIONS);
			s.port = 53;
			frame_build(&run.in, &s);
			expect_silence(*state, hook, &run, BENCH_PASS, -1);
		}
}

/* Protocols, EtherTypes and header lengths that are none of the program's. */
static void test_others(void **state)
{
	static const struct {
		size_t at;
		uint8_t value[2]; /* IPv4, IPv6 */
	} changes[] = {
		{ 13, { 0x06, 0x06 } }, /* EtherType */
		{ 14, { 0x44, 0x40 } }, /* version and IHL */
		{ 14, { 0x65, 0x50 } },
	};
	struct bench_run run = { 0 };
	struct frame_spec s;
	size_t i;
	int k;

	for (k = 0; k < 2 * BENCH_HOOKS; k++) {
		s = fresh(k & 1 ? 6 : 4);
		for (i = 0; i < 3; i++) {
			frame_build(&run.in, &s);
			run.in.octets[changes[i].at] = changes[i].value[k & 1];
			expect_silence(*state, k / 2, &run, BENCH_PASS, -1);
		}
		frame_build(&run.in, &s);
		run.in.octets[k & 1 ? 20 : 23] = 6; /* TCP */
		expect_silence(*state, k / 2, &run, BENCH_PASS, -1);
	}
}

/* Nobody can own a group's or the unspecified address, whatever is allowed. */
static void test_impossible_sources(void **state)
{
	static const uint8_t first[] = { 0, 224, 239, 255 };
	struct bench_setup setup = { 0 };
	uint8_t any[16] = { 0 };
	struct bench_run run = { 0 };
	struct frame_spec s;
	struct bench b;
	size_t i;

	(void)state;
	bench_open(&b, &setup);
	bench_allow(&b, any, 0);
	for (i = 0; i < sizeof(first); i++) {
		s = fresh(4);
		frame_build(&run.in, &s);
		run.in.octets[26] = first[i];
		frame_seal(&run.in, 0);
		expect_silence(&b, i & 1, &run, BENCH_DROP,
			       DOOR_REFUSED_SOURCE);
		s = fresh(6);
		frame_build(&run.in, &s);
		memset(run.in.octets + 22, i ? 0xff : 0, 16);
		frame_seal(&run.in, 0);
		expect_silence(&b, i & 1, &run, BENCH_DROP,
			       DOOR_REFUSED_SOURCE);
	}
	bench_close(&b);
}

/* Cut at every length: never an answer, and unchanged, until it is whole. */
static void test_truncated(void **state)
{
	struct bench_run run = { 0 };
	struct frame_spec s;
	size_t whole, udp, length;
	int k, err;

	for (k = 0; k < 2 * BENCH_HOOKS; k++) {
		s = fresh(k & 1 ? 6 : 4);
		frame_build(&run.in, &s);
		whole = run.in.length;
		udp = frame_parse(&run.in, 0).udp;
		for (length = 0; length <= 100 && length < whole; length++) {
			run.in.length = length;
			err = bench_run(*state, k / 2, &run);
			if (err) { /* less than the kernel runs a program on */
				assert_int_equal(err, -EINVAL);
				assert_true(length < udp);
				continue;
			}
			bench_counted(*state);
			expect_silence(*state, k / 2, &run, BENCH_PASS,
				       length < udp + 8 ? -1
							: DOOR_PASSED_LENGTH);
		}
		run.in.length = whole;
		expect_answer(*state, k / 2, &run, (struct frame_answer){ 0 });
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_answers_otherwise),
		cmocka_unit_test(test_checksum_from_scratch),
		cmocka_unit_test(test_silences),
		cmocka_unit_test(test_other_host),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_impossible_sources),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
