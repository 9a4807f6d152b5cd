// SPDX-License-Identifier: GPL-2.0-only
#include "out/distance_text.h"

#include <math.h>
#include <string.h>

#include "out/format.h"

#define NAME_COLUMNS 17
#define NUMBER_COLUMNS 10
#define COLUMN_COLUMNS 15
#define REMARK_COLUMNS 45

/* ---- intervals ----------------------------------------------------------- */

/* One of its ends is not as far off as the other: 0 is one, or the Earth's
 * size. */
static bool is_cut(const struct range *r)
{
	double below = r->value - r->lo, above = r->hi - r->value;

	return fabs(above - below) > 1e-9 * r->hi;
}

/* "34.4 ± 0.7", in ms; both ends where one is cut off. */
static struct shown milliseconds(const struct range *ns)
{
	struct shown shown;

	if (is_cut(ns))
		snprintf(shown.s, sizeof(shown.s), "%.40s to %.40s",
			 format_number(ns->lo / 1e6, 1).s,
			 format_number(ns->hi / 1e6, 1).s);
	else
		snprintf(shown.s, sizeof(shown.s), "%.40s ± %.40s",
			 format_number(ns->value / 1e6, 1).s,
			 format_number((ns->hi - ns->value) / 1e6, 1).s);
	return shown;
}

struct shown distance_ratio(const struct range *r)
{
	struct shown unbounded = { "?" };
	struct shown lo = isfinite(r->lo) ? format_number(r->lo, 2) : unbounded;
	struct shown hi = isfinite(r->hi) ? format_number(r->hi, 2) : unbounded;
	struct shown shown = { "–" };

	if (isfinite(r->value))
		snprintf(shown.s, sizeof(shown.s), "%.40s to %.40s", lo.s,
			 hi.s);
	return shown;
}

static struct shown others(const struct distance *d)
{
	struct shown lo = format_number(d->others_ns.lo / 1e6, 0);
	struct shown hi = format_number(d->others_ns.hi / 1e6, 0);
	struct shown shown;

	if (strcmp(lo.s, hi.s))
		snprintf(shown.s, sizeof(shown.s), "%.40s to %.40s ms", lo.s,
			 hi.s);
	else
		snprintf(shown.s, sizeof(shown.s), "%.40s ms", lo.s);
	return shown;
}

/* "3511 ± 70": grouped from five digits on, as counts are. */
static struct shown kilometres(const struct range *km)
{
	struct shown lo = format_count(llround(km->lo));
	struct shown hi = format_count(llround(km->hi));
	struct shown shown;

	if (is_cut(km))
		snprintf(shown.s, sizeof(shown.s), "%.40s to %.40s", lo.s,
			 hi.s);
	else
		snprintf(shown.s, sizeof(shown.s), "%.40s ± %.40s",
			 format_count(llround(km->value)).s,
			 format_count(llround(km->hi - km->value)).s);
	return shown;
}

void distance_note(struct page *page, const struct distance *d)
{
	const struct range *fibre = &d->floor_ns[FLOOR_FIBRE_NOMINAL];
	bool known = isfinite(d->others_ns.lo);
	char inflation[64] = "";

	if (isfinite(d->inflation.value))
		snprintf(inflation, sizeof(inflation), "; inflation %.40s",
			 distance_ratio(&d->inflation).s);
	page_note(page, "distance", "%s km; fibre %s ms%s%s%s",
		  kilometres(&d->km).s, milliseconds(fibre).s, inflation,
		  known ? "; others measured " : "", known ? others(d).s : "");
}

/* ---- an application ------------------------------------------------------ */

static bool is_shown(const struct application_column *column)
{
	return isfinite(column->at->rtt_ns);
}

static void put_number(struct page *page, const char *text, int columns)
{
	page_put(page, STYLE_PLAIN, format_right(text, columns).s);
}

/* Of each column the number at that place in its struct application. */
static void show_costs(struct page *page, const char *name,
		       const struct application_column *column, size_t offset)
{
	fprintf(page->to, "%*s%s", PAGE_INDENT, "",
		format_left(name, NAME_COLUMNS).s);
	for (; column->name; column++) {
		const double *ns =
			(const void *)((const char *)column->at + offset);

		if (is_shown(column))
			put_number(page, format_number(*ns / 1e6, 2).s,
				   COLUMN_COLUMNS);
	}
}

