// SPDX-License-Identifier: GPL-2.0-only
#include "out/text.h"

#include <math.h>

#include "out/distance_text.h"
#include "out/format.h"
#include "out/preflight.h"

#define P99_NEEDS 368 /* samples for a finite upper end, 95 % */
#define SEGMENTS_SHOWN 6
#define EVENTS_SHOWN 4

static const char *or_dash(const char *text)
{
	return text && *text ? text : "–";
}

static void note_lateness(struct page *page, const char *label,
			  const char *prefix, const struct pacing *p)
{
	char rate[48] = "";
	char seed[48] = "";

	if (isfinite(p->achieved_pps))
		snprintf(rate, sizeof(rate), "; %.24s probes/s reached",
			 format_number(p->achieved_pps, 1).s);
	if (p->poisson)
		snprintf(seed, sizeof(seed), "; Poisson, seed %llu",
			 (unsigned long long)p->seed);
	page_note(page, label, "%ssent late by %s µs (median), %s µs (p99)%s%s",
		  prefix, format_us(p->lateness.quantile[LEVEL_P50], 2).s,
		  format_us(p->lateness.quantile[LEVEL_P99], 2).s, rate, seed);
}

static void note_pacing(struct page *page, const char *label,
			const char *prefix, const struct pacing *p)
{
	if (p->lateness.n)
		note_lateness(page, label, prefix, p);
	else if (p->flood && isfinite(p->achieved_pps))
		page_note(page, label,
			  "%s probes/s: as fast as the last ones' answers let "
			  "it",
			  format_number(p->achieved_pps, 0).s);
}

static void note_sampling(struct page *page, const char *label,
			  const char *prefix, const struct duration *d)
{
	const char *memory = "";
	char tail[80] = "";

	if (d->n < 2 || !isfinite(d->n_eff))
		return;
	if (d->short_memory)
		memory = "; run too short for its memory, the interval says "
			 "little";
	if (!d->ci95[LEVEL_P99].hi.finite && d->n < P99_NEEDS)
		snprintf(tail, sizeof(tail),
			 "; too few to bound p99 from above (%d would do)",
			 P99_NEEDS);
	page_note(page, label,
		  "%s%s replies weigh as much as %s independent ones%s%s",
		  prefix, format_count(d->n).s, format_number(d->n_eff, 0).s,
		  memory, tail);
}

/* A line for each engine that ran. */
void pacing_notes_show(struct page *page, const struct result *r)
{
	if (!r->engines) {
		note_pacing(page, "pacing", "", &r->pacing);
		return;
	}
	note_pacing(page, "pacing",
		    "bypass: ", &r->engines[ENGINE_BYPASS].pacing);
	note_pacing(page, "", "socket: ", &r->engines[ENGINE_SOCKET].pacing);
}

static void note_samplings(struct page *page, const struct result *r)
{
	if (!r->engines) {
		note_sampling(page, "sampling", "", &r->network);
		return;
	}
	note_sampling(page, "sampling",
		      "bypass: ", &r->engines[ENGINE_BYPASS].network);
	note_sampling(page, "", "socket: ", &r->engines[ENGINE_SOCKET].network);
}

/* Why a bar has an end without a bound: the first of its terms to blame. */
static void note_bar(struct page *page, const char *prefix,
		     const struct instrument *in)
{
	if (!in->known || in->bounded)
		return;
	for (size_t i = 0; i < in->terms; i++) {
		if (isfinite(in->term[i].ns))
			continue;
		page_note(page, "instrument", "%sno bound for %s: %s", prefix,
			  in->term[i].name, in->term[i].how);
		return;
	}
}

static void note_bars(struct page *page, const struct result *r)
{
	if (!r->engines) {
		note_bar(page, "", &r->network.at_p50);
		return;
	}
	note_bar(page, "bypass: ", &r->engines[ENGINE_BYPASS].network.at_p50);
	note_bar(page, "socket: ", &r->engines[ENGINE_SOCKET].network.at_p50);
}

/* Who answers a SYN need not be who is asked. */
static void note_tcp(struct page *page, const struct result *r)
{
	const struct target_host *t = &r->target;
	const char *host = t->address ? t->address : "the target";

	if (t->syn_acks && t->resets)
		page_note(page, "port",
			  "%d answered %s SYNs by SYN-ACK and %s by RST: it is "
			  "open to some of them",
			  t->port, format_count(t->syn_acks).s,
			  format_count(t->resets).s);
	else if (t->syn_acks)
		page_note(page, "port",
			  "%d is open: SYN-ACK, by %s or by what answers for "
			  "it (load balancer, SYN proxy)",
			  t->port, host);
	else if (t->resets)
		page_note(page, "port",
			  "%d is closed: RST, by %s or by a firewall before it",
			  t->port, host);
	if (t->protocol == PROTOCOL_TCP && r->probes.late)
		page_note(page, "",
			  "what was late may be a reply sent again after the "
			  "first was lost");
	if (t->source_ports > 1)
		page_note(page, "paths",
			  "one port of ours carries one SYN at a time: %u were "
			  "used, each may have its own path",
			  t->source_ports);
}

