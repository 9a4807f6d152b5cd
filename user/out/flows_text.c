// SPDX-License-Identifier: GPL-2.0-only
#include "out/flows_text.h"

#include <math.h>
#include <string.h>

#include "model/paths.h"
#include "out/distance_text.h"
#include "out/flows_parts.h"
#include "out/text.h"

#define HEADER_GAP 3
#define CLASSES_SHOWN 12
#define LOSERS_SHOWN 3
#define PATH_NAME_COLUMNS 22
#define PATH_COLUMNS 15

void cell_put(struct page *page, const char *text, int columns)
{
	fprintf(page->to, " %s", format_right(text, columns - 1).s);
}

void heading_put(struct page *page, const char *text)
{
	fprintf(page->to, "\n%*s", PAGE_INDENT, "");
	page_put(page, STYLE_DIM, text);
	fputc('\n', page->to);
}

/* ---- what was done ------------------------------------------------------- */

static void show_flows(struct page *page, const struct flows *f)
{
	int lo = 0, hi = 0;

	for (size_t i = 0; i < f->flows; i++) {
		int port = f->flow[i].source_port;

		lo = i && lo < port ? lo : port;
		hi = hi > port ? hi : port;
	}
	page_flow(page, 0, HEADER_GAP);
	page_item(page, STYLE_PLAIN, "%zu flow%s", f->flows,
		  f->flows == 1 ? "" : "s");
	if (lo && lo == hi)
		page_item(page, STYLE_PLAIN, "source port %d", lo);
	else if (lo)
		page_item(page, STYLE_PLAIN, "source ports %d to %d", lo, hi);
	if (isfinite(f->hours))
		page_item(page, STYLE_PLAIN, "%s flow-hours",
			  format_number(f->hours, f->hours < 10 ? 2 : 0).s);
	page_end(page);
}

/* ---- classes ------------------------------------------------------------- */

static struct shown seconds(double s)
{
	return format_number(s, s < 100 ? 1 : 0);
}

static struct shown between(const struct ci *ci)
{
	struct shown lo = { "?" }, hi = { "?" };
	struct shown shown = { "–" };

	if (!ci->lo.finite && !ci->hi.finite)
		return shown;
	if (ci->lo.finite)
		lo = seconds(ci->lo.value);
	if (ci->hi.finite)
		hi = seconds(ci->hi.value);
	snprintf(shown.s, sizeof(shown.s), "%.40s to %.40s", lo.s, hi.s);
	return shown;
}

static void show_class(struct page *page, const struct flow_class *c,
		       size_t number)
{
	const struct dwell *d = &c->dwell;
	char cut[48];

	snprintf(cut, sizeof(cut), "%.20s of %.20s",
		 format_count(d->censored).s, format_count(d->n).s);
	fprintf(page->to, "%7zu", number);
	cell_put(page, format_us((double)c->min_ns, 2).s, 12);
	cell_put(page, format_us((double)c->below_ns, 2).s, 8);
	cell_put(page, format_count(c->flows).s, 6);
	cell_put(page, format_percent(c->share).s, 8);
	cell_put(page, seconds(d->mean).s, 9);
	cell_put(page, between(&d->ci95).s, 13);
	cell_put(page, seconds(d->median).s, 8);
	cell_put(page, cut, 9);
	fputc('\n', page->to);
}

static void show_classes(struct page *page, const struct flows *f)
{
	size_t shown = f->classes < CLASSES_SHOWN ? f->classes : CLASSES_SHOWN;

	if (!f->classes)
		return;
	heading_put(page, "class minimum, µs   below flows of time lasts, s    "
			  "  between  median      cut");
	for (size_t i = 0; i < shown; i++)
		show_class(page, &f->class[i], i);
	if (shown < f->classes)
		page_note(page, "", "and %zu more: see --json",
			  f->classes - shown);
}

/* ---- best, median, worst ------------------------------------------------- */

static void show_inflation(struct page *page, enum floor which,
			   const struct path_facts *path, int paths)
{
	static const char *const name[FLOORS] = {
		[FLOOR_VACUUM] = "over vacuum",
		[FLOOR_FIBRE_MIN] = "over the fastest fibre",
		[FLOOR_FIBRE_NOMINAL] = "over the usual fibre",
	};

	fprintf(page->to, "%*s%s", PAGE_INDENT, "",
		format_left(name[which], PATH_NAME_COLUMNS).s);
	for (int i = 0; i < paths; i++)
		cell_put(page, distance_ratio(&path[i].inflation[which]).s,
			 PATH_COLUMNS);
	fputc('\n', page->to);
}

