// SPDX-License-Identifier: GPL-2.0-only
#include "out/doctor_text.h"

#include <string.h>

#include "out/format.h"
#include "out/null_text.h"
#include "out/page.h"

#define HEADER_GAP 3
#define NAME_COLUMNS 11
#define ANSWER_COLUMNS 9
#define NUMBER_COLUMNS 11

/* ---- what was looked at -------------------------------------------------- */

static void show_subject(struct page *page, const struct doctor_subject *s)
{
	page_flow(page, 0, HEADER_GAP);
	if (*s->ifname)
		page_item(page, STYLE_BOLD, "%s%s%s%s", s->ifname,
			  *s->driver ? " (" : "", s->driver,
			  *s->driver ? ")" : "");
	else
		page_item(page, STYLE_BOLD, "this host");
	if (*s->target)
		page_item(page, STYLE_PLAIN, "→ %s", s->target);
	page_item(page, STYLE_PLAIN, "kernel %s", s->kernel);
	if (*s->clocksource)
		page_item(page, STYLE_PLAIN, "clocksource %s", s->clocksource);
	page_end(page);
}

/* ---- stamps -------------------------------------------------------------- */

static void put_number(struct page *page, bool has, double ns)
{
	struct shown text = has ? format_number(ns, 0) : (struct shown){ "–" };

	page_put(page, STYLE_PLAIN, format_right(text.s, NUMBER_COLUMNS).s);
}

static const char *answer(const struct doctor_stamp *s)
{
	if (!s->known)
		return "?";
	return s->delivered ? "yes" : "no";
}

static void show_stamp(struct page *page, enum stamp which,
		       const struct doctor_stamp *s)
{
	fprintf(page->to, "%*s", PAGE_INDENT, "");
	page_put(page, STYLE_PLAIN,
		 format_left(stamp_name(which), NAME_COLUMNS).s);
	page_put(page, s->known && !s->delivered ? STYLE_DIM : STYLE_BOLD,
		 format_left(answer(s), ANSWER_COLUMNS).s);
	put_number(page, s->has_cost, s->cost_ns);
	put_number(page, s->has_jitter, s->jitter_ns);
	page_put(page, STYLE_PLAIN, "  ");
	page_put(page, STYLE_PLAIN, s->where);
	fputc('\n', page->to);
}

/* Why not, once where several have the same reason. */
static void show_reasons(struct page *page, const struct doctor *doctor)
{
	const char *last = "";
	bool any = false;

	fputc('\n', page->to);
	for (int i = 0; i < STAMPS; i++) {
		const char *why = doctor->stamp[i].why;

		if (*why && strcmp(why, last))
			page_note(page, stamp_name(i), "%s", why);
		any |= *why;
		last = why;
	}
	if (any)
		fputc('\n', page->to);
}

static void show_stamps(struct page *page, const struct doctor *doctor)
{
	fprintf(page->to, "\n%*s", PAGE_INDENT, "");
	page_put(page, STYLE_DIM, format_left("stamp", NAME_COLUMNS).s);
	page_put(page, STYLE_DIM, format_left("comes", ANSWER_COLUMNS).s);
	page_put(page, STYLE_DIM, format_right("costs, ns", NUMBER_COLUMNS).s);
	page_put(page, STYLE_DIM, format_right("jitter, ns", NUMBER_COLUMNS).s);
	page_put(page, STYLE_DIM, "  seen on");
	fputc('\n', page->to);
	for (int i = 0; i < STAMPS; i++)
		show_stamp(page, i, &doctor->stamp[i]);
}

/* ---- findings ------------------------------------------------------------ */

static void show_finding(struct page *page, const struct finding *f)
{
	page_note(page, finding_level_name(f->level), "%s", f->text);
	if (*f->fix)
		page_note(page, "", "to mend it: %s", f->fix);
}

static void show_level(struct page *page, const struct doctor *doctor,
		       enum finding_level level)
{
	for (size_t i = 0; i < doctor->findings; i++) {
		if (doctor->finding[i].level == level)
			show_finding(page, &doctor->finding[i]);
	}
}

/* What is well needs no sentence: its name and what was found. */
static void show_good(struct page *page, const struct doctor *doctor)
{
	const char *between = "";
	char text[1536];
	size_t length = 0;

	for (size_t i = 0; i < doctor->findings; i++) {
		const struct finding *f = &doctor->finding[i];

		if (f->level != FINDING_GOOD || length >= sizeof(text))
			continue;
		length += snprintf(text + length, sizeof(text) - length,
				   "%s%s%s%s", between, f->id,
				   *f->value ? " " : "", f->value);
		between = ", ";
	}
	if (length)
		page_note(page, finding_level_name(FINDING_GOOD), "%s", text);
}

static void show_null(struct page *page, const struct doctor *doctor)
{
	null_text(page, &doctor->null);
	fputc('\n', page->to);
	for (size_t i = 0; i < doctor->findings; i++)
		show_finding(page, &doctor->finding[i]);
	if (*doctor->stored)
		page_note(page, "stored",
			  "%s: for this host's runs until its next boot",
			  doctor->stored);
	if (doctor->null.interrupted)
		page_note(page, "interrupted",
			  "what was measured until then is above; it is not "
			  "stored");
}

static void show_host(struct page *page, const struct doctor *doctor)
{
	show_subject(page, &doctor->subject);
	show_stamps(page, doctor);
	show_reasons(page, doctor);
	show_level(page, doctor, FINDING_BLOCKS);
	show_level(page, doctor, FINDING_COSTS);
	show_good(page, doctor);
	if (doctor->interrupted)
		page_note(page, "interrupted", "not everything was looked at");
}

int doctor_text(FILE *to, const struct doctor *doctor, bool colour)
{
	struct page page = {
		.to = to,
		.colour = colour,
		.columns = page_terminal_columns(fileno(to)),
	};

	if (doctor->has_null)
		show_null(&page, doctor);
	else
		show_host(&page, doctor);
	return page_finish(&page);
}
