// SPDX-License-Identifier: GPL-2.0-only
#include "out/text.h"

#include <math.h>
#include <string.h>

#include "out/format.h"

#define HEADER_GAP 3
#define HEADLINE_GAP 2
#define NAME_COLUMNS 40 /* a longer name than this is not shown */
#define NAME_WIDTH 12
#define BAR_COLUMNS 12
#define STAGE_COLUMNS 57 /* of the table, its last column aside */
#define HOLDS_COLUMNS 35 /* of that */

static const char *or_dash(const char *text)
{
	return text && *text ? text : "–";
}

static void show_hosts(struct page *page, const struct result *r)
{
	const struct target_host *t = &r->target;
	const struct local_host *l = &r->local;
	bool named = t->name && t->address && strcmp(t->name, t->address) &&
		     format_columns(t->name) <= NAME_COLUMNS;
	char here[64] = "";

	if (l->ifname)
		snprintf(here, sizeof(here), " (%.16s%s%.32s)", l->ifname,
			 l->driver ? ", " : "", l->driver ? l->driver : "");
	page_item(page, STYLE_BOLD, "%s%s → %s%s%s%s", or_dash(t->source), here,
		  or_dash(t->address), named ? " (" : "", named ? t->name : "",
		  named ? ")" : "");
}

static void show_method(struct page *page, const struct result *r)
{
	static const char *const protocol[] = {
		[PROTOCOL_STAMP] = "STAMP",
		[PROTOCOL_ICMP] = "ICMP echo",
		[PROTOCOL_TCP] = "TCP",
	};
	const struct hooks *h = &r->hooks;
	char port[24] = "";
	bool two = h->tx_how && h->rx_how && strcmp(h->tx_how, h->rx_how);

	if (r->target.protocol == PROTOCOL_TCP)
		snprintf(port, sizeof(port), " port %d", r->target.port);
	page_item(page, STYLE_PLAIN, "%s%s, %s engine%s",
		  protocol[r->target.protocol], port,
		  r->engines ? "both" : engine_name(r->engine),
		  r->engines ? "s" : "");
	page_item(page, STYLE_PLAIN, "%s probe%s %s%s%s",
		  format_count(r->probes.planned).s,
		  r->probes.planned == 1 ? "" : "s",
		  r->pacing.flood ? "in a flood" : "at ",
		  r->pacing.flood ? "" : format_span(r->pacing.interval_ns).s,
		  r->pacing.poisson ? " (Poisson)" : "");
	page_item(page, STYLE_PLAIN, "kernel %s%s%s%s%s",
		  or_dash(r->local.kernel), h->tx_how ? ", " : "",
		  h->tx_how ? h->tx_how : "", two ? ", " : "",
		  two ? h->rx_how : "");
}

void header_show(struct page *page, const struct result *r)
{
	const struct clock_state *c = &r->clock;

	page_flow(page, 0, HEADER_GAP);
	show_hosts(page, r);
	if (!c->disciplined)
		page_item(page, STYLE_ALARM, "clock undisciplined%s%s",
			  isfinite(c->rate_ppm) ? ", ±" : "",
			  isfinite(c->rate_ppm) ? format_ppm(c->rate_ppm).s
						: "");
	show_method(page, r);
	if (c->disciplined)
		page_item(page, STYLE_PLAIN, "clock disciplined by %s, ±%s",
			  or_dash(c->source), format_ppm(c->rate_ppm).s);
	page_end(page);
	engine_note(page, &r->hooks.fallbacks.at[FALLBACK_ENGINE]);
}

/* The next item stands where it would after the widest bar there mostly is. */
static void show_bar(struct page *page, const char *name, const char *bar)
{
	page_item(page, STYLE_PLAIN, "%s %s", name, bar);
	page_skip(page, BAR_COLUMNS - format_columns(bar));
}

static void show_instrument(struct page *page, const struct instrument *in)
{
	double minus = in->known && in->bounded ? in->minus : NAN;
	double plus = in->known ? in->plus : NAN;

	show_bar(page, "instrument", format_bar(plus, minus).s);
}

static struct shown sampling_bar(const struct duration *d)
{
	const struct ci *ci = &d->ci95[LEVEL_P50];
	double value = d->quantile[LEVEL_P50];
	struct shown plus = { "?" };
	struct shown minus = { "?" };
	struct shown bar;

	if (ci->hi.finite)
		plus = format_us(ci->hi.value - value, 2);
	if (ci->lo.finite)
		minus = format_us(value - ci->lo.value, 2);
	if (strcmp(plus.s, minus.s))
		snprintf(bar.s, sizeof(bar.s), "+%.40s −%.40s", plus.s,
			 minus.s);
	else
		snprintf(bar.s, sizeof(bar.s), "±%.40s", plus.s);
	return bar;
}

/* A quantile read from a histogram says how wide its bins are. */
static struct shown show_bin(const struct duration *d)
{
	struct shown shown = { "" };

