// SPDX-License-Identifier: GPL-2.0-only
#include "out/text.h"

#include <string.h>

#include "out/format.h"

#define HALF_BYTES 512
#define UNIT_COLUMNS 16 /* beside the line: "   µs, medians", and a margin */
#define BAR_MIN 3
#define DASH "─"
#define BAR "═"

/* How the line's numbers are written; the first that fits is taken. */
struct scale {
	double ns;
	int decimals;
	const char *unit;
};

static const struct scale scales[] = {
	{ 1e3, 1, "µs" }, { 1e3, 0, "µs" }, { 1e6, 1, "ms" },
	{ 1e6, 0, "ms" }, { 1e9, 1, "s" },
};

struct line {
	char out[HALF_BYTES];
	char back[HALF_BYTES];
	struct shown wire;
	int columns;
};

static struct shown median(const struct duration *d, const struct scale *scale)
{
	return format_number(d->quantile[LEVEL_P50] / scale->ns,
			     scale->decimals);
}

static void append(char *half, const char *text)
{
	strncat(half, text, HALF_BYTES - strlen(half) - 1);
}

static void append_stage(char *half, const struct duration *d,
			 const struct scale *scale)
{
	append(half, " " DASH);
	append(half, median(d, scale).s);
	append(half, DASH " ");
}

static void draw_out(struct line *line, const struct result *r,
		     const struct scale *scale)
{
	const struct duration *stage = r->stage;
	bool at_driver = r->hooks.tx == STAMP_DRV_TX;

	if (stage[STAGE_APP_TO_TC].n) {
		append(line->out, "app");
		append_stage(line->out, &stage[STAGE_APP_TO_TC], scale);
	}
	if (at_driver && stage[STAGE_TC_TO_DRIVER].n) {
		append(line->out, "tc");
		append_stage(line->out, &stage[STAGE_TC_TO_DRIVER], scale);
	}
	append(line->out, at_driver ? "nic " : "tc ");
}

static void draw_back(struct line *line, const struct result *r,
		      const struct scale *scale)
{
	static const struct {
		enum stage stage;
		const char *to;
	} hop[] = {
		{ STAGE_NIC_TO_XDP, "xdp" },
		{ STAGE_XDP_TO_TC, "tc" },
		{ STAGE_TC_TO_SOCKET, "socket" },
		{ STAGE_SOCKET_TO_APP, "app" },
	};

	append(line->back, r->hooks.rx == STAMP_TC_RX ? " tc" : " nic");
	for (size_t i = 0; i < sizeof(hop) / sizeof(hop[0]); i++) {
		if (!r->stage[hop[i].stage].n)
			continue;
		append_stage(line->back, &r->stage[hop[i].stage], scale);
		append(line->back, hop[i].to);
	}
}

static void draw(struct line *line, const struct result *r,
		 const struct scale *scale)
{
	memset(line, 0, sizeof(*line));
	draw_out(line, r, scale);
	draw_back(line, r, scale);
	line->wire = median(&r->network, scale);
	line->columns = PAGE_INDENT + format_columns(line->out) + 2 * BAR_MIN +
			2 + format_columns(line->wire.s) +
			format_columns(line->back);
}

static void put_repeated(struct page *page, const char *text, int times)
{
	while (times-- > 0)
		page_put(page, STYLE_PLAIN, text);
}

/* Returns the columns taken. */
static int put_centred(struct page *page, const char *text, int centre)
{
	int columns = format_columns(text);
	int start = centre - columns / 2;

	if (start + columns > page_columns(page))
		start = page_columns(page) - columns;
	if (start < PAGE_INDENT)
		start = PAGE_INDENT;
	fprintf(page->to, "%*s%s", start, "", text);
	return start + columns;
}

static int hang_remote(struct page *page, const struct result *r,
		       const struct scale *scale, int centre)
{
	const char *who = r->target.address ? r->target.address : "far host";
	char text[256];

	if (r->remote.n)
		snprintf(text, sizeof(text), "└── %s held it %s ──┘", who,
			 median(&r->remote, scale).s);
	else
		snprintf(
			text, sizeof(text),
			"%s is inside \"network\": %s no stamps of it", who,
			r->target.protocol == PROTOCOL_ICMP ? "ICMP brings back"
			: r->target.protocol == PROTOCOL_TCP ? "TCP brings back"
							     : "there are");
	return put_centred(page, text, centre);
}

static void put_unit(struct page *page, const struct scale *scale)
{
	char unit[32];

	snprintf(unit, sizeof(unit), "   %s, medians", scale->unit);
	page_put(page, STYLE_DIM, unit);
}

/* The first scale whose line fits. */
static const struct scale *choose(struct line *line, const struct result *r,
				  int room)
{
	const struct scale *scale = scales;
	const struct scale *last =
		&scales[sizeof(scales) / sizeof(*scales) - 1];

	draw(line, r, scale);
	while (line->columns > room && scale < last)
		draw(line, r, ++scale);
	return scale;
}

/* Where the line takes all the width, its unit goes below. */
void timeline_show(struct page *page, const struct result *r)
{
	int room = page_columns(page) - UNIT_COLUMNS;
	const struct scale *scale;
	struct line line;
	bool beside;
	int centre;
	int bars;

	if (!r->network.n)
		return;
	draw(&line, r, scales);
	beside = line.columns <= room;
	if (!beside)
		room = page_columns(page) - PAGE_INDENT;
	scale = choose(&line, r, room);
	bars = line.columns < room ? room - line.columns : 0;

	fprintf(page->to, "\n%*s%s", PAGE_INDENT, "", line.out);
	put_repeated(page, BAR, BAR_MIN + bars / 2);
	fprintf(page->to, " ");
	page_put(page, STYLE_BOLD, line.wire.s);
	fprintf(page->to, " ");
	put_repeated(page, BAR, BAR_MIN + bars - bars / 2);
	fprintf(page->to, "%s", line.back);
	if (beside)
		put_unit(page, scale);
	fputc('\n', page->to);

	centre = PAGE_INDENT + format_columns(line.out) + BAR_MIN + bars / 2 +
		 1 + format_columns(line.wire.s) / 2;
	if (hang_remote(page, r, scale, centre) + UNIT_COLUMNS >
		    page_columns(page) &&
	    !beside)
		fputc('\n', page->to);
	if (!beside)
		put_unit(page, scale);
	fputc('\n', page->to);
}
