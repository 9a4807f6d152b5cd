// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of the measured 5-tuple that are not measured: they warm the path,
 * show whether TX stamps come, and fetch the far host's counters, so that what
 * its door refused is never booked as the network's loss.
 */
#include <errno.h>
#include <poll.h>

#include "model/account.h"
#include "probe/run.h"

#define ATTEMPTS 4
#define PATIENCE_NS (300 * NSEC_PER_MSEC)

/* One answer to the control packets from number `first` on, if one waits. */
static bool receive_control(struct run *r, struct flow *f, uint32_t first,
			    struct packet_answer *a)
{
	uint8_t octets[PACKET_MAX];
	int len;

	for (;;) {
		len = channel_receive(&f->channel, octets, sizeof(octets));
		if (len == -EAGAIN)
			return false;
		if (len >= 0 && packet_read(&f->packet, octets, len, a) &&
		    a->seq >= SEQ_CONTROL &&
		    (uint8_t)(a->seq - first) < ATTEMPTS) {
			r->remote_error = a->remote_error;
			hwrx_note_control(r, &f->channel);
			return true;
		}
	}
}

/* Waits until `until` for an answer; true if there is one. */
static bool await(struct run *r, struct flow *f, mono_t until, uint32_t first,
		  struct packet_answer *a)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = f->channel.fd, .events = POLLIN },
			{ .fd = r->signals, .events = POLLIN },
		};
		span_t left = mono_sub(until, mono_now());
		struct timespec ts = { .tv_sec = left.ns / NSEC_PER_SEC,
				       .tv_nsec = left.ns % NSEC_PER_SEC };

		socket_drain_events(r, f);
		if (receive_control(r, f, first, a))
			return true;
		if (left.ns <= 0 || r->interrupted)
			return false;
		ppoll(fds, 2, &ts, NULL);
		run_signals(r);
	}
}

/* Asks until something answers. A far host that knows nothing of TLVs may drop
 * them, so the last attempt goes without. */
static bool ask(struct run *r, struct flow *f, struct packet_answer *a)
{
	span_t patience = span_ns(PATIENCE_NS);
	uint32_t first = r->control_seq;
	struct packet_template t;

	if (patience.ns < 2 * r->longest_rtt.ns)
		patience.ns = 2 * r->longest_rtt.ns;
	for (int i = 0; i < ATTEMPTS && !r->interrupted; i++) {
		uint32_t seq = SEQ_CONTROL + (r->control_seq++ & 0xff);

		packet_prepare_control(&t, &f->packet, i == ATTEMPTS - 1);
		packet_finish(&t, seq, tai_now_ns());
		if (channel_send(&f->channel, &t, seq) == -EMSGSIZE)
			return false;
		if (await(r, f, mono_add(mono_now(), patience), first, a))
			return true;
	}
	return false;
}

/* Of `both`, the counters are of the two engines together. */
static void counters(struct run *r, const struct packet_answer *a, bool start)
{
	uint32_t rx = a->reflector_rx, tx = a->reflector_tx;

	if (r->total && start)
		account_counters_start(r->total, rx, tx);
	else if (r->total)
		account_counters_end(r->total, rx, tx);
	else if (start)
		collector_counters_start(r->collector[r->plan->engine], rx, tx);
	else
		collector_counters_end(r->collector[r->plan->engine], rx, tx);
}

void control_start(struct run *r)
{
	struct packet_answer a;

	if (r->plan->protocol == PROTOCOL_TCP)
		return;
	for (unsigned int i = 0; i < r->flows; i++) {
		if (!ask(r, &r->flow[i], &a))
			continue;
		for (int j = 0; j < ATTEMPTS && hwrx_wants_control(r); j++) {
			struct packet_answer more;

			if (ask(r, &r->flow[i], &more) && more.has_counters)
				a = more;
		}
		if (!a.has_counters)
			continue;
		r->has_counters = true;
		counters(r, &a, true);
	}
}

void control_end(struct run *r)
{
	bool was_interrupted = r->interrupted;
	struct packet_answer a;

	if (!r->has_counters || r->abandoned)
		return;
	r->interrupted = false; /* the end still wants its answer */
	for (unsigned int i = 0; i < r->flows; i++) {
		if (ask(r, &r->flow[i], &a) && a.has_counters)
			counters(r, &a, false);
	}
	r->interrupted |= was_interrupted;
}
