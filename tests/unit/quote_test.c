// SPDX-License-Identifier: GPL-2.0-only
/* ICMP errors as routers send them, and as they should not. The quoted headers
 * were built by scapy. */
#include <errno.h>
#include <string.h>

#include "model/quote.h"
#include "unit.h"

#define OLD_QUOTE 128
#define MOST 256

static const char inner4[] = "45b800481234400001117a5dc0000221c63364079c41035e"
			     "0034738a";
static const char inner6[] = "6b8123450034110120010db8000000000000000000000033"
			     "20010db80001000000000000000000079c41035e0034043a";

/* Labels 24015 and 16, the second with class 5 at the bottom, TTL 1 and 254.
 * Checksum 0xdd15 by hand. */
static const char stack[] = "2000dd15000c010105dcf00100010bfe";
static const char no_sum[] = "20000000000c010105dcf00100010bfe";
static const char bad_sum[] = "2000dd16000c010105dcf00100010bfe";
/* Interface information (RFC 5837) before the labels. */
static const char two[] = "20000000000802000000000700080101000111ff";

struct message {
	uint8_t octets[MOST];
	size_t n;
};

static void add_hex(struct message *m, const char *hex)
{
	unsigned int octet;

	for (; sscanf(hex, "%2x", &octet) == 1; hex += 2)
		m->octets[m->n++] = octet;
}

/* type, code, and the length field in its unit; padded where there are
 * extensions. */
static struct message make(int version, int type, int code, const char *more,
			   int length)
{
	struct message m = { .octets = { type, code }, .n = 8 };

	m.octets[version == 4 ? 5 : 4] = length;
	add_hex(&m, version == 4 ? inner4 : inner6);
	if (more) {
		m.n = 8 + OLD_QUOTE;
		add_hex(&m, more);
	}
	return m;
}

static int read_it(int version, const struct message *m, struct quote *q)
{
	return quote_read(version, m->octets, m->n, m->n, q);
}

static void the_packet_is_read(void **state)
{
	struct message four = make(4, 11, 0, NULL, 0);
	struct message six = make(6, 3, 0, NULL, 0);
	struct quote q;

	(void)state;
	assert_int_equal(read_it(4, &four, &q), 0);
	assert_int_equal(q.kind, QUOTE_EXCEEDED);
	assert_int_equal(q.ttl, 1);
	assert_int_equal(q.dscp_ecn, 0xb8);
	assert_int_equal(q.checksum, 0x738a);
	assert_false(q.has_extensions);
	assert_int_equal(read_it(6, &six, &q), 0);
	assert_int_equal(q.kind, QUOTE_EXCEEDED);
	assert_int_equal(q.ttl, 1);
	assert_int_equal(q.dscp_ecn, 0xb8);
	assert_int_equal(q.checksum, 0x043a);
	assert_int_equal(read_it(6, &four, &q), -EINVAL);
	assert_int_equal(read_it(4, &six, &q), -EINVAL);
}

static void kinds_are_told_apart(void **state)
{
	static const struct {
		int version, type, code;
		enum quote_kind kind;
	} rows[] = {
		{ 4, 3, 3, QUOTE_PORT },	{ 4, 3, 4, QUOTE_TOO_BIG },
		{ 4, 3, 1, QUOTE_UNREACHABLE }, { 4, 3, 13, QUOTE_UNREACHABLE },
		{ 4, 11, 0, QUOTE_EXCEEDED },	{ 6, 1, 4, QUOTE_PORT },
		{ 6, 1, 1, QUOTE_UNREACHABLE }, { 6, 2, 0, QUOTE_TOO_BIG },
		{ 6, 3, 0, QUOTE_EXCEEDED },
	};
	struct message m;
	struct quote q;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		m = make(rows[i].version, rows[i].type, rows[i].code, NULL, 0);
		assert_int_equal(read_it(rows[i].version, &m, &q), 0);
		assert_int_equal(q.kind, rows[i].kind);
		assert_int_equal(q.code, rows[i].code);
	}
	m = make(4, 8, 0, NULL, 0);
	assert_int_equal(read_it(4, &m, &q), -EINVAL);
	m = make(6, 129, 0, NULL, 0);
	assert_int_equal(read_it(6, &m, &q), -EINVAL);
	assert_string_equal(quote_reason(4, 13), "prohibited");
	assert_string_equal(quote_reason(6, 0), "no route");
	assert_string_equal(quote_reason(4, 200), "unreachable");
}

