// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of the measured 5-tuple that are not measured: they warm the path,
 * show whether TX stamps come, and fetch the far host's counters, so that what
 * its door refused is never booked as the network's loss.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "model/account.h"
#include "probe/run.h"

#define ATTEMPTS 4
#define PATIENCE_NS (300 * NSEC_PER_MSEC)
#define APART_NS (20 * NSEC_PER_USEC)

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

/* Of each flow its answer, once there is one. */
struct asked {
	bool is_over; /* answered, or the packet does not fit */
	bool is_answered;
	struct packet_answer answer;
};

static void poll_flows(struct run *r, span_t left)
{
	struct pollfd fds[FLOWS_MOST + 1] = {
		{ .fd = r->signals, .events = POLLIN },
	};
	struct timespec ts = { .tv_sec = left.ns / NSEC_PER_SEC,
			       .tv_nsec = left.ns % NSEC_PER_SEC };

	for (unsigned int i = 0; i < r->flows; i++)
		fds[1 + i] = (struct pollfd){ .fd = r->flow[i].channel.fd,
					      .events = POLLIN };
	ppoll(fds, 1 + r->flows, &ts, NULL);
	run_signals(r);
}

/* Takes what answers there are; false if none is still to come. */
static bool take_answers(struct run *r, struct asked *asked, uint32_t first)
{
	bool wanting = false;

	for (unsigned int i = 0; i < r->flows; i++) {
		struct flow *f = &r->flow[i];

		socket_drain_events(r, f);
		if (!asked[i].is_over &&
		    receive_control(r, f, first, &asked[i].answer))
			asked[i].is_over = asked[i].is_answered = true;
		wanting |= !asked[i].is_over;
	}
	return wanting;
}

/* Waits until `until` for answers; true if there are all. */
static bool await(struct run *r, struct asked *asked, mono_t until,
		  uint32_t first)
{
	for (;;) {
		span_t left = mono_sub(until, mono_now());

		if (!take_answers(r, asked, first))
			return true;
		if (left.ns <= 0 || r->interrupted)
			return false;
		poll_flows(r, left);
	}
}

/* A burst of many would find the far host's door shut, or a queue full. */
static void send_control(struct run *r, struct asked *asked, uint32_t seq,
			 bool plain)
{
	const struct timespec apart = { .tv_nsec = APART_NS };
	struct packet_template t;

	for (unsigned int i = 0; i < r->flows; i++) {
		struct flow *f = &r->flow[i];

		if (asked[i].is_over)
			continue;
		packet_prepare_control(&t, &f->packet, plain);
		packet_finish(&t, seq, tai_now_ns());
		if (channel_send(&f->channel, &t, seq) == -EMSGSIZE)
			asked[i].is_over = true;
		if (r->flows > 1)
			nanosleep(&apart, NULL);
	}
}

/* Asks until something answers. A far host that knows nothing of TLVs may drop
 * them, so the last attempt goes without. */
static void ask(struct run *r, struct asked *asked)
{
	span_t patience = span_ns(PATIENCE_NS);
	uint32_t first = r->control_seq;

	if (patience.ns < 2 * r->longest_rtt.ns)
		patience.ns = 2 * r->longest_rtt.ns;
	for (int i = 0; i < ATTEMPTS && !r->interrupted; i++) {
		uint32_t seq = SEQ_CONTROL + (r->control_seq++ & 0xff);

		send_control(r, asked, seq, i == ATTEMPTS - 1);
		if (await(r, asked, mono_add(mono_now(), patience), first))
			return;
	}
}

/* Of `both`, the counters are of the two engines together. */
static void counters(struct run *r, unsigned int flow,
		     const struct packet_answer *a, bool start)
{
	uint32_t rx = a->reflector_rx, tx = a->reflector_tx;

	if (r->tracks && start)
		tracks_counters_start(r->tracks, flow, rx, tx);
	else if (r->tracks)
		tracks_counters_end(r->tracks, flow, rx, tx);
	else if (r->total && start)
		account_counters_start(r->total, rx, tx);
	else if (r->total)
		account_counters_end(r->total, rx, tx);
	else if (start)
		collector_counters_start(r->collector[r->plan->engine], rx, tx);
	else
		collector_counters_end(r->collector[r->plan->engine], rx, tx);
}

/* What the NIC's stamps have not shown yet another round may show. */
static void ask_more(struct run *r, struct asked *asked)
{
	struct asked more[FLOWS_MOST] = {};

	ask(r, more);
	for (unsigned int i = 0; i < r->flows; i++) {
		if (more[i].is_answered && more[i].answer.has_counters)
			asked[i] = more[i];
	}
}

void control_start(struct run *r)
{
	struct asked asked[FLOWS_MOST] = {};

	if (r->plan->protocol == PROTOCOL_TCP)
		return;
	ask(r, asked);
	for (int i = 0;
	     i < ATTEMPTS && asked[0].is_answered && hwrx_wants_control(r); i++)
		ask_more(r, asked);
	for (unsigned int i = 0; i < r->flows; i++) {
		if (!asked[i].is_answered || !asked[i].answer.has_counters)
			continue;
		r->has_counters = true;
		counters(r, i, &asked[i].answer, true);
	}
}

void control_end(struct run *r)
{
	bool was_interrupted = r->interrupted;
	struct asked asked[FLOWS_MOST] = {};

	if (!r->has_counters || r->abandoned)
		return;
	r->interrupted = false; /* the end still wants its answer */
	ask(r, asked);
	for (unsigned int i = 0; i < r->flows; i++) {
		if (asked[i].is_answered && asked[i].answer.has_counters)
			counters(r, i, &asked[i].answer, false);
	}
	r->interrupted |= was_interrupted;
}
