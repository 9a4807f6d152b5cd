// SPDX-License-Identifier: GPL-2.0-only
/* Probes that are under way: sent, answered, settled. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host/clock.h"
#include "model/stamptime.h"
#include "probe/path_run.h"

/* How often answers are looked for while there is nothing to send. */
#define LOOK_NS (5 * NSEC_PER_MSEC)

/* ---- sending --------------------------------------------------------------*/

static struct path_pending *pending_of(struct path_run *r, uint32_t seq)
{
	return &r->pending[seq & r->mask];
}

static struct slot *slot_of(const struct path_run *r, uint32_t seq)
{
	return &path_hooks_slots(r->hooks)[seq & r->mask];
}

static uint64_t duplicates(const struct slot *slot)
{
	return (uint64_t)slot->duplicate_forward + slot->duplicate_return;
}

/* What came after it was settled, before its slot is another's. */
static void leave(struct path_run *r, struct path_pending *p)
{
	if (p->seq)
		r->late_duplicates +=
			duplicates(slot_of(r, p->seq)) - p->duplicates;
	memset(p, 0, sizeof(*p));
}

void path_leave_all(struct path_run *r)
{
	for (unsigned int i = 0; i <= r->mask; i++)
		leave(r, &r->pending[i]);
}

static uint32_t next_seq(struct path_run *r)
{
	while (!PATH_TAG(r->next) || PATH_TAG(r->next) == 0xffff)
		r->next++;
	return r->next++;
}

static void arm(struct path_run *r, const struct path_pending *p,
		uint64_t nonce)
{
	struct slot *slot = slot_of(r, p->seq);

	memset(slot, 0, sizeof(*slot));
	path_hooks_quotes(r->hooks)[p->seq & r->mask].octets = 0;
	slot->seq = p->seq;
	slot->nonce = nonce;
	slot->session = p->flow;
	slot->engine = SLOT_SOCKET;
	__atomic_store_n(&slot->state, SLOT_ARMED, __ATOMIC_RELEASE);
}

static void take(struct path_run *r, const struct path_sample *sample)
{
	if (sample->hop == PATH_SIZED)
		path_take_sized(r, sample);
	else if (path_tally_add(r->tally, sample))
		r->base.trouble = "out of memory";
}

static int transmit(struct path_run *r, const uint8_t *packet, size_t size)
{
	struct sockaddr_storage to;
	socklen_t length = address_to_sockaddr(&r->plan->base.address, 0, &to);

	if (sendto(r->raw, packet, size, MSG_DONTWAIT, (void *)&to, length) < 0)
		return -errno;
	return 0;
}

void path_send(struct path_run *r, unsigned int flow, unsigned int hop,
	       unsigned int size, mono_t due)
{
	uint32_t seq = next_seq(r);
	struct path_pending *p = pending_of(r, seq);
	const struct path_probe probe = {
		.seq = seq,
		.ttl = hop == PATH_FULL || hop == PATH_SIZED ? 255 : hop,
		.tai_ns = tai_now_ns(),
		.size = size ? size : path_packet_least(&r->wire[flow]),
	};
	uint8_t packet[PATH_PACKET_MOST];
	uint64_t nonce;
	int err;

	if (p->is_open)
		path_settle(r, mono_now(), true);
	leave(r, p);
	*p = (struct path_pending){ .is_open = true,
				    .seq = seq,
				    .flow = flow,
				    .hop = hop,
				    .size = probe.size,
				    .due = due };
	nonce = path_packet_write(&r->wire[flow], &probe, packet);
	arm(r, p, nonce);
	r->sized.pending += hop == PATH_SIZED;
	r->mtu.probes += hop == PATH_SIZED;
	p->sent = mono_now();
	err = transmit(r, packet, probe.size);
	if (err)
		r->send_errors++;
}

/* ---- settling -------------------------------------------------------------*/

static enum path_answer answer_of(const struct path_run *r,
				  const struct quote *q, const uint8_t from[16])
{
	if (q->kind == QUOTE_EXCEEDED)
		return PATH_ROUTER;
	if (q->kind == QUOTE_PORT &&
	    !memcmp(from, r->plan->base.address.octets, 16))
		return PATH_CLOSED;
	return PATH_BARRED;
}

static bool is_rewritten(const struct path_run *r, const struct path_pending *p,
			 const struct quote *q)
{
	return !r->wire[p->flow].is_icmp && q->checksum >= 0 &&
	       (unsigned int)q->checksum != PATH_TAG(p->seq);
}

/* False if it says nothing that anybody understands. */
static bool read_quote(const struct path_run *r, const struct path_pending *p,
		       struct path_sample *s)
{
	const struct path_quote *kept =
		&path_hooks_quotes(r->hooks)[p->seq & r->mask];
	int family = r->plan->base.address.family;
	struct address from = { .family = family };