static void the_next_mtu_is_read(void **state)
{
	struct message m = make(4, 3, 4, NULL, 0);
	struct quote q;

	(void)state;
	m.octets[6] = 0x05;
	m.octets[7] = 0x78;
	assert_int_equal(read_it(4, &m, &q), 0);
	assert_int_equal(q.mtu, 1400);
	m = make(6, 2, 0, NULL, 0);
	m.octets[6] = 0x05;
	m.octets[7] = 0x14;
	assert_int_equal(read_it(6, &m, &q), 0);
	assert_int_equal(q.mtu, 1300);
	assert_false(q.has_extensions);
}

static void assert_stack(const struct quote *q)
{
	assert_true(q->has_extensions);
	assert_int_equal(q->labels, 2);
	assert_int_equal(q->label[0].label, 24015);
	assert_int_equal(q->label[0].traffic_class, 0);
	assert_false(q->label[0].is_bottom);
	assert_int_equal(q->label[0].ttl, 1);
	assert_int_equal(q->label[1].label, 16);
	assert_int_equal(q->label[1].traffic_class, 5);
	assert_true(q->label[1].is_bottom);
	assert_int_equal(q->label[1].ttl, 254);
}

static void labels_are_read(void **state)
{
	static const struct {
		int version, type, length;
		const char *more;
		size_t labels;
	} rows[] = {
		{ 4, 11, 32, stack, 2 },  { 6, 3, 16, stack, 2 },
		{ 4, 11, 32, no_sum, 2 }, { 4, 11, 0, stack, 2 },
		{ 4, 11, 0, no_sum, 0 },  { 4, 11, 32, bad_sum, 0 },
		{ 6, 3, 0, bad_sum, 0 },  { 4, 3, 32, stack, 2 },
	};
	struct message m;
	struct quote q;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		m = make(rows[i].version, rows[i].type, 0, rows[i].more,
			 rows[i].length);
		assert_int_equal(read_it(rows[i].version, &m, &q), 0);
		assert_int_equal(q.labels, rows[i].labels);
		assert_int_equal(q.has_extensions, rows[i].labels != 0);
		if (rows[i].labels)
			assert_stack(&q);
	}
}

static void other_objects_are_passed_over(void **state)
{
	struct message m = make(4, 11, 0, two, 32);
	struct quote q;

	(void)state;
	assert_int_equal(read_it(4, &m, &q), 0);
	assert_int_equal(q.labels, 1);
	assert_int_equal(q.label[0].label, 17);
	assert_true(q.label[0].is_bottom);
}

/* Not even an octet beyond what is there is looked at: the sanitizer sees. */
static void what_is_cut_off_is_not_read(void **state)
{
	struct message m = make(4, 11, 0, stack, 32);
	struct quote q;

	(void)state;
	for (size_t n = 0; n < m.n; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		memcpy(cut, m.octets, n);
		assert_int_equal(quote_read(4, cut, n, m.n, &q),
				 n < 8 + 28 ? -EINVAL : 0);
		assert_false(q.has_extensions);
		free(cut);
	}
}

static void noise_is_survived(void **state)
{
	struct prng prng = unit_prng("noise_is_survived");
	struct quote q;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct message m = make(i & 1 ? 4 : 6, i & 1 ? 11 : 3, 0, stack,
					prng_below(&prng, 40));
		size_t n = prng_below(&prng, m.n + 1);
		uint8_t *copy = malloc(n ? n : 1);

		for (int k = 0; k < 4; k++)
			m.octets[prng_below(&prng, m.n)] = prng_next(&prng);
		memcpy(copy, m.octets, n);
		quote_read(i & 1 ? 4 : 6, copy, n, n, &q);
		assert_true(q.labels <= QUOTE_LABELS);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_packet_is_read),
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(the_next_mtu_is_read),
		cmocka_unit_test(labels_are_read),
		cmocka_unit_test(other_objects_are_passed_over),
		cmocka_unit_test(what_is_cut_off_is_not_read),
		cmocka_unit_test(noise_is_survived),
	};

	return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
