// SPDX-License-Identifier: GPL-2.0-only
#include "out/path_text.h"

#include <math.h>
#include <string.h>

#include "out/format.h"
#include "out/page.h"

#define HEADER_GAP 3
#define ADDRESS_COLUMNS 15 /* at least */
#define FLOWS_COLUMNS 7
#define TIME_COLUMNS 10
#define BAR_COLUMNS 15
#define LOSS_COLUMNS 9

/* One line of the table. */
struct line {
	unsigned int hop;
	const char *address; /* "" if it is hidden */
	enum path_answer answer;
	const char *note;
	uint64_t flows;
	const struct duration *rtt;
	const struct probes *probes;
	const struct loss *loss;
	const struct ttl_range *ttl;
	const struct mpls_label *label;
	size_t labels;
};

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

/* ---- table ----------------------------------------------------------------*/

/* "0-2 4". */
static struct shown show_flows(uint64_t flows)
{
	struct shown shown = { "" };
	size_t n = 0;

	for (int i = 0; i < PATH_FLOWS_MOST; i++) {
		int first = i;

		if (!(flows >> i & 1))
			continue;
		while (i + 1 < PATH_FLOWS_MOST && flows >> (i + 1) & 1)
			i++;
		n += snprintf(shown.s + n, sizeof(shown.s) - n,
			      i > first ? "%s%d-%d" : "%s%d", n ? " " : "",
			      first, i);
		if (n > sizeof(shown.s) - 16)
			break;
	}
	return shown;
}

static struct shown show_sampling(const struct duration *d)
{
	const struct ci *ci = &d->ci95[LEVEL_P50];
	double value = d->quantile[LEVEL_P50];
	struct shown bar;

	bar = format_bar(ci->hi.finite ? ci->hi.value - value : NAN,
			 ci->lo.finite ? value - ci->lo.value : NAN);
	return bar;
}

static struct shown show_loss(const struct line *l)
{
	struct shown shown = { "–" };

	return l->probes->sent ? format_percent(l->loss->ratio) : shown;
}

static struct shown show_ttl(const struct ttl_range *t)
{
	struct shown shown = { "–" };

	if (t->min >= 0 && t->min == t->max)
		snprintf(shown.s, sizeof(shown.s), "%d", t->min);
	else if (t->min >= 0)
		snprintf(shown.s, sizeof(shown.s), "%d-%d", t->min, t->max);
	return shown;
}

static void show_titles(FILE *to, int width)
{
	fprintf(to, "\n  hop  %s  %s%s%s  %s  %s%s  ttl back\n",
		format_left("address", width).s,
		format_left("flows", FLOWS_COLUMNS).s,
		format_right("min µs", TIME_COLUMNS).s,
		format_right("p50 µs", TIME_COLUMNS).s,
		format_left("sampling", BAR_COLUMNS).s,
		format_left("instrument", BAR_COLUMNS).s,
		format_right("loss", LOSS_COLUMNS).s);
}

static void show_labels(FILE *to, const struct line *l)
{
	for (size_t i = 0; i < l->labels; i++)
		fprintf(to, "%s %u%s", i ? " /" : "  MPLS", l->label[i].label,
			l->label[i].is_bottom ? "" : "…");
}

static void show_hidden(FILE *to, const struct line *l, int width)
{
	fprintf(to, "  %s  %s  %s%s%s  %s  %s%s\n", l->note,
		format_left("hidden", width).s,
		format_left(show_flows(l->flows).s, FLOWS_COLUMNS).s,
		format_right("–", TIME_COLUMNS).s,
		format_right("–", TIME_COLUMNS).s,
		format_left("", BAR_COLUMNS).s, format_left("", BAR_COLUMNS).s,
		format_right("", LOSS_COLUMNS).s);
}

static const char *mark(enum path_answer answer)
{
	switch (answer) {
	case PATH_TARGET:
		return "  target";
	case PATH_CLOSED:
		return "  target, port closed";
	case PATH_BARRED:
		return "  no further";
	default:
		return "";
	}
}