	if (quote_read(family == AF_INET ? 4 : 6, kept->data, kept->octets,
		       kept->whole, &s->quote))
		return false;
	memcpy(from.octets, kept->from, sizeof(from.octets));
	address_format(&from, s->address);
	s->has_quote = true;
	s->answer = answer_of(r, &s->quote, kept->from);
	s->rewritten = is_rewritten(r, p, &s->quote);
	return true;
}

static void read_reply(const struct path_run *r, const struct path_pending *p,
		       const struct slot *slot, struct path_sample *s)
{
	bool is_ptp = slot->remote_error & STAMP_ERROR_PTP;
	remote_t in, out;

	s->answer = PATH_TARGET;
	address_format(&r->plan->base.address, s->address);
	if (r->wire[p->flow].is_icmp)
		return;
	s->remote_ttl = slot->remote_ttl ? slot->remote_ttl : -1;
	s->has_remote = stamptime_read(slot->remote_rx, is_ptp, &in) &&
			stamptime_read(slot->remote_tx, is_ptp, &out);
	if (s->has_remote)
		s->remote_ns = remote_sub(out, in).ns;
}

static enum probe_status judge(struct path_run *r, const struct path_pending *p,
			       const struct slot *slot, struct path_sample *s)
{
	uint64_t rx = slot->tc_rx ? slot->tc_rx : slot->xdp_rx;

	if (slot->state != SLOT_DONE)
		return slot->tc_tx ? PROBE_LOST : PROBE_UNSENT;
	/* An answer to what was not seen to leave has no time. */
	if (!slot->tc_tx || rx < slot->tc_tx) {
		r->disorder++;
		return PROBE_UNRECORDED;
	}
	s->rtt_ns = rx - slot->tc_tx;
	s->ttl = slot->ttl;
	if (slot->reply == PATH_REPLY_QUOTE && !read_quote(r, p, s))
		return PROBE_UNRECORDED;
	if (slot->reply == PATH_REPLY_TARGET)
		read_reply(r, p, slot, s);
	return s->rtt_ns > r->plan->base.timeout.ns ? PROBE_LATE : PROBE_OK;
}

static void settle(struct path_run *r, struct path_pending *p)
{
	struct slot *slot = slot_of(r, p->seq);
	struct path_sample sample = {
		.flow = p->flow,
		.hop = p->hop,
		.duplicates = duplicates(slot),
		.remote_ttl = -1,
	};

	p->is_open = false;
	p->duplicates = sample.duplicates;
	sample.status = judge(r, p, slot, &sample);
	if (slot->tc_tx &&
	    path_values_add(&r->lateness, (int64_t)slot->tc_tx - p->due.ns))
		r->base.trouble = "out of memory";
	if (sample.status == PROBE_OK) {
		r->answered++;
		if (sample.rtt_ns > r->longest_rtt.ns)
			r->longest_rtt = span_ns(sample.rtt_ns);
	}
	take(r, &sample);
}

/* Whether it is: the hooks may be faster than its expiry. */
static bool is_over(const struct path_run *r, const struct path_pending *p,
		    mono_t now, bool all)
{
	span_t age = mono_sub(now, p->sent);
	struct slot *slot = slot_of(r, p->seq);
	uint64_t armed = SLOT_ARMED;

	if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == SLOT_DONE)
		return true;
	if (!all && age.ns <= 2 * r->plan->base.timeout.ns)
		return false;
	__atomic_compare_exchange_n(&slot->state, &armed, SLOT_EXPIRED, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	return true;
}

bool path_settle(struct path_run *r, mono_t now, bool all)
{
	bool idle = true;

	for (uint32_t seq = r->first; seq != r->next; seq++) {
		struct path_pending *p = pending_of(r, seq);

		if (!p->is_open || p->seq != seq)
			continue;
		if (is_over(r, p, now, all))
			settle(r, p);
		else
			idle = false;
	}
	while (r->first != r->next && !pending_of(r, r->first)->is_open)
		r->first++;
	return idle;
}

/* ---- waiting --------------------------------------------------------------*/

static void nap(struct path_run *r, span_t span)
{
	struct pollfd fd = { .fd = r->base.signals, .events = POLLIN };
	struct timespec time = { .tv_sec = span.ns / NSEC_PER_SEC,
				 .tv_nsec = span.ns % NSEC_PER_SEC };

	if (ppoll(&fd, 1, &time, NULL) > 0)
		run_signals(&r->base);
}

void path_wait(struct path_run *r, mono_t until, bool idle)
{
	mono_t now = mono_now();

	while (mono_before(now, until) && !r->base.abandoned) {
		span_t rest = mono_sub(until, now);

		if (r->base.interrupted && !idle)
			return;
		nap(r, rest.ns < LOOK_NS ? rest : span_ns(LOOK_NS));
		now = mono_now();
		steering_poll(&r->base.uncertainty.steering, now);
		if (path_settle(r, now, false) && idle)
			return;
	}
}
