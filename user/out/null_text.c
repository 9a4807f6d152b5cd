// SPDX-License-Identifier: GPL-2.0-only
#include "out/null_text.h"

#include <string.h>

#include "out/format.h"

#define HEADER_GAP 3
#define NAME_COLUMNS 12
#define NUMBER_COLUMNS 8
#define NUMBERS 3      /* p1, p50, p99 */
#define CELLS_BESIDE 4 /* on the widest page */

static const char *const stage_label[STAGES] = {
	[STAGE_APP_TO_TC] = "app → tc",
	[STAGE_TC_TO_DRIVER] = "tc → driver",
	[STAGE_NETWORK] = "network",
	[STAGE_REMOTE] = "remote",
	[STAGE_NIC_TO_XDP] = "nic → xdp",
	[STAGE_XDP_TO_TC] = "xdp → tc",
	[STAGE_TC_TO_SOCKET] = "tc → socket",
	[STAGE_SOCKET_TO_APP] = "socket → app",
};

/* Measured ones, as many as fit side by side. */
struct shelf {
	size_t cells;
	const struct null_cell *cell[CELLS_BESIDE];
};

/* From the floor's cell `next` on; returns the one to go on with. */
static size_t fill_shelf(struct shelf *shelf, const struct page *page,
			 const struct null_floor *floor, size_t next)
{
	size_t room = (page_columns(page) - PAGE_INDENT - NAME_COLUMNS) /
		      (NUMBERS * NUMBER_COLUMNS);

	if (room > CELLS_BESIDE)
		room = CELLS_BESIDE;
	shelf->cells = 0;
	for (; next < floor->cells && shelf->cells < room; next++) {
		if (floor->cell[next].stage[STAGE_NETWORK].n)
			shelf->cell[shelf->cells++] = &floor->cell[next];
	}
	return next;
}

/* Microseconds in one column, however many there are; ungrouped, as a blank
 * parts the columns. */
static struct shown show_ns(int64_t ns)
{
	double us = (double)ns / 1e3;
	int decimals = us < 1000 ? 2 : us < 10000 ? 1 : 0;
	struct shown shown;

	snprintf(shown.s, sizeof(shown.s), "%*.*f", NUMBER_COLUMNS, decimals,
		 us);
	return shown;
}

static void show_figure(struct page *page, const struct null_figure *f)
{
	const int64_t shown[NUMBERS] = { f->p1, f->p50, f->p99 };

	for (int i = 0; i < NUMBERS; i++)
		page_put(page, i == 1 ? STYLE_BOLD : STYLE_PLAIN,
			 f->n ? show_ns(shown[i]).s
			      : format_right("–", NUMBER_COLUMNS).s);
}

static void show_name(struct page *page, const char *name)
{
	fprintf(page->to, "%*s", PAGE_INDENT, "");
	page_put(page, STYLE_PLAIN, format_left(name, NAME_COLUMNS).s);
}

static void show_heads(struct page *page, const struct shelf *shelf)
{
	static const char *const quantile[NUMBERS] = { "p1", "p50", "p99" };
	struct shown head;

	show_name(page, "");
	for (size_t i = 0; i < shelf->cells; i++) {
		const struct null_cell *c = shelf->cell[i];

		snprintf(head.s, sizeof(head.s), "%s, %.48s/s",
			 engine_name(c->engine),
			 format_count(NSEC_PER_SEC / c->interval_ns).s);
		page_put(page, STYLE_BOLD,
			 format_right(head.s, NUMBERS * NUMBER_COLUMNS).s);
	}
	fputc('\n', page->to);
	show_name(page, "µs");
	for (size_t i = 0; i < shelf->cells * NUMBERS; i++)
		page_put(page, STYLE_DIM,
			 format_right(quantile[i % NUMBERS], NUMBER_COLUMNS).s);
	fputc('\n', page->to);
}

static bool any_has(const struct shelf *shelf, enum stage which)
{
	for (size_t i = 0; i < shelf->cells; i++) {
		if (shelf->cell[i]->stage[which].n)
			return true;
	}
	return false;
}

static void show_stage(struct page *page, const struct shelf *shelf,
		       enum stage which)
{
	if (!any_has(shelf, which))
		return;
	show_name(page, stage_label[which]);
	for (size_t i = 0; i < shelf->cells; i++)
		show_figure(page, &shelf->cell[i]->stage[which]);
	fputc('\n', page->to);
}

static void show_lateness(struct page *page, const struct shelf *shelf)
{
	show_name(page, "sent late");
	for (size_t i = 0; i < shelf->cells; i++)
		show_figure(page, &shelf->cell[i]->lateness);
	fputc('\n', page->to);
}

static void show_probes(struct page *page, const struct shelf *shelf)
{
	struct shown text;

	show_name(page, "back, of");
	for (size_t i = 0; i < shelf->cells; i++) {
		const struct probes *p = &shelf->cell[i]->probes;

		snprintf(text.s, sizeof(text.s), "%.40s of %.40s",
			 format_count(p->received).s,
			 format_count(p->planned).s);
		page_put(page, STYLE_PLAIN,
			 format_right(text.s, NUMBERS * NUMBER_COLUMNS).s);
	}
	fputc('\n', page->to);
}

static void show_header(struct page *page, const struct null_floor *floor,
			const struct shelf *shelf)
{
	const struct machine *m = &floor->machine;

	page_flow(page, 0, HEADER_GAP);
	page_item(page, STYLE_BOLD, "a cable to itself: no distance");
	page_item(page, STYLE_PLAIN, "%s", format_span(floor->duration_ns).s);
	if (shelf->cells)
		page_item(page, STYLE_PLAIN, "kernel %s, %s, %s", m->kernel,
			  shelf->cell[0]->tx_how, shelf->cell[0]->rx_how);
	if (*m->cpu)
		page_item(page, STYLE_PLAIN, "%s", m->cpu);
	page_end(page);
}

static void show_shelf(struct page *page, const struct shelf *shelf)
{
	fputc('\n', page->to);
	show_heads(page, shelf);
	show_stage(page, shelf, STAGE_NETWORK);
	for (int i = 0; i < STAGES; i++) {
		if (i != STAGE_NETWORK)
			show_stage(page, shelf, i);
	}
	show_lateness(page, shelf);
	show_probes(page, shelf);
}

void null_text(struct page *page, const struct null_floor *floor)
{
	struct shelf shelf;
	size_t next = fill_shelf(&shelf, page, floor, 0);

	show_header(page, floor, &shelf);
	if (!shelf.cells)
		return;
	for (; shelf.cells; next = fill_shelf(&shelf, page, floor, next))
		show_shelf(page, &shelf);
	fputc('\n', page->to);
	page_note(page, "in it",
		  "two veth hops that no stamp sees, NAPI, our own programs: "
		  "what this host and xrtt add by themselves. A NIC has its "
		  "own share, which is not in here; nothing is subtracted "
		  "from any run by this");
}
