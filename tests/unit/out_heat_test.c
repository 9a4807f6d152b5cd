// SPDX-License-Identifier: GPL-2.0-only
/*
 * The map of flows: what a cell keeps, how it is seen through a terminal of any
 * size, and that no map leaves the place it has.
 */
#include <string.h>

#include "model/flows.h"
#include "out/format.h"
#include "out/heat_cells.h"
#include "unit.h"

#define MS INT64_C(1000000)
#define SEC INT64_C(1000000000)
#define BASE (55 * MS)

static struct heat *heat_of(enum heat_look look, size_t flows)
{
	const struct heat_setup setup = {
		.look = look,
		.flows = flows,
		.interval_ns = 10 * MS,
		.bar_ns = 2000,
		.title = "10.0.1.7 → 10.1.0.9",
	};
	struct heat *h = heat_create(&setup);

	assert_non_null(h);
	return h;
}

/* What is drawn, to be freed. */
static char *drawn(struct heat *h, int columns, int rows, int64_t now_ns)
{
	const struct heat_size size = { columns, rows };
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	heat_draw(h, to, &size, now_ns);
	fclose(to);
	return text;
}

/* How the line of that number begins. */
static void assert_line(const char *text, int number, const char *expected)
{
	for (; number > 0; number--) {
		text = strchr(text, '\n');
		assert_non_null(text);
		text++;
	}
	if (strncmp(text, expected, strlen(expected)))
		fail_msg("\"%s\" is not how this begins:\n%.300s", expected,
			 text);
}

/* ---- what a cell keeps --------------------------------------------------- */

static void no_probe_is_forgotten_however_long_the_run(void **state)
{
	struct heat *h = heat_of(HEAT_CHARACTERS, 2);
	struct prng prng = unit_prng("no_probe_is_forgotten");
	uint64_t answered = 0, lost = 0, n = 0;
	int64_t least = INT64_MAX;

	(void)state;
	for (int64_t at = 0; at < 86400 * SEC; at += 700 * MS, n++) {
		int64_t took = BASE + (int64_t)(prng_unit(&prng) * MS);

		if (n % 10 == 3)
			heat_lose(h, n % 2, at);
		else
			heat_add(h, n % 2, at, took);
		if (n % 10 != 3 && took < least)
			least = took;
	}
	assert_between(h->used, HEAT_SLOTS / 2, HEAT_SLOTS);
	assert_between(h->slot_ns * (int64_t)h->used, 86399e9, 86400e9 * 1.01);
	for (size_t i = 0; i < 2 * HEAT_SLOTS; i++) {
		answered += h->cell[i].answered;
		lost += h->cell[i].lost;
		assert_true(h->cell[i].least_ns >= least);
	}
	assert_int_equal(lost, (n + 6) / 10);
	assert_int_equal(h->lost, lost);
	assert_int_equal(answered + lost, n);
	assert_int_equal(h->best_ns, least);
	heat_destroy(h);
}

static void what_is_no_probe_of_ours_is_left_alone(void **state)
{
	struct heat *h = heat_of(HEAT_CHARACTERS, 2);

	(void)state;
	heat_add(h, 2, 0, BASE);
	heat_add(h, 0, -1, BASE);
	heat_lose(h, 0, INT64_MAX);
	assert_int_equal(h->used, 0);
	heat_add(h, 1, INT64_MAX / 2, BASE);
	assert_between(h->used, 1, HEAT_SLOTS);
	heat_destroy(h);
}

/* ---- how it is seen ------------------------------------------------------ */

/* A minute of flow 0 at the best level, flow 1 at it for half of the time and
 * 4 ms above it from then on; flow 2 lost altogether in the last quarter. */
static void fill(struct heat *h)
{
	for (int64_t at = 0; at < 60 * SEC; at += 10 * MS) {
		heat_add(h, 0, at, BASE + at % 1000);
		heat_add(h, 1, at, BASE + (at < 30 * SEC ? 0 : 4 * MS));
		if (at < 45 * SEC)
			heat_add(h, 2, at, BASE + MS);
		else
			heat_lose(h, 2, at);
	}
}

