// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out/format.h"

static void groups_numbers(void **state)
{
	(void)state;
	assert_string_equal(format_number(0, 2).s, "0.00");
	assert_string_equal(format_number(999.994, 2).s, "999.99");
	assert_string_equal(format_number(999.996, 2).s, "1 000.00");
	assert_string_equal(format_number(55213.84, 2).s, "55 213.84");
	assert_string_equal(format_number(-1234567, 0).s, "−1 234 567");
	assert_string_equal(format_number(-0.001, 2).s, "0.00");
	assert_string_equal(format_us(55213840, 1).s, "55 213.8");
	assert_string_equal(format_us((double)INT64_MAX, 0).s,
			    "9 223 372 036 854 776");
}

static void shows_absence_for_what_is_not_finite(void **state)
{
	(void)state;
	assert_string_equal(format_number(NAN, 2).s, "–");
	assert_string_equal(format_us(INFINITY, 2).s, "–");
	assert_string_equal(format_percent(-INFINITY).s, "–");
	assert_string_equal(format_ppm(NAN).s, "–");
	assert_string_equal(format_number(1e300, 2).s, "1.000e+300");
}

static void counts_group_from_five_digits(void **state)
{
	(void)state;
	assert_string_equal(format_count(0).s, "0");
	assert_string_equal(format_count(9999).s, "9999");
	assert_string_equal(format_count(10000).s, "10 000");
	assert_string_equal(format_count(UINT64_MAX).s,
			    "18 446 744 073 709 551 615");
}

static void spans_take_the_largest_unit(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} row[] = {
		{ 0, "0 ns" },
		{ 1, "1 ns" },
		{ 999, "999 ns" },
		{ 1500, "1.5 µs" },
		{ 10000000, "10 ms" },
		{ 1000000000, "1 s" },
		{ 1234567890, "1.235 s" },
		{ -2500000, "−2.5 ms" },
		{ 3600000000000, "3 600 s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_string_equal(format_span(row[i].ns).s, row[i].text);
}

static void ratios_read_as_percent(void **state)
{
	(void)state;
	assert_string_equal(format_percent(0).s, "0 %");
	assert_string_equal(format_percent(1).s, "100 %");
	assert_string_equal(format_percent(0.0037).s, "0.37 %");
	assert_string_equal(format_percent(0.99969).s, "99.97 %");
	assert_string_equal(format_percent(0.00001).s, "< 0.01 %");
	assert_string_equal(format_ppm(0.08).s, "0.08 ppm");
	assert_string_equal(format_ppm(50).s, "50 ppm");
}

static void bars_show_what_has_no_bound(void **state)
{
	struct difference d = {
		.known = true, .value = -12340, .minus = INFINITY, .plus = 4
	};

	(void)state;
	assert_string_equal(format_bar(350, 1600).s, "+0.35 −1.60");
	assert_string_equal(format_bar(2750.4, INFINITY).s, "+2.75 −?");
	assert_string_equal(format_bar(NAN, NAN).s, "+? −?");
	assert_string_equal(format_difference(&d).s, "−12.34 µs +0.00 −?");
	d.known = false;
	assert_string_equal(format_difference(&d).s, "–");
}

static void pads_by_columns_not_octets(void **state)
{
	(void)state;
	assert_int_equal(format_columns("µs → ═"), 6);
	assert_string_equal(format_right("−1", 4).s, "  −1");
	assert_string_equal(format_left("µs", 4).s, "µs  ");
	assert_string_equal(format_left("longer", 2).s, "longer");
}

static void colour_needs_a_terminal_and_consent(void **state)
{
	int fd = open("/dev/null", O_WRONLY);
	int pty = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_false(format_wants_colour(fd));
	if (pty >= 0 && isatty(pty)) {
		assert_true(format_wants_colour(pty));
		setenv("NO_COLOR", "1", 1);
		assert_false(format_wants_colour(pty));
		unsetenv("NO_COLOR");
		setenv("TERM", "dumb", 1);
		assert_false(format_wants_colour(pty));
	}
	close(pty);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_numbers),
		cmocka_unit_test(shows_absence_for_what_is_not_finite),
		cmocka_unit_test(counts_group_from_five_digits),
		cmocka_unit_test(spans_take_the_largest_unit),
		cmocka_unit_test(ratios_read_as_percent),
		cmocka_unit_test(bars_show_what_has_no_bound),
		cmocka_unit_test(pads_by_columns_not_octets),
		cmocka_unit_test(colour_needs_a_terminal_and_consent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
