// SPDX-License-Identifier: GPL-2.0-only
#include "out/flows_parts.h"

#include "out/format.h"

#define MINES_SHOWN 10

static void show_mine(struct page *page, const struct mine *m)
{
	bool has_class = m->flow_class >= 0;
	bool has_faster = m->faster_hosts_ns >= 0;

	fprintf(page->to, "%9u%8u", m->local_port, m->remote_port);
	if (!m->min_rtt_ns) {
		cell_put(page, "–", 14);
		fputs("   no round trip yet\n", page->to);
		return;
	}
	cell_put(page, format_number((double)m->min_rtt_ns / 1e3, 0).s, 14);
	if (!has_class) {
		fputs("   faster than every class\n", page->to);
		return;
	}
	fprintf(page->to, "%7d", m->flow_class);
	cell_put(page, format_number((double)m->hosts_ns / 1e3, 0).s, 12);
	if (has_faster) {
		fprintf(page->to, "%10d", m->flow_class - 1);
		cell_put(page,
			 format_number((double)m->faster_hosts_ns / 1e3, 0).s,
			 12);
	}
	fputc('\n', page->to);
}

/* How many there are of each class, where not all have a line. */
static void note_counts(struct page *page, const struct flows *f)
{
	char text[512] = "";
	size_t used = 0;

	for (int at = -1; at < (int)f->classes; at++) {
		size_t n = 0;
		char name[32] = "faster than all";

		for (size_t i = 0; i < f->mines; i++)
			n += f->mine[i].min_rtt_ns &&
			     f->mine[i].flow_class == at;
		if (at >= 0)
			snprintf(name, sizeof(name), "class %d", at);
		if (n && used < sizeof(text))
			used += snprintf(text + used, sizeof(text) - used,
					 "; %zu %s", n, name);
	}
	page_note(page, "", "and %zu more, see --json; of all %zu%s",
		  f->mines - MINES_SHOWN, f->mines, text);
}

void mine_show(struct page *page, const struct result *r, const struct flows *f)
{
	size_t shown = f->mines < MINES_SHOWN ? f->mines : MINES_SHOWN;
	const char *host = r->target.address ? r->target.address : "the target";

	if (!f->has_mine)
		return;
	if (!f->mines) {
		fputc('\n', page->to);
		page_note(page, "mine", "this host has no TCP connection to %s",
			  host);
		return;
	}
	heading_put(page, "my port    port   min RTT, µs  class   hosts, µs  "
			  "or class   hosts, µs");
	for (size_t i = 0; i < shown; i++)
		show_mine(page, &f->mine[i]);
	if (shown < f->mines)
		note_counts(page, f);
	page_note(page, "mine",
		  "TCP's least round trip holds both hosts' time: a "
		  "connection is of that class if its hosts take so much, of a "
		  "faster one only if they take more");
}
