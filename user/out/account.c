// SPDX-License-Identifier: GPL-2.0-only
#include "out/text.h"

#include <math.h>
#include <stddef.h>

#include "out/format.h"

#define ITEM_GAP 3

static void show_loss(struct page *page, const struct result *r)
{
	const struct loss *l = &r->loss;
	/* The network's alone: what the door refused has its own line. */
	uint64_t lost = r->probes.lost - (l->has_refused ? l->refused : 0);
	enum style style = lost ? STYLE_ALARM : STYLE_PLAIN;
	struct shown hi = format_bound(l->ci95.hi.value);
	struct shown lo = format_bound(l->ci95.lo.value);
	struct shown count = format_count(lost);

	if (!r->probes.sent || !isfinite(l->ratio))
		page_item(page, style, "lost %s", count.s);
	else if (!lost && l->ci95.hi.finite)
		page_item(page, style, "lost %s (< %s)", count.s, hi.s);
	else if (lost == r->probes.sent && l->ci95.lo.finite)
		page_item(page, style, "lost %s (> %s)", count.s, lo.s);
	else if (l->ci95.lo.finite && l->ci95.hi.finite)
		page_item(page, style, "lost %s (%s, between %s and %s)",
			  count.s, format_percent(l->ratio).s, lo.s, hi.s);
	else
		page_item(page, style, "lost %s (%s)", count.s,
			  format_percent(l->ratio).s);
	if (lost && l->has_direction)
		page_item(page, STYLE_ALARM, "of these %s there, %s back",
			  format_count(l->forward).s, format_count(l->back).s);
	if (lost > 1 && lost == r->probes.lost)
		page_item(page, STYLE_PLAIN, "longest run %s",
			  format_count(l->longest_run).s);
}

static void show_ways(struct page *page, const char *name, uint64_t count,
		      const uint64_t way[2])
{
	if (count && way)
		page_item(page, STYLE_ALARM, "%s %s (%s there, %s back)", name,
			  format_count(count).s, format_count(way[0]).s,
			  format_count(way[1]).s);
	else
		page_item(page, count ? STYLE_ALARM : STYLE_PLAIN, "%s %s",
			  name, format_count(count).s);
}

static struct shown show_range(int min, int max)
{
	struct shown shown;

	if (min == max)
		snprintf(shown.s, sizeof(shown.s), "%d", min);
	else
		snprintf(shown.s, sizeof(shown.s), "%d to %d", min, max);
	return shown;
}

static void show_ttl(struct page *page, const struct ttl_range *t)
{
	struct shown there = show_range(t->remote_min, t->remote_max);
	struct shown back = show_range(t->min, t->max);

	if (t->min >= 0 && t->remote_min >= 0)
		page_item(page, STYLE_PLAIN, "TTL %s there, %s back", there.s,
			  back.s);
	else if (t->min >= 0)
		page_item(page, STYLE_PLAIN, "TTL %s back", back.s);
	else if (t->remote_min >= 0)
		page_item(page, STYLE_PLAIN, "TTL %s there", there.s);
}

static void show_counts(struct page *page, const struct result *r)
{
	const struct probes *p = &r->probes;
	uint64_t duplicate[2] = { p->duplicate_forward, p->duplicate_return };
	uint64_t reordered[2] = { p->reordered_forward, p->reordered_return };

	page_flow(page, PAGE_INDENT, ITEM_GAP);
	page_item(page, STYLE_PLAIN, "sent %s", format_count(p->sent).s);
	page_item(page, STYLE_PLAIN, "received %s",
		  format_count(p->received).s);
	show_loss(page, r);
	page_item(page, p->late ? STYLE_ALARM : STYLE_PLAIN, "late %s",
		  format_count(p->late).s);
	show_ways(page, "duplicate", p->duplicate,
		  p->has_duplicate_direction ? duplicate : NULL);
	show_ways(page, "reordered", p->reordered,
		  p->has_direction ? reordered : NULL);
	show_ttl(page, &r->ttl);
	page_end(page);
}

