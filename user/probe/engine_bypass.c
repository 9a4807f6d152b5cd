// SPDX-License-Identifier: GPL-2.0-only
/* The bypass engine: frames that this host's stack never sees. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "host/cpu.h"
#include "host/txcount.h"
#include "probe/run.h"
#include "probe/tcp.h"

#define ORDERS_MIN 1024

static int hop_limit(const struct flow *f, int family)
{
	int fd = f->tcp ? tcp_socket(f) : f->channel.fd;
	int value = 64;
	socklen_t size = sizeof(value);

	if (family == AF_INET)
		getsockopt(fd, IPPROTO_IP, IP_TTL, &value, &size);
	else
		getsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value, &size);
	return value;
}

void bypass_describe_path(const struct run *r, const struct flow *f,
			  struct frame_path *path)
{
	const struct plan *plan = r->plan;

	*path = (struct frame_path){
		.source = r->route.source,
		.target = plan->address,
		.source_port = f->channel.local_port,
		.target_port = plan->port,
		.dscp = plan->dscp,
		.vlan = r->iface.vlan,
		.hop_limit = hop_limit(f, plan->address.family),
	};
	memcpy(path->source_mac, r->iface.mac, sizeof(path->source_mac));
	memcpy(path->next_hop_mac, r->next_hop_mac, sizeof(r->next_hop_mac));
}

/* What its frames cannot be. */
const char *bypass_obstacle(const struct run *r)
{
	if (r->plan->protocol == PROTOCOL_ICMP)
		return "speaks STAMP and TCP only";
	if (r->route.is_local)
		return "needs a neighbour on a link, not this host itself";
	if (r->iface.link_header != 14)
		return "needs an Ethernet link";
	return NULL;
}

static int set_frames(struct run *r, uint32_t slots)
{
	struct bypass_frame frame;
	struct frame_path path;
	int err = 0;

	for (unsigned int i = 0; !err && i < r->flows; i++) {
		if (r->flow[i].tcp) {
			err = tcp_set_frames(r, &r->flow[i]);
			continue;
		}
		bypass_describe_path(r, &r->flow[i], &path);
		frame_build(&path, &r->flow[i].packet, &frame);
		frame.first_slot = i * slots;
		frame.slot_mask = slots - 1;
		err = bypass_set_frame(r->bypass, i, &frame);
	}
	return err;
}

/* All else of ours leaves the program's CPU alone, if there is another. */
static void keep_off(struct run *r)
{
	cpu_set_t others;

	if (r->cpu < 0 || sched_getaffinity(0, sizeof(others), &others))
		return;
	r->allowed = others;
	CPU_CLR(r->cpu, &others);
	if (CPU_COUNT(&others))
		sched_setaffinity(0, sizeof(others), &others);
}

int bypass_load(struct run *r, uint32_t slots, char *why)
{
	struct frame_path path;
	struct bypass_shape shape = {
		.ifindex = r->wire.index,
		.slots_fd = prober_slots_fd(r->prober),
		.flows = r->flows,
		.orders = ORDERS_MIN,
		.batch = r->plan->batch ? r->plan->batch : 1,
		.flood = r->plan->flood,
		.cpu = r->cpu,
	};
	int err;

	bypass_describe_path(r, &r->flow[0], &path);
	shape.length = frame_length(&path, &r->flow[0].packet);
	shape.udp_at = frame_udp_at(&path);
	if (r->flow[0].tcp)
		tcp_shape(r, &shape);
	while (shape.orders < slots * r->flows)
		shape.orders *= 2;
	r->bypass = bypass_open(&shape, why, &err);
	if (!r->bypass)
		return err;
	err = set_frames(r, slots);
	if (!err)
		return 0;
	snprintf(why, WHY_SIZE, "cannot hand the bypass engine its frame: %s",
		 strerror(-err));
	bypass_close(r->bypass);
	r->bypass = NULL;
	return err;
}

enum session_end bypass_setup(struct run *r, uint32_t slots, char *why)
{
	const char *no = bypass_obstacle(r);
	char how[128];

	if (no) {
		snprintf(why, WHY_SIZE,
			 "the bypass engine %s; --engine socket does more", no);
		return SESSION_BAD_ARGUMENT;
	}
	r->cpu = cpu_choose(&r->wire, how, sizeof(how));
	keep_off(r);
	if (bypass_load(r, slots, why))
		return SESSION_CANNOT;
	r->txcount = txcount_open(&r->wire);
	departures_init(&r->departures, span_ns(2 * r->plan->timeout.ns));
	return SESSION_MEASURED;
}

void bypass_plan(struct run *r, struct flow *f, struct pending *p)
{
	struct bypass_order order = {
		.due = p->due.ns,
		.seq = p->seq,
		.flow = f->tcp ? tcp_frame_of(r, f, p) : f - r->flow,
	};

	window_prepare(&f->window, p);
	p->order = bypass_order(r->bypass, &order);
}

bool bypass_is_taken(const struct run *r, const struct pending *p)
{
	return p->order < bypass_taken(r->bypass) || r->bypass_ended;
}

static uint64_t bypass_sent(const struct run *r)
{
	struct bypass_state state;

	bypass_state(r->bypass, &state);
	return state.taken - state.missed - state.refused;
}

/* The RSTs that XDP sends over TCP; the stack's at TC are others' packets. */
static uint64_t resets_sent(const struct run *r)
{
	return r->plan->protocol == PROTOCOL_TCP
		       ? prober_count(r->prober, COUNT_RESETS)
		       : 0;
}

/* Each RST that the device counts would hide a frame that it did not send. */
void bypass_count(struct run *r, mono_t now)
{
	uint64_t handed, answered, counted, resets, resets_before = r->resets;

	if (r->txcount < 0 || !departures_want(&r->departures, now))
		return;
	resets = resets_sent(r);
	handed = bypass_sent(r) + r->socket_sent;
	answered = r->answered;
	if (txcount_read(r->txcount, &counted))
		return;
	if (!r->departures.readings) {
		r->counted_start = counted;
		r->resets_start = resets;
	}
	r->resets = resets - r->resets_start;
	/* Some drivers do not count what was redirected to them, or what XDP
	 * sent back: of that, only what was sent some time ago need be. */
	r->uncounted |= counted - r->counted_start < answered;
	r->resets_uncounted |=
		counted - r->counted_start < answered + resets_before;
	if (!r->resets_uncounted)
		handed += r->resets;
	departures_note(&r->departures, now, handed, counted);
}

bool bypass_missed(struct run *r, const struct flow *f, const struct pending *p)
{
	return r->txcount >= 0 && !r->uncounted &&
	       departures_missed(&r->departures, window_sent_at(&f->window, p),
				 bypass_sent(r) - r->answered_bypass);
}
