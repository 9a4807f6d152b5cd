// SPDX-License-Identifier: GPL-2.0-only
#include "out/text.h"

#include <string.h>

#include "out/format.h"

#define HALF_BYTES 512
#define LINE_COLUMNS 94 /* the line is stretched to this, its unit aside */
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

static void put_centred(struct page *page, const char *text, int centre)
{
	int columns = format_columns(text);
	int start = centre - columns / 2;

	if (start + columns > PAGE_COLUMNS)
		start = PAGE_COLUMNS - columns;
	if (start < PAGE_INDENT)
		start = PAGE_INDENT;
	fprintf(page->to, "%*s%s\n", start, "", text);
}

static void hang_remote(struct page *page, const struct result *r,
			const struct scale *scale, int centre)
{
	const char *who = r->target.address ? r->target.address : "far host";
	char text[256];

	if (r->remote.n)
		snprintf(text, sizeof(text), "└── %s held it %s ──┘", who,
			 median(&r->remote, scale).s);
	else
		snprintf(text, sizeof(text),
			 "%s is inside \"network\": %s no stamps of it", who,
			 r->target.protocol == PROTOCOL_ICMP
				 ? "ICMP brings back"
				 : "there are");
	put_centred(page, text, centre);
}

/* The first scale whose line fits. */
static const struct scale *choose(struct line *line, const struct result *r)
{
	const struct scale *scale = scales;
	const struct scale *last =
		&scales[sizeof(scales) / sizeof(*scales) - 1];

	draw(line, r, scale);
	while (line->columns > LINE_COLUMNS && scale < last)
		draw(line, r, ++scale);
	return scale;
}

void timeline_show(struct page *page, const struct result *r)
{
	const struct scale *scale;
	struct line line;
	char unit[32];
	int centre;
	int bars;

	if (!r->network.n)
		return;
	scale = choose(&line, r);
	bars = line.columns < LINE_COLUMNS ? LINE_COLUMNS - line.columns : 0;

	fprintf(page->to, "\n%*s%s", PAGE_INDENT, "", line.out);
	put_repeated(page, BAR, BAR_MIN + bars / 2);
	fprintf(page->to, " ");
	page_put(page, STYLE_BOLD, line.wire.s);
	fprintf(page->to, " ");
	put_repeated(page, BAR, BAR_MIN + bars - bars / 2);
	fprintf(page->to, "%s", line.back);
	snprintf(unit, sizeof(unit), "   %s, medians\n", scale->unit);
	page_put(page, STYLE_DIM, unit);

	centre = PAGE_INDENT + format_columns(line.out) + BAR_MIN + bars / 2;
	hang_remote(page, r, scale,
		    centre + 1 + format_columns(line.wire.s) / 2);
}