void engine_note(struct page *page, const struct fallback *step)
{
	if (step->used)
		page_note(page, "engine", "%s, not %s: %s", step->used,
			  step->wanted, step->why);
}

static void note_hooks(struct page *page, const struct hooks *h)
{
	static const char *const at[STAMPS] = {
		[STAMP_TC_TX] = "tc egress",  [STAMP_DRV_TX] = "the driver",
		[STAMP_HW_RX] = "the NIC",    [STAMP_XDP_RX] = "XDP",
		[STAMP_TC_RX] = "tc ingress",
	};
	const struct fallback *tx = &h->fallbacks.at[FALLBACK_TX];
	const struct fallback *hw = &h->fallbacks.at[FALLBACK_HW_RX];

	if (tx->used)
		page_note(page, "hooks", "%s, not %s: %s", tx->used, tx->wanted,
			  tx->why);
	if (h->tx_why)
		page_note(page, "hooks", "network begins at %s: %s",
			  or_dash(at[h->tx]), h->tx_why);
	if (h->rx_why)
		page_note(page, "hooks", "network ends at %s: %s",
			  or_dash(at[h->rx]), h->rx_why);
	if (hw->used)
		page_note(page, "hooks", "%s, not %s: %s", hw->used, hw->wanted,
			  hw->why);
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

static void note_nic(struct page *page, const struct clock_nic *n)
{
	if (n->stamps)
		page_note(page, "NIC's clock",
			  "/dev/ptp%d, read %s times: its stamps are good to "
			  "±%s µs",
			  n->phc, format_count(n->readings).s,
			  format_us(n->bar_ns, 2).s);
	if (n->steps)
		page_note(page, "NIC's clock",
			  "it or ours was stepped or pushed %s times: probes "
			  "it hit have no NIC stamp",
			  format_count(n->steps).s);
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

/* What the one engine has and the other has not, and whether they agree on what
 * both have. */
static void note_both(struct page *page, const struct result *r)
{
	const struct verdict *v = &r->closure_verdict;

	if (r->engines && r->host_out.n && r->host_in.n)
		page_note(page, "host stack",
			  "%s µs out, %s µs in (medians), around the socket "
			  "engine's probes",
			  format_us(r->host_out.quantile[LEVEL_P50], 2).s,
			  format_us(r->host_in.quantile[LEVEL_P50], 2).s);
	if (r->closure.known && v->text)
		page_note(page, "closure",
			  "network of bypass less socket's is %s: %s",
			  format_difference(&r->closure).s, v->text);
}

void verdict_notes_show(struct page *page, const struct result *r)
{
	if (r->has_distance)
		distance_note(page, &r->distance);
	if (r->level.text)
		page_note(page, "level", "%s", r->level.text);
	if (r->tail.text)
		page_note(page, "tail", "%s", r->tail.text);
}

/* Somebody who says which places these are wants to know what they cost. */
static void show_application(struct page *page, const struct result *r)
{
	const struct application_column columns[] = {
		{ "each at p50", &r->application.p50 },
		{ "each at p99", &r->application.p99 },
		{ NULL, NULL },
	};

	if (r->has_distance && r->application.basis)
		application_show(page, columns);
}

void instrument_notes_show(struct page *page, const struct result *r)
{
	note_bars(page, r);
	note_clock(page, r);
	note_nic(page, &r->clock.nic);
	note_hooks(page, &r->hooks);
	note_tcp(page, r);
	preflight_notes(page, r->local.preflight, r->hooks.rx_why);
}

void ending_notes_show(struct page *page, const struct result *r)
{
	if (r->run.trouble)
		page_note(page, "ended early", "%s", r->run.trouble);
	if (r->run.interrupted)
		page_note(page, "interrupted", "after %s: all of it is above",
			  format_span(r->run.duration_ns).s);
}

void notes_show(struct page *page, const struct result *r)
{
	note_both(page, r);
	pacing_notes_show(page, r);
	note_samplings(page, r);
	instrument_notes_show(page, r);
	note_segments(page, r);
	verdict_notes_show(page, r);
	ending_notes_show(page, r);
	show_application(page, r);
}
