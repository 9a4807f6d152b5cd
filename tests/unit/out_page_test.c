// SPDX-License-Identifier: GPL-2.0-only
/* How wide a page is, and what a narrow one leaves out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "null_fixture.h"
#include "out/format.h"
#include "out/null_text.h"
#include "out/text.h"
#include "out_fixture.h"

static void a_page_is_as_wide_as_its_terminal(void **state)
{
	static const struct {
		unsigned short terminal;
		int page;
	} row[] = { { 0, 110 }, { 40, 80 },   { 80, 80 },
		    { 97, 97 }, { 110, 110 }, { 240, 110 } };
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	int file = open("/dev/null", O_WRONLY);

	(void)state;
	assert_true(terminal >= 0 && file >= 0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct winsize size = { .ws_row = 24,
					.ws_col = row[i].terminal };

		assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
		assert_int_equal(page_terminal_columns(terminal), row[i].page);
	}
	assert_int_equal(page_terminal_columns(file), PAGE_COLUMNS);
	close(file);
	close(terminal);
}

static char *text_of(const struct result *r, int columns)
{
	char *text = NULL;
	size_t size;
	struct page page = { .to = open_memstream(&text, &size),
			     .columns = columns };

	assert_non_null(page.to);
	assert_int_equal(text_show(&page, r), 0);
	fclose(page.to);
	return text;
}

static void assert_fits(const struct result *r, int columns)
{
	char *text = text_of(r, columns);
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (format_columns(line) > columns ||
		    line[strlen(line) - 1] == ' ')
			fail_msg("%d columns of %d, or blank at its end: "
				 "\"%s\"",
				 format_columns(line), columns, line);
	free(text);
}

static void every_report_fits_every_page(void **state)
{
	struct both_fixture both;
	struct result r;

	(void)state;
	for (int columns = PAGE_COLUMNS_MIN; columns <= PAGE_COLUMNS;
	     columns++) {
		fixture_complete(&r);
		assert_fits(&r, columns);
		r.network.bin_ns = 1 << 20;
		for (int i = 0; i < STAGES; i++)
			r.stage[i].bin_ns = 64;
		assert_fits(&r, columns);
		r.has_share = false;
		r.hooks.rx = STAMP_HW_RX;
		r.stage[STAGE_NIC_TO_XDP] = r.stage[STAGE_XDP_TO_TC];
		assert_fits(&r, columns);
		fixture_icmp(&r);
		assert_fits(&r, columns);
		fixture_silent(&r, 1000);
		assert_fits(&r, columns);
		fixture_both(&both);
		assert_fits(&both.result, columns);
	}
}

static void a_narrow_page_keeps_every_figure(void **state)
{
	static const char *const said[] = {
		"  sampling ±0.12\n              min 55 211.02  p99 55 "
		"383.04\n",
		"\n  network           55 213.84     55 383.04    99.97 %\n",
		"─ tc ─1.3─ socket ─9.8─ app\n",
		"held it 0.4 ──┘   µs, medians\n",
	};
	struct result r;
	char *text;

	(void)state;
	fixture_complete(&r);
	text = text_of(&r, 80);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (!strstr(text, said[i]))
			fail_msg("\"%s\" is not there:\n%s", said[i], text);
	assert_null(strstr(text, "skb"));
	free(text);
	text = text_of(&r, 110);
	assert_non_null(strstr(text, "skb allocation, GRO\n"));
	assert_non_null(strstr(text, "app   µs, medians\n"));
	free(text);
}

static size_t count(const char *text, const char *said)
{
	size_t n = 0;

	while ((text = strstr(text, said)) && ++n)
		text++;
	return n;
}

/* Every cell is there, beside or below the others. */
static void the_floor_s_table_fits(void **state)
{
	struct null_floor *floor = calloc(1, sizeof(*floor));
	size_t measured = 0;

	(void)state;
	assert_non_null(floor);
	null_fixture(floor);
	for (size_t i = 0; i < floor->cells; i++)
		measured += floor->cell[i].stage[STAGE_NETWORK].n > 0;
	for (int columns = PAGE_COLUMNS_MIN; columns <= PAGE_COLUMNS;
	     columns++) {
		char *text = NULL;
		size_t size;
		struct page page = { .to = open_memstream(&text, &size),
				     .columns = columns };

		null_text(&page, floor);
		fclose(page.to);
		assert_int_equal(count(text, "      p1     p50     p99"),
				 measured);
		for (char *line = strtok(text, "\n"); line;
		     line = strtok(NULL, "\n"))
			assert_true(format_columns(line) <= columns);
		free(text);
	}
	free(floor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_as_wide_as_its_terminal),
		cmocka_unit_test(every_report_fits_every_page),
		cmocka_unit_test(a_narrow_page_keeps_every_figure),
		cmocka_unit_test(the_floor_s_table_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
