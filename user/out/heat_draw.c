// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out/format.h"
#include "out/heat.h"
#include "out/heat_cells.h"

#define COLUMNS 80 /* of a terminal that does not say */
#define ROWS 24
#define LABEL_COLUMNS 8
#define OTHER_ROWS 4 /* title, axis, legend; the cursor's own */
#define LEAST_COLUMNS 40
#define LEAST_ROWS 7
#define TICK_COLUMNS 16
#define SWATCHES 4
#define MUCH_LOST 10 /* one of so many */

/* From a calm blue by way of green and yellow to red: ever lighter up to the
 * last few, so that who sees no hues sees an order. */
static const uint8_t colour[] = { 17,  18,  24,	 30,  36,  42,	78, 114,
				  150, 186, 222, 215, 208, 202, 196 };
static const char character[] = ".:-=+*#%@";

/* What a map is drawn with. */
struct canvas {
	FILE *to;
	const struct heat *heat;
	const struct heat_grid *grid;
	int columns; /* that a line may take */
	int shades;
	int shade; /* that is set now, -1: none */
};

enum heat_look heat_look(int fd)
{
	const char *term = getenv("TERM");
	const char *depth = getenv("COLORTERM");
	const char *refused = getenv("NO_COLOR");

	if (!isatty(fd))
		return HEAT_NONE;
	if (!term || !*term || !strcmp(term, "dumb"))
		return HEAT_ONCE;
	if ((refused && *refused) ||
	    !(strstr(term, "256") || strstr(term, "direct") ||
	      (depth && *depth)))
		return HEAT_CHARACTERS;
	return HEAT_COLOURS;
}

static bool has_colours(const struct canvas *c)
{
	return c->heat->setup.look == HEAT_COLOURS;
}

/* ---- cells --------------------------------------------------------------- */

static void shade_set(struct canvas *c, int shade)
{
	if (!has_colours(c) || shade == c->shade)
		return;
	if (shade < 0)
		fputs("\033[0m", c->to);
	else
		fprintf(c->to, "\033[38;5;%d;48;5;%dm",
			shade < c->shades / 3 ? 255 : 16, colour[shade]);
	c->shade = shade;
}

static int shade_of(const struct canvas *c, int64_t least_ns)
{
	double at =
		heat_grid_shade(c->heat, c->grid, least_ns - c->heat->best_ns);

	return (int)lround(at * (c->shades - 1));
}

static void put_cell(struct canvas *c, const struct heat_cell *cell)
{
	bool much = cell->lost * MUCH_LOST >= cell->answered + cell->lost;
	int shade;

	if (!cell->answered) {
		shade_set(c, -1);
		fputc_unlocked(cell->lost ? 'X' : ' ', c->to);
		return;
	}
	shade = shade_of(c, cell->least_ns);
	shade_set(c, shade);
	if (cell->lost && much)
		fputc_unlocked('x', c->to);
	else if (has_colours(c))
		fputs_unlocked(cell->lost ? "·" : " ", c->to);
	else
		fputc_unlocked(character[shade], c->to);
}

static void end_line(struct canvas *c)
{
	shade_set(c, -1);
	fputs(c->heat->setup.look == HEAT_ONCE ? "\n" : "\033[K\n", c->to);
}

static void put_row(struct canvas *c, int row)
{
	const struct heat_grid *g = c->grid;
	size_t first = row * g->flows_a_row;
	size_t last = first + g->flows_a_row - 1;
	char label[48];

	if (last >= c->heat->setup.flows)
		last = c->heat->setup.flows - 1;
	if (first == last)
		snprintf(label, sizeof(label), "%zu", first);
	else
		snprintf(label, sizeof(label), "%zu-%zu", first, last);
	fprintf(c->to, "%*s ", LABEL_COLUMNS - 1, label);
	for (int i = 0; i < g->columns; i++)
		put_cell(c, &g->cell[row * g->columns + i]);
	end_line(c);
}

/* ---- what stands around them --------------------------------------------- */

/* As much of it as fits; what is printed takes one column a character. */
static int put_text(struct canvas *c, const char *text, int room)
{
	int used = 0;

	for (; *text; text++) {
		bool begins = (*text & 0xc0) != 0x80;

		if (begins && used == room)
			break;
		used += begins;
		fputc(*text, c->to);
	}
	return used;
}

static void put_title(struct canvas *c, int64_t now_ns)
{
	const struct heat *h = c->heat;
	size_t flows = h->setup.flows;
	char text[512], best[64] = "", lost[48] = "";

	if (h->best_ns < INT64_MAX)
		snprintf(best, sizeof(best), "   best %.40s µs",
			 format_us((double)h->best_ns, 2).s);
	if (h->lost)
		snprintf(lost, sizeof(lost), "   lost %.32s",
			 format_count(h->lost).s);
	snprintf(text, sizeof(text), "%s   %zu flow%s   %s s%s%s", h->title,
		 flows, flows == 1 ? "" : "s",
		 format_number((double)now_ns / 1e9, 0).s, best, lost);
	put_text(c, text, c->columns);
	end_line(c);
}

