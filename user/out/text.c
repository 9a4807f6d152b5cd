// SPDX-License-Identifier: GPL-2.0-only
#include "out/text.h"

#include <math.h>
#include <string.h>

#include "out/format.h"

#define HEADER_GAP 3
#define HEADLINE_GAP 2
#define NAME_COLUMNS 40 /* a longer name than this is not shown */
#define INSTRUMENT_COLUMNS 11
#define P99_NEEDS 368 /* samples for a finite upper end, 95 % */
#define SEGMENTS_SHOWN 6
#define EVENTS_SHOWN 4

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
	bool two = h->tx_how && h->rx_how && strcmp(h->tx_how, h->rx_how);

	page_item(page, STYLE_PLAIN, "%s, %s engine%s",
		  protocol[r->target.protocol],
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

static void show_header(struct page *page, const struct result *r)
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
}

static void show_instrument(struct page *page, const struct instrument *in)
{
	double minus = in->known && in->bounded ? in->minus : NAN;
	double plus = in->known ? in->plus : NAN;

	page_item(page, STYLE_PLAIN, "instrument %s",
		  format_left(format_bar(plus, minus).s, INSTRUMENT_COLUMNS).s);
}

static void show_sampling(struct page *page, const struct duration *d)
{
	const struct ci *ci = &d->ci95[LEVEL_P50];
	double value = d->quantile[LEVEL_P50];
	struct shown plus = { "?" };
	struct shown minus = { "?" };

	if (ci->hi.finite)
		plus = format_us(ci->hi.value - value, 2);
	if (ci->lo.finite)
		minus = format_us(value - ci->lo.value, 2);
	if (strcmp(plus.s, minus.s))
		page_item(page, STYLE_PLAIN, "sampling +%.48s −%.48s", plus.s,
			  minus.s);
	else
		page_item(page, STYLE_PLAIN, "sampling ±%.48s", plus.s);
}

/* A quantile read from a histogram says how wide its bins are. */
static struct shown show_bin(const struct duration *d)
{
	struct shown shown = { "" };

	if (d->bin_ns)
		snprintf(shown.s, sizeof(shown.s), " (bins of %.48s)",
			 format_span(d->bin_ns).s);
	return shown;
}

static void show_median(struct page *page, const char *name,
			const struct duration *d)
{
	page_flow(page, PAGE_INDENT, HEADLINE_GAP);
	page_item(page, STYLE_BOLD, "%s%s µs  p50%s", format_left(name, 12).s,
		  format_right(format_us(d->quantile[LEVEL_P50], 2).s, 10).s,
		  show_bin(d).s);
	show_instrument(page, &d->at_p50);
	show_sampling(page, d);
}

static void show_network(struct page *page, const char *name,
			 const struct duration *d)
{
	if (!d->n)
		return;
	show_median(page, name, d);
	page_item(page, STYLE_PLAIN, "min %s", format_us((double)d->min, 2).s);
	page_item(page, STYLE_PLAIN, "p99 %s",
		  format_us(d->quantile[LEVEL_P99], 2).s);
	page_end(page);
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
		page_end(page);
	}
}

static const struct {
	const char *name;
	const char *holds;
} stage_row[STAGES] = {
	[STAGE_APP_TO_TC] = { "app → tc", "system call, UDP/IP stack" },
	[STAGE_TC_TO_DRIVER] = { "tc → driver", "qdisc, driver" },
	[STAGE_NETWORK] = { "network", "the line, both ways, and what no stamp "
				       "can see" },
	[STAGE_REMOTE] = { "far host", "from its receiving to its answering" },
	[STAGE_NIC_TO_XDP] = { "nic → xdp", "DMA, interrupt, NAPI" },
	[STAGE_XDP_TO_TC] = { "xdp → tc", "skb allocation, GRO" },
	[STAGE_TC_TO_SOCKET] = { "tc → socket", "IP/UDP stack" },
	[STAGE_SOCKET_TO_APP] = { "socket → app", "scheduler, system call" },
};

static void show_stage(struct page *page, const struct result *r,
		       enum stage which)
{
	const struct duration *d = &r->stage[which];
	struct shown share = { "–" };

	if (r->has_share)
		share = format_percent(r->share[which]);
	fprintf(page->to, "  %s", format_left(stage_row[which].name, 13).s);
	fprintf(page->to, " %s",
		format_right(format_us(d->quantile[LEVEL_P50], 2).s, 13).s);
	fprintf(page->to, " %s",
		format_right(format_us(d->quantile[LEVEL_P99], 2).s, 13).s);
	fprintf(page->to, " %s   ", format_right(share.s, 10).s);
	page_put(page, STYLE_DIM, stage_row[which].holds);
	page_put(page, STYLE_DIM, show_bin(d).s);
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
		 "\n  stage           median, µs       p99, µs      share\n");
	for (int i = 0; i < STAGES; i++)
		if (r->stage[i].n)
			show_stage(page, r, i);
}

static void note_pacing(struct page *page, const struct pacing *p)
{
	char rate[48] = "";
	char seed[48] = "";

	if (!p->lateness.n)
		return;
	if (isfinite(p->achieved_pps))
		snprintf(rate, sizeof(rate), "; %.24s probes/s reached",
			 format_number(p->achieved_pps, 1).s);
	if (p->poisson)
		snprintf(seed, sizeof(seed), "; Poisson, seed %llu",
			 (unsigned long long)p->seed);
	page_note(page, "pacing",
		  "sent late by %s µs (median), %s µs (p99)%s%s",
		  format_us(p->lateness.quantile[LEVEL_P50], 2).s,
		  format_us(p->lateness.quantile[LEVEL_P99], 2).s, rate, seed);
}