/* The remarks are there where all of them have room. */
static void end_costs(struct page *page,
		      const struct application_column *column,
		      const char *remark)
{
	int used = PAGE_INDENT + NAME_COLUMNS + REMARK_COLUMNS;

	for (; column->name; column++)
		used += is_shown(column) ? COLUMN_COLUMNS : 0;
	if (*remark && used <= page_columns(page)) {
		fputs("   ", page->to);
		page_put(page, STYLE_DIM, remark);
	}
	fputc('\n', page->to);
}

static void show_calls(struct page *page,
		       const struct application_column *column)
{
	static const char *const remark[APPLICATION_CALLS] = {
		"one round trip",
		"one after another",
		"",
		"",
	};
	const int last = APPLICATION_CALLS - 1;
	char name[32];

	for (int i = 0; i < APPLICATION_CALLS; i++) {
		snprintf(name, sizeof(name), "%u call%s", application_calls[i],
			 i ? "s" : "");
		show_costs(page, name, column,
			   offsetof(struct application, sequential_ns) +
				   i * sizeof(double));
		end_costs(page, column, remark[i]);
	}
	snprintf(name, sizeof(name), "%u at once", application_calls[last]);
	show_costs(page, name, column, offsetof(struct application, rtt_ns));
	end_costs(page, column, "or in one batch: one round trip again");
	show_costs(page, "which saves", column,
		   offsetof(struct application, saved_ns) +
			   last * sizeof(double));
	end_costs(page, column, "");
}

static void show_windows(struct page *page,
			 const struct application_column *column)
{
	for (int i = 0; i < APPLICATION_RATES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%u Gbit/s, MB",
			 application_gbit_s[i]);
		/* Octets by 10^6, as ns by 10^6 are ms. */
		show_costs(page, name, column,
			   offsetof(struct application, window) +
				   i * sizeof(double));
		end_costs(page, column,
			  i ? "" : "in flight to keep such a link busy");
	}
}

void application_show(struct page *page,
		      const struct application_column *column)
{
	fprintf(page->to, "\n%*s", PAGE_INDENT, "");
	page_put(page, STYLE_DIM,
		 format_left("to a caller, ms", NAME_COLUMNS).s);
	for (const struct application_column *c = column; c->name; c++)
		if (is_shown(c))
			page_put(page, STYLE_DIM,
				 format_right(c->name, COLUMN_COLUMNS).s);
	fputc('\n', page->to);
	show_calls(page, column);
	show_costs(page, "TCP and TLS 1.3", column,
		   offsetof(struct application, connect_ns));
	end_costs(page, column, "two handshakes before the first request");
	show_costs(page, "first answer", column,
		   offsetof(struct application, first_answer_ns));
	end_costs(page, column, "over that new connection");
	show_costs(page, "quorum write", column,
		   offsetof(struct application, quorum_ns));
	end_costs(page, column, "leader here, the deciding replica there");
	show_windows(page, column);
}

/* ---- xrtt distance ------------------------------------------------------- */

static struct shown place(const struct site *p)
{
	struct shown shown;

	if (p->region && strcmp(p->name, p->region->code))
		snprintf(shown.s, sizeof(shown.s), "%.30s (%.16s, %.40s)",
			 p->name, p->region->code, p->region->city);
	else if (p->region)
		snprintf(shown.s, sizeof(shown.s), "%.30s (%.40s)", p->name,
			 p->region->city);
	else
		snprintf(shown.s, sizeof(shown.s), "%.47s", p->name);
	return shown;
}

static void show_places(struct page *page, const struct distance *d)
{
	page_flow(page, 0, 3);
	page_item(page, STYLE_BOLD, "%s → %s", place(&d->from).s,
		  place(&d->to).s);
	page_end(page);
	fputc('\n', page->to);
	page_note(page, "distance", "%s km", kilometres(&d->km).s);
	page_note(
		page, "positions",
		"good to %s and %s km, that is %s ms of a round trip; AWS "
		"publishes none: say LAT,LON where you know better",
		format_number(d->from.uncertainty_km, 0).s,
		format_number(d->to.uncertainty_km, 0).s,
		format_number((d->from.uncertainty_km + d->to.uncertainty_km) *
				      9.8e-3,
			      2)
			.s);
}