static void show_line(FILE *to, const struct line *l, int width)
{
	const struct instrument *in = &l->rtt->at_p50;

	fprintf(to, "  %s  %s  %s%s%s  %s  %s%s  %s%s", l->note,
		format_left(l->address, width).s,
		format_left(show_flows(l->flows).s, FLOWS_COLUMNS).s,
		format_right(format_us(l->rtt->min, 2).s, TIME_COLUMNS).s,
		format_right(format_us(l->rtt->quantile[LEVEL_P50], 2).s,
			     TIME_COLUMNS)
			.s,
		format_left(show_sampling(l->rtt).s, BAR_COLUMNS).s,
		format_left(format_bar(in->known ? in->plus : NAN,
				       in->known && in->bounded ? in->minus
								: NAN)
				    .s,
			    BAR_COLUMNS)
			.s,
		format_right(show_loss(l).s, LOSS_COLUMNS).s,
		format_right(show_ttl(l->ttl).s, 8).s, mark(l->answer));
	show_labels(to, l);
	fputc('\n', to);
}

static struct line line_of_node(const struct path_node *n)
{
	return (struct line){
		.hop = n->hop,
		.address = n->known ? n->address : "",
		.answer = n->answer,
		.flows = n->flows,
		.rtt = &n->times.rtt,
		.probes = &n->probes,
		.loss = &n->loss,
		.ttl = &n->ttl,
		.label = n->label,
		.labels = n->labels,
	};
}

static struct line line_of_hop(const struct path_hop *h)
{
	return (struct line){
		.hop = h->hop,
		.address = h->known ? h->address : "",
		.answer = h->answer,
		.flows = UINT64_C(1) << h->flow,
		.rtt = &h->times.rtt,
		.probes = &h->probes,
		.loss = &h->loss,
		.ttl = &h->ttl,
		.label = h->quote.label,
		.labels = h->quote.labels,
	};
}

/* Whether the lines are of hidden hops, of the same flows, one after the other:
 * these are told in one line. */
static bool continues(const struct line *before, const struct line *l)
{
	return !*before->address && !*l->address && before->flows == l->flows &&
	       l->hop == before->hop + 1;
}

static int address_width(const struct path *path)
{
	int width = ADDRESS_COLUMNS;

	for (size_t i = 0; i < path->nodes; i++) {
		int columns = format_columns(path->node[i].address);

		if (columns > width)
			width = columns;
	}
	return width;
}

static struct line line_at(const struct path *path, bool each_flow, size_t i)
{
	return each_flow ? line_of_hop(&path->hop[i])
			 : line_of_node(&path->node[i]);
}

static void show_table(FILE *to, const struct path *path, bool each_flow)
{
	size_t n = each_flow ? path->hops : path->nodes;
	int width = address_width(path);
	unsigned int before = 0;

	show_titles(to, width);
	for (size_t i = 0; i < n; i++) {
		struct line l = line_at(path, each_flow, i), next = l;
		char hop[32] = "   ";
		unsigned int first = l.hop;

		if (l.hop != before)
			snprintf(hop, sizeof(hop), "%3u", l.hop);
		while (i + 1 < n) {
			struct line last = next;

			next = line_at(path, each_flow, i + 1);
			if (!continues(&last, &next)) {
				next = last;
				break;
			}
			i++;
		}
		if (next.hop != first)
			snprintf(hop, sizeof(hop), "%u-%u", first, next.hop);
		before = next.hop;
		l.note = hop;
		if (*l.address)
			show_line(to, &l, width);
		else
			show_hidden(to, &l, width);
	}
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
		show_sampling(d).s, format_percent(r->loss.ratio).s,
		format_count(d->n).s, show_ttl(&r->ttl).s);
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
		show_table(to, path, each_flow);
	fputc('\n', to);
	show_whole(&page, path);
	show_mtu(&page, &path->mtu);
	show_bound(&page, path);
	for (size_t i = 0; i < path->findings; i++)
		page_note(&page, topic_of(path->finding[i].code), "%s",
			  path->finding[i].text);
	return page_finish(&page);
}