static void note_sampling(struct page *page, const struct duration *d)
{
	const char *memory = "";
	char tail[80] = "";

	if (d->n < 2 || !isfinite(d->n_eff))
		return;
	if (d->short_memory)
		memory = "; run too short for its memory, the interval is too "
			 "narrow";
	if (!d->ci95[LEVEL_P99].hi.finite)
		snprintf(tail, sizeof(tail),
			 "; too few to bound p99 from above (%d would do)",
			 P99_NEEDS);
	page_note(page, "sampling",
		  "%s replies weigh as much as %s independent ones%s%s",
		  format_count(d->n).s, format_number(d->n_eff, 0).s, memory,
		  d->n < P99_NEEDS ? tail : "");
}

static void note_hooks(struct page *page, const struct hooks *h)
{
	static const char *const at[STAMPS] = {
		[STAMP_TC_TX] = "tc egress",  [STAMP_DRV_TX] = "the driver",
		[STAMP_HW_RX] = "the NIC",    [STAMP_XDP_RX] = "XDP",
		[STAMP_TC_RX] = "tc ingress",
	};

	if (h->tx_why)
		page_note(page, "hooks", "network begins at %s: %s",
			  or_dash(at[h->tx]), h->tx_why);
	if (h->rx_why)
		page_note(page, "hooks", "network ends at %s: %s",
			  or_dash(at[h->rx]), h->rx_why);
}

/* When it was pushed, and what that did to a probe of the median's length. */
static void note_steering(struct page *page, const struct clock_steering *s,
			  double p50)
{
	size_t shown = s->events < EVENTS_SHOWN ? s->events : EVENTS_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		const struct clock_event *e = &s->event[i];

		page_note(page, "clock",
			  "pushed %s by %s from %s to %s s: %s µs of this "
			  "median",
			  e->ppm < 0 ? "back" : "on",
			  format_ppm(fabs(e->ppm)).s,
			  format_number((double)e->from_ns / 1e9, 2).s,
			  format_number((double)e->to_ns / 1e9, 2).s,
			  format_us(p50 * e->ppm / 1e6, 2).s);
	}
	if (shown < s->departures)
		page_note(page, "clock", "pushed another %s times: see --json",
			  format_count(s->departures - shown).s);
}

/* Where the median is long enough for it to show in its last digit. */
static void note_clock(struct page *page, const struct result *r)
{
	const struct clock_state *c = &r->clock;
	double p50 = r->network.quantile[LEVEL_P50];

	if (!c->disciplined && r->network.n && p50 * c->rate_ppm > 5e6)
		page_note(page, "clock",
			  "nobody disciplines it: its rate may be off by %s, "
			  "that is ±%s µs of this median",
			  format_ppm(c->rate_ppm).s,
			  format_us(p50 * c->rate_ppm / 1e6, 2).s);
	if (r->network.n)
		note_steering(page, &c->steering, p50);
	if (c->realtime_steps)
		page_note(page, "clock",
			  "CLOCK_REALTIME was stepped %s times: probes it hit "
			  "have no driver stamp",
			  format_count(c->realtime_steps).s);
}

static void note_segments(struct page *page, const struct result *r)
{
	size_t shown =
		r->segments < SEGMENTS_SHOWN ? r->segments : SEGMENTS_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		const struct segment *s = &r->segment[i];

		if (s->network.n)
			page_note(
				page, i ? "" : "level shifts",
				"%s to %s s: p50 %s µs, p99 %s µs, min %s µs",
				format_number((double)s->from_ns / 1e9, 2).s,
				format_number((double)s->to_ns / 1e9, 2).s,
				format_us(s->network.quantile[LEVEL_P50], 2).s,
				format_us(s->network.quantile[LEVEL_P99], 2).s,
				format_us((double)s->network.min, 2).s);
	}
	if (shown < r->segments)
		page_note(page, "", "and %s more: see --json",
			  format_count(r->segments - shown).s);
	if (shown)
		page_note(page, "", "the whole run's figures mix these levels");
}

/* What the one engine has and the other has not. */
static void note_host_stack(struct page *page, const struct result *r)
{
	if (r->engines && r->host_out.n && r->host_in.n)
		page_note(page, "host stack",
			  "%s µs out, %s µs in (medians), around the socket "
			  "engine's probes",
			  format_us(r->host_out.quantile[LEVEL_P50], 2).s,
			  format_us(r->host_in.quantile[LEVEL_P50], 2).s);
}

static void show_notes(struct page *page, const struct result *r)
{
	note_host_stack(page, r);
	note_pacing(page, &r->pacing);
	note_sampling(page, &r->network);
	note_clock(page, r);
	note_hooks(page, &r->hooks);
	note_segments(page, r);
	if (r->level.text)
		page_note(page, "level", "%s", r->level.text);
	if (r->tail.text)
		page_note(page, "tail", "%s", r->tail.text);
	if (r->run.interrupted)
		page_note(page, "interrupted", "after %s: all of it is above",
			  format_span(r->run.duration_ns).s);
}

int text_report(FILE *to, const struct result *r, bool colour)
{
	struct page page = { .to = to, .colour = colour };

	show_header(&page, r);
	if (r->network.n || r->rtt.n) {
		show_headline(&page, r);
		timeline_show(&page, r);
		show_stages(&page, r);
	}
	account_show(&page, r);
	show_notes(&page, r);
	return page_finish(&page);
}
