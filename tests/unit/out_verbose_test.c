// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "out/verbose.h"
#include "out_fixture.h"

static const mono_t origin = { 81234567890123 };
static const remote_t far_origin = { 1772366437000000000 };
static const struct wire_ends ends = { STAMP_DRV_TX, STAMP_XDP_RX, false };

static char *line_of(const struct sample *s)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	assert_int_equal(verbose_line(to, s, &ends), 0);
	fclose(to);
	return text;
}

static void verbose_is_a_line_a_probe(void **state)
{
	struct sample s = fixture_sample(origin, far_origin);
	char *text = line_of(&s);

	(void)state;
	assert_string_equal(
		text,
		"seq 7      ok  55 230.94 µs  app→tc 3.60  tc→driver 0.90  "
		"network 55 213.84  far host 0.40  xdp→tc 1.10  "
		"tc→socket 1.30  socket→app 9.80  ttl 255\n");
	free(text);
	s = (struct sample){ .seq = 8, .status = PROBE_LOST, .ttl = -1 };
	text = line_of(&s);
	assert_string_equal(text, "seq 8      lost\n");
	free(text);
	s = fixture_sample(origin, far_origin);
	s.flags = SAMPLE_DUPLICATE | SAMPLE_DISORDER;
	text = line_of(&s);
	assert_string_equal(text, "seq 7      ok  55 230.94 µs  ttl 255  "
				  "duplicate  stamps out of order\n");
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	struct sample s = fixture_sample(origin, far_origin);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(verbose_line(full, &s, &ends), -ENOSPC);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verbose_is_a_line_a_probe),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