static void put_axis(struct canvas *c)
{
	double column_s =
		(double)c->heat->slot_ns * c->grid->slots_a_column / 1e9;
	int room = c->columns - LABEL_COLUMNS;
	int used = 0;

	fprintf(c->to, "%*s", LABEL_COLUMNS, "");
	for (int at = 0; at + TICK_COLUMNS <= room && at < c->grid->columns;
	     at += TICK_COLUMNS) {
		char tick[64];

		used += fprintf(c->to, "%*s", at - used, "");
		snprintf(tick, sizeof(tick), "|%.40s s",
			 format_number(at * column_s, column_s < 1 ? 1 : 0).s);
		used += put_text(c, tick, TICK_COLUMNS - 1);
	}
	end_line(c);
}

/* What some of the shades stand for, from left to right. */
static void put_legend(struct canvas *c)
{
	size_t together = c->grid->flows_a_row;
	char text[64] = "  x lost";
	int room = c->columns;

	room -= put_text(c, "  above best, µs", room);
	for (int i = 0; i < SWATCHES; i++) {
		int shade = i * (c->shades - 1) / (SWATCHES - 1);
		double at = (double)shade / (c->shades - 1);
		int64_t ns = heat_grid_excess(c->heat, c->grid, at);
		char value[64];

		snprintf(value, sizeof(value), " %s%.40s",
			 i == SWATCHES - 1 ? "≥ " : "",
			 format_us((double)ns, 0).s);
		if (room < 4 + format_columns(value))
			break;
		room -= put_text(c, "  ", room);
		shade_set(c, shade);
		if (has_colours(c))
			fputs("  ", c->to);
		else
			fprintf(c->to, "%c%c", character[shade],
				character[shade]);
		shade_set(c, -1);
		room -= 2;
		room -= put_text(c, value, room);
	}
	if (together > 1)
		snprintf(text, sizeof(text), "  x lost  the slowest of %zu",
			 together);
	if (format_columns(text) <= room)
		put_text(c, text, room);
	end_line(c);
}

/* Returns how many lines. */
static int put_map(struct canvas *c, const struct heat_size *size,
		   int64_t now_ns)
{
	struct heat_grid grid;

	put_title(c, now_ns);
	if (size->columns < LEAST_COLUMNS || size->rows < LEAST_ROWS ||
	    heat_grid_make(c->heat, size->rows - OTHER_ROWS,
			   c->columns - LABEL_COLUMNS, &grid))
		return 1;
	c->grid = &grid;
	for (int i = 0; i < grid.rows; i++)
		put_row(c, i);
	put_axis(c);
	put_legend(c);
	free(grid.cell);
	return OTHER_ROWS - 1 + grid.rows;
}

/* ---- the terminal -------------------------------------------------------- */

static void to_the_top(const struct heat *h, FILE *to,
		       const struct heat_size *size)
{
	if (h->setup.look == HEAT_ONCE || !h->lines)
		return;
	if (size->columns != h->drawn.columns || size->rows != h->drawn.rows)
		fputs("\033[H\033[J", to);
	else
		fprintf(to, "\r\033[%dA", h->lines);
}

static void draw(struct heat *h, FILE *to, const struct heat_size *size,
		 int64_t now_ns)
{
	const struct heat_size real = {
		.columns = size->columns > 0 ? size->columns : COLUMNS,
		.rows = size->rows > 0 ? size->rows : ROWS,
	};
	struct canvas c = {
		.heat = h,
		.columns = real.columns - 1,
		.shades = h->setup.look == HEAT_COLOURS
				  ? (int)sizeof(colour)
				  : (int)sizeof(character) - 1,
		.shade = -1,
	};
	char *text = NULL;
	size_t length = 0;
	int lines;

	c.to = open_memstream(&text, &length);
	if (!c.to)
		return;
	to_the_top(h, c.to, &real);
	lines = put_map(&c, &real, now_ns);
	if (h->setup.look != HEAT_ONCE && h->lines > lines)
		fputs("\033[J", c.to);
	if (!fclose(c.to)) {
		fwrite(text, 1, length, to);
		fflush(to);
	}
	free(text);
	h->lines = lines;
	h->drawn = real;
	h->drawn_ns = now_ns;
	h->has_drawn = true;
}

void heat_draw(struct heat *heat, FILE *to, const struct heat_size *size,
	       int64_t now_ns)
{
	if (heat->setup.look < HEAT_CHARACTERS ||
	    (heat->has_drawn && now_ns - heat->drawn_ns < HEAT_EVERY_NS))
		return;
	draw(heat, to, size, now_ns);
}

void heat_end(struct heat *heat, FILE *to, const struct heat_size *size,
	      int64_t now_ns)
{
	if (heat->setup.look != HEAT_NONE)
		draw(heat, to, size, now_ns);
}

void heat_leave(struct heat *heat)
{
	heat->lines = 0;
}
