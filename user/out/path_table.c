// SPDX-License-Identifier: GPL-2.0-only
#include "out/path_table.h"

#include <math.h>
#include <string.h>

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

struct shown path_sampling(const struct duration *d)
{
	const struct ci *ci = &d->ci95[LEVEL_P50];
	double value = d->quantile[LEVEL_P50];

	return format_bar(ci->hi.finite ? ci->hi.value - value : NAN,
			  ci->lo.finite ? value - ci->lo.value : NAN);
}

struct shown path_ttl(const struct ttl_range *t)
{
	struct shown shown = { "–" };

	if (t->min >= 0 && t->min == t->max)
		snprintf(shown.s, sizeof(shown.s), "%d", t->min);
	else if (t->min >= 0)
		snprintf(shown.s, sizeof(shown.s), "%d-%d", t->min, t->max);
	return shown;
}

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

static struct shown show_loss(const struct line *l)
{
	struct shown shown = { "–" };

	return l->probes->sent ? format_percent(l->loss->ratio) : shown;
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
	fprintf(to, "  %s  %s  %s%s%s\n", l->note,
		format_left("hidden", width).s,
		format_left(show_flows(l->flows).s, FLOWS_COLUMNS).s,
		format_right("–", TIME_COLUMNS).s,
		format_right("–", TIME_COLUMNS).s);
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
		format_left(path_sampling(l->rtt).s, BAR_COLUMNS).s,
		format_left(format_bar(in->known ? in->plus : NAN,
				       in->known && in->bounded ? in->minus
								: NAN)
				    .s,
			    BAR_COLUMNS)
			.s,
		format_right(show_loss(l).s, LOSS_COLUMNS).s,
		format_right(path_ttl(l->ttl).s, 8).s, mark(l->answer));
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

void path_table(FILE *to, const struct path *path, bool each_flow)
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