/* Shown where the count is not 0. */
static const struct {
	const char *label;
	size_t at;
	const char *says;
} remark[] = {
	{ "late", offsetof(struct result, probes.late),
	  "came after the timeout (-W)" },
	{ "lost in host", offsetof(struct result, probes.lost_in_host),
	  "replies reached this host and not the socket: dropped here, not by "
	  "the network" },
	{ "unsent", offsetof(struct result, probes.unsent),
	  "planned, and never left this host" },
	{ "unrecorded", offsetof(struct result, probes.unrecorded),
	  "sent, and what came of it was not recorded here: our ring was "
	  "full, we stopped looking, or the reply came in by another "
	  "interface" },
	{ "ring full", offsetof(struct result, counts.ring_full),
	  "records for which our own ring buffer had no room" },
	{ "stale", offsetof(struct result, counts.stale),
	  "replies that match no probe in flight: an earlier run's, or very "
	  "late" },
	{ "disorder", offsetof(struct result, counts.disorder),
	  "replies with stamps out of order: in no stage above" },
	{ "slot busy", offsetof(struct result, counts.slot_refused),
	  "not sent because the slot's last probe was still in flight: a "
	  "longer -i or a shorter -W mends it" },
	{ "no drv stamp", offsetof(struct result, counts.tx_stamp_missing),
	  "answered, but the driver's stamp never came: not in \"network\"" },
	{ "no NIC stamp", offsetof(struct result, counts.hw_stamp_missing),
	  "answered, but the NIC's stamp never came, or its clock was stepped "
	  "there: not in \"network\"" },
	{ "NIC disorder", offsetof(struct result, counts.hw_stamp_disorder),
	  "of those out of order have a NIC's stamp that the others deny" },
	{ "send errors", offsetof(struct result, counts.send_errors),
	  "times the kernel refused to send" },
	{ "closed port", offsetof(struct result, counts.port_unreachable),
	  "times ICMP said port unreachable: nothing listens there" },
	{ "unreachable", offsetof(struct result, counts.unreachable),
	  "times ICMP said that the target cannot be reached" },
};

static void show_remarks(struct page *page, const struct result *r)
{
	for (size_t i = 0; i < sizeof(remark) / sizeof(remark[0]); i++) {
		uint64_t count =
			*(const uint64_t *)((const char *)r + remark[i].at);

		if (count)
			page_note(page, remark[i].label, "%s %s",
				  format_count(count).s, remark[i].says);
	}
	if (r->loss.has_refused && r->loss.refused)
		page_note(page, "refused",
			  "%s by the reflector, not by the network: not on its "
			  "--allow list, or over its --rate",
			  format_count(r->loss.refused).s);
}

static void ask_about_icmp(struct page *page, const struct target_host *t)
{
	page_note(page, "check",
		  "is the security group of %s open for ICMP echo from %s?",
		  t->address ? t->address : "the target",
		  t->source ? t->source : "here");
	page_note(page, "", "is the host up, and does it answer ping?");
}

static void ask_about_udp(struct page *page, const struct target_host *t)
{
	const char *source = t->source ? t->source : "this host";

	page_note(page, "check",
		  "is the security group of %s open for UDP port %d from %s?",
		  t->address ? t->address : "the target", t->port, source);
	page_note(page, "",
		  "is xrtt reflect running there, and does its --allow list "
		  "hold %s?",
		  source);
}

static void ask_about_tcp(struct page *page, const struct target_host *t)
{
	page_note(page, "check",
		  "is the security group of %s open for TCP port %d from %s?",
		  t->address ? t->address : "the target", t->port,
		  t->source ? t->source : "this host");
	page_note(page, "",
		  "is the host up? Even a closed port would answer: -p names "
		  "another");
}

static void explain_silence(struct page *page, const struct result *r)
{
	const struct probes *p = &r->probes;
	const struct target_host *t = &r->target;
	bool whole = p->late || p->lost_in_host || p->unrecorded;

	page_flow(page, PAGE_INDENT, ITEM_GAP);
	if (!p->sent)
		page_item(page, STYLE_ALARM, "nothing was sent");
	else
		page_item(page, STYLE_ALARM, "sent %s, none came back%s",
			  format_count(p->sent).s,
			  whole ? " in time and in full" : "");
	page_end(page);
	if (!p->lost)
		return;
	if (t->protocol == PROTOCOL_TCP)
		ask_about_tcp(page, t);
	else if (r->counts.port_unreachable)
		page_note(page, "cure",
			  "nothing listens on UDP port %d of %s: start xrtt "
			  "reflect there, or name its port with -p",
			  t->port, t->address ? t->address : "the target");
	else if (t->protocol == PROTOCOL_ICMP)
		ask_about_icmp(page, t);
	else
		ask_about_udp(page, t);
}

void account_show(struct page *page, const struct result *r)
{
	fputc('\n', page->to);
	if (!r->probes.received) {
		explain_silence(page, r);
		fputc('\n', page->to);
	}
	show_counts(page, r);
	show_remarks(page, r);
}