	if (d->bin_ns)
		snprintf(shown.s, sizeof(shown.s), "bins of %.48s",
			 format_span(d->bin_ns).s);
	return shown;
}

/* What does not fit hangs under the value. */
static void show_median(struct page *page, const char *name,
			const struct duration *d)
{
	page_flow(page, PAGE_INDENT, HEADLINE_GAP);
	page_item(page, STYLE_BOLD, "%s%s µs  p50",
		  format_left(name, NAME_WIDTH).s,
		  format_right(format_us(d->quantile[LEVEL_P50], 2).s, 10).s);
	page_hang(page, PAGE_INDENT + NAME_WIDTH);
	show_instrument(page, &d->at_p50);
	show_bar(page, "sampling", sampling_bar(d).s);
}

static void end_median(struct page *page, const struct duration *d)
{
	if (d->bin_ns)
		page_item(page, STYLE_PLAIN, "%s", show_bin(d).s);
	page_end(page);
}

static void show_network(struct page *page, const char *name,
			 const struct duration *d)
{
	if (!d->n)
		return;
	show_median(page, name, d);
	page_item(page, STYLE_PLAIN, "min %s  p99 %s",
		  format_us((double)d->min, 2).s,
		  format_us(d->quantile[LEVEL_P99], 2).s);
	end_median(page, d);
}

static void show_headline(struct page *page, const struct result *r)
{
	fputc('\n', page->to);
	if (r->engines) {
		show_network(page, "net (bypass)",
			     &r->engines[ENGINE_BYPASS].network);
		show_network(page, "net (socket)", &r->network);
	} else {
		show_network(page, "network", &r->network);
	}
	if (r->rtt.n) {
		show_median(page, "app to app", &r->rtt);
		end_median(page, &r->rtt);
	}
}

static const struct {
	const char *name;
	const char *holds;
} stage_row[STAGES] = {
	[STAGE_APP_TO_TC] = { "app → tc", "system call, IP stack" },
	[STAGE_TC_TO_DRIVER] = { "tc → driver", "qdisc, driver" },
	[STAGE_NETWORK] = { "network", "the line, and what no stamp can see" },
	[STAGE_REMOTE] = { "far host", "from its receiving to its answering" },
	[STAGE_NIC_TO_XDP] = { "nic → xdp", "DMA, interrupt, NAPI" },
	[STAGE_XDP_TO_TC] = { "xdp → tc", "skb allocation, GRO" },
	[STAGE_TC_TO_SOCKET] = { "tc → socket", "IP stack" },
	[STAGE_SOCKET_TO_APP] = { "socket → app", "scheduler, system call" },
};

/* The last column is there for all rows or for none. */
static void show_holds(struct page *page, enum stage which,
		       const struct duration *d)
{
	int room = page_columns(page) - STAGE_COLUMNS;
	struct shown bin = show_bin(d);

	if (d->bin_ns)
		room -= format_columns(bin.s) + 3;
	if (room >= HOLDS_COLUMNS) {
		fputs("   ", page->to);
		page_put(page, STYLE_DIM, stage_row[which].holds);
	}
	if (!d->bin_ns)
		return;
	fputs("   ", page->to);
	page_put(page, STYLE_DIM, bin.s);
}

static void show_stage(struct page *page, const struct result *r,
		       enum stage which)
{
	const struct duration *d = &r->stage[which];

	fprintf(page->to, "  %s", format_left(stage_row[which].name, 13).s);
	fprintf(page->to, " %s",
		format_right(format_us(d->quantile[LEVEL_P50], 2).s, 13).s);
	fprintf(page->to, " %s",
		format_right(format_us(d->quantile[LEVEL_P99], 2).s, 13).s);
	if (r->has_share)
		fprintf(page->to, " %s",
			format_right(format_percent(r->share[which]).s, 10).s);
	show_holds(page, which, d);
	fputc('\n', page->to);
}

static void show_stages(struct page *page, const struct result *r)
{
	bool has_any = false;

	for (int i = 0; i < STAGES; i++)
		has_any = has_any || r->stage[i].n;
	if (!has_any)
		return;
	page_put(page, STYLE_DIM,
		 r->engines ? "\n  socket engine" : "\n  stage        ");
	page_put(page, STYLE_DIM, "    median, µs       p99, µs");
	page_put(page, STYLE_DIM, r->has_share ? "      share" : "");
	fputc('\n', page->to);
	for (int i = 0; i < STAGES; i++)
		if (r->stage[i].n)
			show_stage(page, r, i);
}

int text_show(struct page *page, const struct result *r)
{
	header_show(page, r);
	if (r->network.n || r->rtt.n) {
		show_headline(page, r);
		timeline_show(page, r);
		show_stages(page, r);
	}
	account_show(page, r);
	notes_show(page, r);
	return page_finish(page);
}

int text_report(FILE *to, const struct result *r, bool colour)
{
	struct page page = {
		.to = to,
		.colour = colour,
		.columns = page_terminal_columns(fileno(to)),
	};

	return text_show(&page, r);
}