static void show_floor(struct page *page, const struct distance *d,
		       enum floor which)
{
	static const char *const name[FLOORS] = {
		[FLOOR_VACUUM] = "vacuum",
		[FLOOR_FIBRE_MIN] = "fibre, fastest",
		[FLOOR_FIBRE_NOMINAL] = "fibre, nominal",
	};
	static const char *const remark[FLOORS] = {
		[FLOOR_VACUUM] = "nothing is faster",
		[FLOOR_FIBRE_MIN] = "straight, of pure silica",
		[FLOOR_FIBRE_NOMINAL] = "straight: no slack, equipment, queue",
	};
	const struct range *ns = &d->floor_ns[which];

	fprintf(page->to, "%*s%s", PAGE_INDENT, "",
		format_left(name[which], NAME_COLUMNS).s);
	put_number(page, format_number(ns->value / 1e6, 2).s, NUMBER_COLUMNS);
	put_number(page, format_number(ns->lo / 1e6, 2).s, NUMBER_COLUMNS);
	put_number(page, format_number(ns->hi / 1e6, 2).s, NUMBER_COLUMNS);
	fprintf(page->to, "   ");
	page_put(page, STYLE_DIM, remark[which]);
	fputc('\n', page->to);
}

static void show_floors(struct page *page, const struct distance *d)
{
	fprintf(page->to, "\n%*s", PAGE_INDENT, "");
	page_put(page, STYLE_DIM, format_left("floor, ms", NAME_COLUMNS).s);
	page_put(page, STYLE_DIM, "                from        to\n");
	for (int i = 0; i < FLOORS; i++)
		show_floor(page, d, i);
}

static void show_measurement(struct page *page, const struct distance *d,
			     int which)
{
	const struct reference_method *m = &reference_methods[which];

	fprintf(page->to, "%*s%s", PAGE_INDENT, "",
		format_left(m->source, NAME_COLUMNS).s);
	put_number(page, format_number(d->reference->ms[which], 2).s,
		   NUMBER_COLUMNS);
	put_number(page, distance_ratio(&d->others_inflation[which]).s,
		   2 * NUMBER_COLUMNS);
	fprintf(page->to, "   ");
	page_put(page, STYLE_DIM, m->date);
	page_put(page, STYLE_DIM, ", ");
	page_put(page, STYLE_DIM, m->statistic);
	if (page_columns(page) > 100) {
		page_put(page, STYLE_DIM, ": ");
		page_put(page, STYLE_DIM, m->method);
	}
	fputc('\n', page->to);
}

static void show_others(struct page *page, const struct distance *d)
{
	fprintf(page->to, "\n%*s", PAGE_INDENT, "");
	page_put(page, STYLE_DIM, format_left("others, ms", NAME_COLUMNS).s);
	page_put(page, STYLE_DIM, "                 inflation\n");
	for (int i = 0; i < REFERENCE_MEASUREMENTS; i++)
		if (isfinite(d->reference->ms[i]))
			show_measurement(page, d, i);
}

int distance_text(FILE *to, const struct distance *d,
		  const struct application_outlook *outlook, bool colour)
{
	const struct application_column columns[] = {
		{ "straight fibre", &outlook->fibre },
		{ "others, least", &outlook->others_lo },
		{ "others, most", &outlook->others_hi },
		{ NULL, NULL },
	};
	struct page page = {
		.to = to,
		.colour = colour,
		.columns = page_terminal_columns(fileno(to)),
	};

	show_places(&page, d);
	show_floors(&page, d);
	if (d->reference)
		show_others(&page, d);
	else if (d->from.region && d->to.region)
		page_note(&page, "others", "nobody's figures for this pair");
	if (is_shown(&columns[0]) || is_shown(&columns[1]))
		application_show(&page, columns);
	return page_finish(&page);
}