static void a_shift_is_another_shade(void **state)
{
	struct heat *h = heat_of(HEAT_CHARACTERS, 3);
	char *text;

	(void)state;
	fill(h);
	text = drawn(h, 80, 24, 60 * SEC);
	assert_line(text, 0,
		    "10.0.1.7 → 10.1.0.9   3 flows   60 s   best "
		    "55 000.00 µs   lost 1500\033[K\n");
	/* 600 spans of 0.1 s: 300 of 0.2 s, five of them a column. */
	assert_line(text, 1,
		    "      0 ...................................."
		    "........................\033[K\n");
	assert_line(text, 2,
		    "      1 ..............................@@@@@@"
		    "@@@@@@@@@@@@@@@@@@@@@@@@\033[K\n");
	assert_line(text, 3,
		    "      2 ++++++++++++++++++++++++++++++++++++"
		    "+++++++++XXXXXXXXXXXXXXX\033[K\n");
	assert_line(text, 4,
		    "        |0 s            |16 s           |32 s     "
		    "      |48 s\033[K\n");
	assert_non_null(strstr(text, "above best, µs  .. 0  -- 252  ** 1 564"
				     "  @@ ≥ 4 000  x lost\033[K\n"));
	free(text);
	heat_destroy(h);
}

static void colours_are_set_where_they_change(void **state)
{
	struct heat *h = heat_of(HEAT_COLOURS, 3);
	char *text;

	(void)state;
	fill(h);
	text = drawn(h, 80, 24, 60 * SEC);
	assert_non_null(strstr(text, "      1 \033[38;5;255;48;5;17m"
				     "                              "
				     "\033[38;5;16;48;5;196m"
				     "                              "
				     "\033[0m\033[K\n"));
	free(text);
	heat_destroy(h);
}

/* One flow of 200 is slow; one probe in forty is lost, then one in five. */
static void several_flows_are_a_row(void **state)
{
	struct heat *h = heat_of(HEAT_CHARACTERS, 200);
	char *text;

	(void)state;
	for (int64_t at = 0; at < 20 * SEC; at += 100 * MS)
		for (unsigned int f = 0; f < 200; f++)
			if (f < 10 && at / (100 * MS) % 4 == f % 4)
				heat_lose(h, f, at);
			else
				heat_add(h, f, at, BASE + (f == 199 ? MS : 0));
	text = drawn(h, 80, 24, 20 * SEC);
	assert_line(text, 1, "    0-9 xxx");
	assert_line(text, 2, "  10-19 ...");
	assert_line(text, 20, "190-199 @@@");
	assert_non_null(strstr(text, "x lost  the slowest of 10\033[K\n"));
	free(text);
	heat_destroy(h);
}

/* A stall of seconds in one cell does not make all others look alike. */
static void a_stall_does_not_take_the_shades(void **state)
{
	struct heat *h = heat_of(HEAT_CHARACTERS, 3);
	struct heat_grid grid;

	(void)state;
	fill(h);
	heat_add(h, 0, 60 * SEC, BASE + 3 * SEC);
	assert_int_equal(heat_grid_make(h, 20, 71, &grid), 0);
	assert_int_equal(grid.full_ns, 4 * MS);
	assert_between(heat_grid_shade(h, &grid, 2000), 0, 0);
	assert_between(heat_grid_shade(h, &grid, 4 * MS), 1, 1);
	assert_between(heat_grid_shade(h, &grid, 3 * SEC), 1, 1);
	assert_int_equal(heat_grid_excess(h, &grid, 1), 4 * MS);
	assert_int_equal(heat_grid_excess(h, &grid, 0), 0);
	free(grid.cell);
	heat_destroy(h);
}

/* ---- its place ----------------------------------------------------------- */

static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* Columns of its widest line, escape sequences aside. */
static int width_of(const char *text)
{
	int columns = 0, most = 0;

	for (; *text; text++) {
		if (*text == '\033') {
			while (!strchr("mAKJH", *text))
				text++;
			continue;
		}
		columns += (*text & 0xc0) != 0x80;
		if (*text == '\n' || *text == '\r')
			columns = 0;
		most = columns > most ? columns : most;
	}
	return most;
}

