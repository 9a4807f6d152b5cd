// SPDX-License-Identifier: GPL-2.0-only
/* A run's 5-tuples: sockets, slots and what else each has of its own. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "probe/run.h"
#include "probe/tcp.h"

/* A probe is watched for two timeouts, then its slot rests. */
#define SLOTS_MIN 64
#define SLOTS_MAX (1 << 18) /* of all flows */

/* At 2 million probes a second, 65 ms of flight and rest. */
#define SLOTS_FLOOD (1 << 17)

uint32_t flows_slots(const struct plan *plan)
{
	/* And planned some time before. */
	int64_t watch = 2 * plan->timeout.ns + 10 * SLOT_QUIET_NS +
			(plan->hw_stamps ? HWRX_WAIT_NS : 0);
	int64_t flows = plan->flows ? plan->flows : 1;
	int64_t each = plan->interval.ns * flows;
	int64_t want = each > 0 ? watch / each : SLOTS_MAX;
	uint32_t slots = SLOTS_MIN;

	if (plan->flood)
		return SLOTS_FLOOD;
	/* Poisson bunches, and a busy host catches up in bursts. */
	want += want / 4 + SLOTS_MIN / 2;
	while (slots < want && 2 * slots * flows <= SLOTS_MAX)
		slots *= 2;
	return slots;
}

void run_describe(const struct run *r, const struct flow *f,
		  struct session *session)
{
	const struct plan *plan = r->plan;
	bool icmp = plan->protocol == PROTOCOL_ICMP;

	memset(session, 0, sizeof(*session));
	memcpy(session->remote, plan->address.octets, sizeof(session->remote));
	session->local_port = htons(f->channel.local_port);
	session->remote_port = icmp ? 0 : htons(plan->port);
	session->protocol =
		plan->protocol == PROTOCOL_TCP ? IPPROTO_TCP : IPPROTO_UDP;
	if (icmp)
		session->protocol = plan->address.family == AF_INET
					    ? IPPROTO_ICMP
					    : IPPROTO_ICMPV6;
}

static int open_channel(struct run *r, unsigned int number, uint32_t slots,
			char *why)
{
	struct plan own = *r->plan;

	if (own.source_port)
		own.source_port += number;
	return channel_open(&r->flow[number].channel, &own, &r->route.source,
			    slots, why);
}

static enum session_end open_flow(struct run *r, unsigned int number,
				  uint32_t slots, char *why)
{
	struct flow *f = &r->flow[number];
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };
	struct session session;
	int err, filter;

	if (r->plan->protocol == PROTOCOL_TCP)
		return tcp_open(r, f, slots, why);
	err = open_channel(r, number, slots, why);
	if (err)
		return SESSION_CANNOT;
	hwrx_open_flow(r, &f->channel);
	run_describe(r, f, &session);
	filter = prober_filter_fd(r->prober, r->plan->protocol,
				  r->plan->address.family);
	packet_prepare(&f->packet, r->plan, f->channel.local_port);
	err = window_create(&f->window, prober_slots(r->prober, number), slots,
			    number);
	if (!err)
		err = prober_set_flow(r->prober, number, f->channel.local_port,
				      &session);
	if (!err)
		err = channel_attach(&f->channel, filter);
	if (!err && epoll_ctl(r->epoll, EPOLL_CTL_ADD, f->channel.fd, &event))
		err = -errno;
	if (!err)
		return SESSION_MEASURED;
	snprintf(why, WHY_SIZE, "cannot set up the flow's socket: %s",
		 strerror(-err));
	return SESSION_CANNOT;
}

static bool open_queue(struct queue *q, uint32_t probes)
{
	uint32_t room = 1;

	while (room < probes)
		room *= 2;
	q->at = calloc(room, sizeof(*q->at));
	q->mask = room - 1;
	return q->at;
}

enum session_end flows_open(struct run *r, uint32_t slots, char *why)
{
	enum session_end end = SESSION_MEASURED;

	r->flow = calloc(r->flows, sizeof(*r->flow));
	if (!r->flow || !open_queue(&r->queue, slots * r->flows) ||
	    (r->flows > 1 && !open_queue(&r->order, slots * r->flows))) {
		snprintf(why, WHY_SIZE, "out of memory");
		return SESSION_CANNOT;
	}
	for (unsigned int i = 0; !end && i < r->flows; i++)
		end = open_flow(r, i, slots, why);
	return end;
}

void flows_close(struct run *r)
{
	for (unsigned int i = 0; r->flow && i < r->flows; i++) {
		tcp_close(&r->flow[i]);
		channel_close(&r->flow[i].channel);
		window_destroy(&r->flow[i].window);
	}
	free(r->flow);
	free(r->queue.at);
	free(r->order.at);
}