static void show_levels(struct page *page, const struct flows *f,
			const struct path_facts *path)
{
	fprintf(page->to, "%*s%s", PAGE_INDENT, "",
		format_left("class", PATH_NAME_COLUMNS).s);
	for (int i = 0; i < PATH_RANKS; i++)
		fprintf(page->to, "%*d", PATH_COLUMNS, path[i].flow_class);
	fprintf(page->to, "\n%*s%s", PAGE_INDENT, "",
		format_left("minimum", PATH_NAME_COLUMNS).s);
	for (int i = 0; i < PATH_RANKS; i++) {
		int at = path[i].flow_class;

		cell_put(page, format_us((double)f->class[at].min_ns, 2).s,
			 PATH_COLUMNS);
	}
	fprintf(page->to, "\n%*s%s", PAGE_INDENT, "",
		format_left("above the best", PATH_NAME_COLUMNS).s);
	for (int i = 0; i < PATH_RANKS; i++)
		cell_put(page, format_us((double)path[i].above_best_ns, 2).s,
			 PATH_COLUMNS);
	fputc('\n', page->to);
}

/* One class is one path: what there is to say of it is its inflation. */
static void show_paths(struct page *page, const struct result *r,
		       const struct flows *f)
{
	struct path_facts path[PATH_RANKS];

	if (!paths_rank(r, f, path) || (f->classes == 1 && !r->has_distance))
		return;
	if (f->classes == 1) {
		heading_put(page, "path                       inflation");
	} else {
		heading_put(page, "path, µs                         best"
				  "         median          worst");
		show_levels(page, f, path);
	}
	for (int i = 0; i < FLOORS && r->has_distance; i++)
		show_inflation(page, i, path, f->classes == 1 ? 1 : PATH_RANKS);
}

/* ---- losses -------------------------------------------------------------- */

static bool loses_more(const struct flow_result *a, const struct flow_result *b)
{
	return a->probes.lost > b->probes.lost;
}

/* The worst few, worst first; returns how many of the flows lost any. */
static size_t find_losers(const struct flows *f, size_t worst[LOSERS_SHOWN])
{
	size_t losers = 0;

	for (size_t i = 0; i < f->flows; i++) {
		size_t at = losers < LOSERS_SHOWN ? losers : LOSERS_SHOWN;

		if (!f->flow[i].probes.lost)
			continue;
		losers++;
		while (at > 0 &&
		       loses_more(&f->flow[i], &f->flow[worst[at - 1]])) {
			if (at < LOSERS_SHOWN)
				worst[at] = worst[at - 1];
			at--;
		}
		if (at < LOSERS_SHOWN)
			worst[at] = i;
	}
	return losers;
}

static void show_losers(struct page *page, const struct flows *f)
{
	size_t worst[LOSERS_SHOWN];
	size_t losers = find_losers(f, worst);
	char text[512] = "";
	size_t used = 0;

	if (!losers || f->flows < 2)
		return;
	for (size_t i = 0; i < losers && i < LOSERS_SHOWN; i++) {
		const struct flow_result *flow = &f->flow[worst[i]];
		const struct probes *p = &flow->probes;

		used += snprintf(text + used, sizeof(text) - used,
				 "%sflow %zu (port %d) %.24s of %.24s",
				 i ? ", " : "", worst[i], flow->source_port,
				 format_count(p->lost).s,
				 format_count(p->sent).s);
	}
	page_note(page, "lost most", "%s; %zu of %zu flows lost any", text,
		  losers, f->flows);
}

/* ---- notes --------------------------------------------------------------- */

static void note_classes(struct page *page, const struct flows *f)
{
	if (!f->classes)
		return;
	if (isfinite(f->bar_ns))
		page_note(page, "classes",
			  "told apart from %s µs on; below: how far under its "
			  "minimum a path may lie",
			  format_us(f->bar_ns, 2).s);
	page_note(page, "lasts",
		  "time seen for each end seen, 95 %%; cut: of so many stays "
		  "an end was not seen");
}

static void note_pair(struct page *page, const struct flows *f)
{
	const struct flow_class *class = f->class;
	size_t n = f->classes;

	if (n < 2)
		return;
	page_note(page, "pair",
		  "one verdict does not speak for it: which of %zu paths a "
		  "flow gets decides over %s µs",
		  n,
		  format_us((double)(class[n - 1].min_ns - class[0].min_ns), 2)
			  .s);
}

static void show_notes(struct page *page, const struct result *r,
		       const struct flows *f)
{
	note_classes(page, f);
	false_events_show(page, f);
	pacing_notes_show(page, r);
	instrument_notes_show(page, r);
	verdict_notes_show(page, r);
	note_pair(page, f);
	ending_notes_show(page, r);
}

int flows_show(struct page *page, const struct result *result,
	       const struct flows *flows)
{
	header_show(page, result);
	show_flows(page, flows);
	show_classes(page, flows);
	show_paths(page, result, flows);
	events_show(page, flows);
	mine_show(page, result, flows);
	account_show(page, result);
	show_losers(page, flows);
	show_notes(page, result, flows);
	return page_finish(page);
}

int flows_text(FILE *to, const struct result *result, const struct flows *flows,
	       bool colour)
{
	struct page page = {
		.to = to,
		.colour = colour,
		.columns = page_terminal_columns(fileno(to)),
	};

	return flows_show(&page, result, flows);
}
