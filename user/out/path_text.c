// SPDX-License-Identifier: GPL-2.0-only
#include "out/path_text.h"

#include <math.h>
#include <string.h>

#include "out/format.h"
#include "out/page.h"
#include "out/path_table.h"

#define HEADER_GAP 3

static const char *or_dash(const char *text)
{
	return text && *text ? text : "–";
}

/* ---- header ---------------------------------------------------------------*/

static void show_hosts(struct page *page, const struct result *r)
{
	const struct target_host *t = &r->target;
	bool named = t->name && t->address && strcmp(t->name, t->address);

	page_item(page, STYLE_BOLD, "%s (%s%s%s) → %s%s%.40s%s",
		  or_dash(t->source), or_dash(r->local.ifname),
		  r->local.driver ? ", " : "",
		  r->local.driver ? r->local.driver : "", or_dash(t->address),
		  named ? " (" : "", named ? t->name : "", named ? ")" : "");
}

static void show_header(struct page *page, const struct path *path)
{
	const struct result *r = &path->base;
	const struct hooks *h = &r->hooks;
	bool icmp = r->target.protocol == PROTOCOL_ICMP;
	bool two = h->tx_how && h->rx_how && strcmp(h->tx_how, h->rx_how);

	page_flow(page, 0, HEADER_GAP);
	show_hosts(page, r);
	if (!r->clock.disciplined)
		page_item(page, STYLE_ALARM, "clock undisciplined, ±%s",
			  format_ppm(r->clock.rate_ppm).s);
	page_item(page, STYLE_PLAIN, "%s, %u flow%s",
		  icmp ? "ICMP echo" : "STAMP", path->flows,
		  path->flows == 1 ? "" : "s");
	page_item(page, STYLE_PLAIN, "%u round%s, a probe to a hop every %s",
		  path->rounds, path->rounds == 1 ? "" : "s",
		  format_span(r->pacing.interval_ns).s);
	page_item(page, STYLE_PLAIN, "kernel %s, %s%s%s",
		  or_dash(r->local.kernel), or_dash(h->tx_how), two ? ", " : "",
		  two ? h->rx_how : "");
	if (r->clock.disciplined)
		page_item(page, STYLE_PLAIN, "clock disciplined by %s, ±%s",
			  or_dash(r->clock.source),
			  format_ppm(r->clock.rate_ppm).s);
	page_end(page);
}

/* ---- the rest -------------------------------------------------------------*/

static void show_whole(struct page *page, const struct path *path)
{
	const struct result *r = &path->base;
	const struct duration *d = &r->network;

	if (!d->n) {
		page_note(page, "all the way", "no answer");
		return;
	}
	page_note(
		page, "all the way",
		"network %s µs (p50, all flows), min %s; sampling %s; lost %s "
		"of %s; TTL %s back",
		format_us(d->quantile[LEVEL_P50], 2).s, format_us(d->min, 2).s,
		path_sampling(d).s, format_percent(r->loss.ratio).s,
		format_count(d->n).s, path_ttl(&r->ttl).s);
}

static void show_mtu(struct page *page, const struct path_mtu *m)
{
	char kernel[64] = "";

	if (!m->looked)
		return;
	if (m->kernel)
		snprintf(kernel, sizeof(kernel), "; the kernel took it for %u",
			 m->kernel);
	switch (m->source) {
	case PATH_MTU_INTERFACE:
		page_note(page, "path MTU",
			  "%u, all that the interface takes; probed with DF%s",
			  m->value, kernel);
		break;
	case PATH_MTU_PROBED:
		page_note(page, "path MTU", "%u, probed with DF%s%s%s%s",
			  m->value, *m->address ? "; so said " : "", m->address,
			  *m->address ? " too" : "", kernel);
		break;
	case PATH_MTU_TOLD:
		page_note(page, "path MTU",
			  "%u, by what %s said; the target answered nothing "
			  "that long%s",
			  m->value, m->address, kernel);
		break;
	default:
		page_note(page, "path MTU",
			  "unknown: the target answers no echo, and nothing of "
			  "%u octets%s",
			  m->lost ? m->lost : m->interface, kernel);
	}
}

static void show_bound(struct page *page, const struct path *path)
{
	for (size_t i = 0; i < path->nodes; i++) {
		const struct instrument *in = &path->node[i].times.rtt.at_p50;

		for (size_t t = 0; in->known && t < in->terms; t++) {
			if (isfinite(in->term[t].ns))
				continue;
			page_note(page, "instrument", "no bound for %s: %s",
				  in->term[t].name, in->term[t].how);
		}
		if (in->known)
			return;
	}
}

/* What a conclusion is about; several in a row say it once. */
static const char *topic_of(const char *code)
{
	static const char *const topic[][2] = {
		{ "ttl_untouched", "hops" },
		{ "hop_count", "hops" },
		{ "hidden_uncounted", "hidden" },
		{ "all_hidden", "hidden" },
		{ "hidden", "hidden" },
		{ "no_answer", "hidden" },
		{ "no_target", "hidden" },
		{ "routes", "routes" },
		{ "one_route", "routes" },
		{ "barred", "barred" },
		{ "rewritten", "NAT" },
		{ "mtu_black_hole", "path MTU" },
		{ "slow_path", "routers" },
		{ "icmp_limited", "routers" },
	};

	for (size_t i = 0; i < sizeof(topic) / sizeof(*topic); i++) {
		if (!strcmp(topic[i][0], code))
			return topic[i][1];
	}
	return "";
}

int path_text(FILE *to, const struct path *path, bool colour, bool each_flow)
{
	struct page page = { .to = to,
			     .colour = colour,
			     .columns = page_terminal_columns(fileno(to)) };

	show_header(&page, path);
	if (path->hops)
		path_table(to, path, each_flow);
	fputc('\n', to);
	show_whole(&page, path);
	show_mtu(&page, &path->mtu);
	show_bound(&page, path);
	for (size_t i = 0; i < path->findings; i++)
		page_note(&page, topic_of(path->finding[i].code), "%s",
			  path->finding[i].text);
	return page_finish(&page);
}