static void no_map_is_larger_than_the_terminal(void **state)
{
	static const struct {
		int columns, rows;
	} size[] = { { 80, 24 },  { 40, 7 }, { 39, 24 },   { 80, 6 },
		     { 10, 2 },	  { 1, 1 },  { 500, 200 }, { 0, 0 },
		     { 132, 43 }, { 41, 8 } };
	static const size_t flows[] = { 1, 2, 19, 20, 21, 255, 256 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(size) * ARRAY_SIZE(flows); i++) {
		int columns = size[i / ARRAY_SIZE(flows)].columns;
		int rows = size[i / ARRAY_SIZE(flows)].rows;
		size_t n = flows[i % ARRAY_SIZE(flows)];
		struct heat *h =
			heat_of(i % 2 ? HEAT_COLOURS : HEAT_CHARACTERS, n);

		for (int t = 0; t < 700; t++) {
			char *text;

			heat_add(h, t % n, t * 300 * MS, BASE + t * 17 % 900);
			if (t % 7 == 0)
				heat_lose(h, t % n, t * 300 * MS);
			if (t % 50)
				continue;
			text = drawn(h, columns, rows, t * 300 * MS);
			assert_true(count(text, "\n") <
				    (rows ? rows : 24) + (rows == 1));
			if (width_of(text) >= (columns ? columns : 80))
				fail_msg("%d of %d columns:\n%s",
					 width_of(text), columns, text);
			free(text);
		}
		heat_destroy(h);
	}
}

static void each_map_takes_the_place_of_the_last(void **state)
{
	struct heat *h = heat_of(HEAT_CHARACTERS, 3);
	char *text;

	(void)state;
	fill(h);
	text = drawn(h, 80, 24, 60 * SEC);
	assert_true(*text == '1');
	assert_int_equal(count(text, "\n"), 6);
	free(text);
	text = drawn(h, 80, 24, 60 * SEC + HEAT_EVERY_NS - 1);
	assert_string_equal(text, "");
	free(text);
	text = drawn(h, 80, 24, 60 * SEC + HEAT_EVERY_NS);
	assert_memory_equal(text, "\r\033[6A10.0", 9);
	assert_int_equal(count(text, "\n"), 6);
	free(text);
	text = drawn(h, 100, 30, 70 * SEC);
	assert_memory_equal(text, "\033[H\033[J10.0", 10);
	free(text);
	heat_leave(h);
	text = drawn(h, 100, 30, 80 * SEC);
	assert_true(*text == '1');
	free(text);
	heat_destroy(h);
}

static void a_terminal_without_a_cursor_has_the_last_map(void **state)
{
	struct heat *h = heat_of(HEAT_ONCE, 3);
	const struct heat_size size = { 80, 24 };
	char *text = NULL;
	size_t length;
	FILE *to;

	(void)state;
	fill(h);
	text = drawn(h, 80, 24, 60 * SEC);
	assert_string_equal(text, "");
	free(text);
	to = open_memstream(&text, &length);
	heat_end(h, to, &size, 60 * SEC);
	fclose(to);
	assert_int_equal(count(text, "\n"), 6);
	assert_null(strchr(text, '\033'));
	free(text);
	heat_destroy(h);
}

static void before_the_first_reply_there_is_a_map(void **state)
{
	struct heat *h = heat_of(HEAT_COLOURS, 3);
	char *text = drawn(h, 80, 24, 0);

	(void)state;
	assert_int_equal(count(text, "\n"), 6);
	assert_null(strstr(text, "best "
				 "–"));
	free(text);
	heat_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_probe_is_forgotten_however_long_the_run),
		cmocka_unit_test(what_is_no_probe_of_ours_is_left_alone),
		cmocka_unit_test(a_shift_is_another_shade),
		cmocka_unit_test(colours_are_set_where_they_change),
		cmocka_unit_test(several_flows_are_a_row),
		cmocka_unit_test(a_stall_does_not_take_the_shades),
		cmocka_unit_test(no_map_is_larger_than_the_terminal),
		cmocka_unit_test(each_map_takes_the_place_of_the_last),
		cmocka_unit_test(a_terminal_without_a_cursor_has_the_last_map),
		cmocka_unit_test(before_the_first_reply_there_is_a_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
