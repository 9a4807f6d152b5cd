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
		page_note(page, "", "and %zu more: see --json",
			  f->mines - shown);
	page_note(page, "mine",
		  "TCP's least round trip holds both hosts' time: a "
		  "connection is of that class if its hosts take so much, of a "
		  "faster one only if they take more");
}
