// SPDX-License-Identifier: GPL-2.0-only
/* Notes of changed settings: what is written comes back, and only that. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "host/tune_note.h"

#define HEAD \
	"xrtt-tune 1\nboot 5d3c1c2e-0000-4000-8000-123456789abc\n" \
	"netns 4026531833 7\niface 3 near0\n"

static int parse(const char *text, struct tune_note *out)
{
	return tune_note_parse(text, strlen(text), out);
}

static size_t format(const struct tune_note *note, char text[TUNE_NOTE_SIZE])
{
	size_t length = tune_note_format_head(note, text);

	for (unsigned int i = 0; i < note->count; i++)
		length += tune_record_format(&note->record[i], text + length);
	return length;
}

static struct tune_note note_random(struct prng *prng)
{
	struct tune_note note = {
		.place = { .boot = "5d3c1c2e-0000-4000-8000-123456789abc",
			   .netns = prng_next(prng),
			   .cookie = prng_next(prng) },
		.ifindex = 1 + prng_next(prng) % INT32_MAX,
		.ifname = "ens5.100@x-y",
		.count = prng_next(prng) % (TUNE_RECORDS + 1),
	};

	for (unsigned int i = 0; i < note.count; i++)
		note.record[i] = (struct tune_record){
			.what = prng_next(prng) % TUNABLES,
			.was = prng_next(prng) >> prng_next(prng) % 64,
			.set = prng_next(prng) >> prng_next(prng) % 64,
			.order = prng_next(prng) >> 1,
		};
	return note;
}

static void test_round_trip(void **state)
{
	struct prng prng = unit_prng("round trip");
	char text[TUNE_NOTE_SIZE], again[TUNE_NOTE_SIZE];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		const struct tune_note note = note_random(&prng);
		struct tune_note out;
		size_t length = format(&note, text);

		assert_int_equal(tune_note_parse(text, length, &out), 0);
		assert_int_equal(out.count, note.count);
		assert_true(tune_place_equal(&out.place, &note.place));
		assert_int_equal(format(&out, again), length);
		assert_memory_equal(text, again, length);
	}
}

/* Cut anywhere, only what is whole counts; that is what a run leaves that died
 * while it wrote. */
static void test_truncated_anywhere(void **state)
{
	static const char text[] = HEAD "rx-usecs 20 0 1\nadaptive-rx 1 0 2\n";
	const size_t head = strlen(HEAD), first = head + strlen("rx-usecs 20 "
								"0 1\n");

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++) {
		char *copy = malloc(size + 1);
		struct tune_note out;

		/* To the octet, so that ASan sees who reads past it. */
		copy = realloc(copy, size ? size : 1);
		memcpy(copy, text, size);
		assert_int_equal(tune_note_parse(copy, size, &out), 0);
		assert_int_equal(out.count,
				 (size >= first) + (size == sizeof(text) - 1));
		free(copy);
	}
}

static void test_garbage_is_refused(void **state)
{
	static const char *const bad[] = {
		"xrtt-tune 2\n",
		"xrtt-tune\n",
		"\n",
		"xrtt-tune 1\n\n",
		"xrtt-tune 1 \n",
		" xrtt-tune 1\n",
		"xrtt-tune  1\n",
		"boot x\n",
		"xrtt-tune 1\nboot 0123456789012345678901234567890123456789\n",
		"xrtt-tune 1\nboot x\nnetns 1\n",
		"xrtt-tune 1\nboot x\nnetns 18446744073709551616 0\n",
		"xrtt-tune 1\nboot x\nnetns -1 0\n",
		"xrtt-tune 1\nboot x\nnetns 1 0\niface 0 near0\n",
		"xrtt-tune 1\nboot x\nnetns 1 0\niface 2147483648 near0\n",
		"xrtt-tune 1\nboot x\nnetns 1 0\niface 1 0123456789abcdef\n",
		"xrtt-tune 1\nboot x\nnetns 1 0\niface 1 a b\n",
		HEAD "rx-usecs 20 0\n",
		HEAD "rx-usecs 20 0 1 1\n",
		HEAD "rx-usecs 20 0 1\r\n",
		HEAD "rx-usecs 20 0x1 1\n",
		HEAD "rx-usecs 020 0 1\n",
		HEAD "rx-usecs +20 0 1\n",
		HEAD "rx-usecs 20 0 18446744073709551615\n",
		HEAD "../../etc/passwd 20 0 1\n",
		HEAD "rx-usecs 20 0 1\nnear0\n",
		HEAD "\x01rx-usecs 20 0 1\n",
		HEAD HEAD,
	};
	struct tune_note out;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse(bad[i], &out) != -EINVAL)
			fail_msg("taken for a note: %s", bad[i]);
		assert_int_equal(out.count, 0);
	}
	assert_int_equal(tune_note_parse("xrtt-tune 1\0\n", 13, &out), -EINVAL);
}

static void test_too_much_is_refused(void **state)
{
	char text[2 * TUNE_NOTE_SIZE];
	struct tune_note out;
	size_t length = strlen(HEAD);

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(tune_note_parse(text, sizeof(text), &out), -EINVAL);
	text[TUNE_NOTE_SIZE - 1] = '\n';
	assert_int_equal(tune_note_parse(text, TUNE_NOTE_SIZE, &out), -EINVAL);
	strcpy(text, HEAD);
	for (int i = 0; i < TUNE_RECORDS; i++)
		length += sprintf(text + length, "rx-usecs 20 0 1\n");
	assert_int_equal(tune_note_parse(text, length, &out), 0);
	assert_int_equal(out.count, TUNE_RECORDS);
	length += sprintf(text + length, "rx-usecs 20 0 1\n");
	assert_int_equal(tune_note_parse(text, length, &out), -EINVAL);
}

/* Whatever is taken after damage is still what could have been written. */
static void test_damaged_octets(void **state)
{
	struct prng prng = unit_prng("damaged octets");
	char text[TUNE_NOTE_SIZE], again[TUNE_NOTE_SIZE];
	unsigned int taken = 0, refused = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		const struct tune_note note = note_random(&prng);
		unsigned int hits = 1 + prng_next(&prng) % 4;
		size_t length = format(&note, text);
		struct tune_note out;

		while (hits--)
			text[prng_next(&prng) % length] = prng_next(&prng);
		if (tune_note_parse(text, length, &out)) {
			refused++;
			continue;
		}
		taken++;
		assert_true(out.count <= TUNE_RECORDS);
		for (unsigned int r = 0; r < out.count; r++)
			assert_true(out.record[r].what < TUNABLES);
		if (out.ifindex)
			assert_memory_equal(text, again, format(&out, again));
	}
	assert_true(taken > 1000 && refused > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_truncated_anywhere),
		cmocka_unit_test(test_garbage_is_refused),
		cmocka_unit_test(test_too_much_is_refused),
		cmocka_unit_test(test_damaged_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
