// SPDX-License-Identifier: GPL-2.0-only
#include "probe/hop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/hook.h"
#include "host/link.h"
#include "host/netns.h"
#include "host/veth.h"
#include "model/budget.h"
#include "model/realmap.h"
#include "probe/bypass.h"
#include "probe/channel.h"
#include "probe/frame.h"
#include "slot.h"

#define NEAR_NAME "hop0"
#define FAR_NAME "hop1"
#define CARRIER_NS NSEC_PER_SEC
/* Longer ones leave too few in the time there is for p99's bound. */
#define HOP_INTERVAL_MAX_NS (2500 * NSEC_PER_USEC)
#define HOP_INTERVAL_MIN_NS (20 * NSEC_PER_USEC)
#define SETTLE_NS (20 * NSEC_PER_MSEC)
#define LATE_NS NSEC_PER_SEC
#define WAKE_NS (2 * NSEC_PER_MSEC)

/* RFC 3927's and RFC 8762's; they never leave the namespace. */
static const uint8_t near_address[4] = { 169, 254, 62, 1 };
static const uint8_t far_address[4] = { 169, 254, 62, 2 };
#define HOP_PORT 862
#define HOP_SOURCE_PORT 49152

struct hop {
	const struct hop_plan *plan;
	unsigned int probes;
	span_t interval;
	int netns;
	struct plan probe;
	struct prefix near;
	struct iface iface[2];
	struct bypass *bypass;
	struct hook *xdp;
	struct hook *tc;
	struct channel channel;
	struct packet_template packet;
	struct realmap_source realmap;
	uint64_t sent_ns[HOP_MAX]; /* socket: the transmit stamp, 0: none */
	bool stopped;
	struct hop_result *out;
	int err;
	unsigned int wakes;
	double wake_ns[HOP_MAX];
};

static int make_cable(struct hop *h)
{
	const span_t patience = span_ns(CARRIER_NS);
	int err;

	h->netns = netns_new();
	err = h->netns < 0 ? h->netns : netns_enter(h->netns);
	if (!err)
		err = veth_pair_create(NEAR_NAME, FAR_NAME, h->netns);
	if (!err)
		err = link_hush(NEAR_NAME);
	if (!err)
		err = link_hush(FAR_NAME);
	if (!err)
		err = link_set_up(NEAR_NAME, span_ns(0));
	if (!err || err == -ETIMEDOUT)
		err = link_set_up(FAR_NAME, patience);
	if (!err)
		err = link_add_address(NEAR_NAME, &h->near);
	if (!err)
		err = iface_read(NEAR_NAME, &h->iface[0]);
	if (!err)
		err = iface_read(FAR_NAME, &h->iface[1]);
	return err ? err
		   : link_add_neighbour(NEAR_NAME, &h->probe.address,
					h->iface[1].mac);
}

static void describe(struct hop *h, const struct hop_plan *plan)
{
	int64_t every = plan->interval.ns, n;

	if (every < HOP_INTERVAL_MIN_NS)
		every = HOP_INTERVAL_MIN_NS;
	if (every > HOP_INTERVAL_MAX_NS)
		every = HOP_INTERVAL_MAX_NS;
	n = plan->budget.ns / every;
	memset(h, 0, sizeof(*h));
	h->plan = plan;
	h->interval = span_ns(every);
	h->netns = h->channel.fd = -1;
	h->probes = n < HOP_MIN ? HOP_MIN : n > HOP_MAX ? HOP_MAX : n;
	h->probe = (struct plan){
		.protocol = PROTOCOL_STAMP,
		.port = HOP_PORT,
		.source_port = HOP_SOURCE_PORT,
		.size = PACKET_PAYLOAD_MIN,
	};
	address_set(&h->probe.address, AF_INET, far_address);
	address_set(&h->near.address, AF_INET, near_address);
	h->near.length = 96 + 24;
	realmap_init(&h->realmap, clock_read_coarse, NULL);
}

static void describe_path(const struct hop *h, struct frame_path *path)
{
	*path = (struct frame_path){
		.source = h->near.address,
		.target = h->probe.address,
		.source_port = HOP_SOURCE_PORT,
		.target_port = HOP_PORT,
		.hop_limit = 255,
	};
	memcpy(path->source_mac, h->iface[0].mac, 6);
	memcpy(path->next_hop_mac, h->iface[1].mac, 6);
}

static int open_engine(struct hop *h)
{
	struct bypass_shape shape = {
		.ifindex = h->iface[0].index,
		.slots_fd = -1,
		.flows = 1,
		.orders = HOP_MAX,
		.batch = h->plan->flood ? h->plan->batch : 1,
		.hop_at_tc = h->plan->rx_at_tc,
		.cpu = h->plan->cpu,
	};
	struct bypass_frame frame;
	struct frame_path path;
	char why[WHY_SIZE];
	int err;

	packet_prepare(&h->packet, &h->probe, HOP_SOURCE_PORT);
	describe_path(h, &path);
	shape.length = frame_length(&path, &h->packet);
	shape.udp_at = frame_udp_at(&path);
	h->bypass = bypass_open(&shape, why, &err);
	if (!h->bypass)
		return err;
	frame_build(&path, &h->packet, &frame);
	frame.slot_mask = HOP_MAX - 1;
	return bypass_set_frame(h->bypass, 0, &frame);
}

static int attach(struct hop *h)
{
	int err = 0;

	h->xdp = hook_attach_xdp(&h->iface[1], bypass_hop_fd(h->bypass, false),
				 &err);
	if (h->xdp && h->plan->rx_at_tc)
		h->tc = hook_attach_tc(&h->iface[1],
				       bypass_hop_fd(h->bypass, true), false,
				       TC_ATTACH_AUTO, &err);
	return err;
}

/* Asleep until then, or until the caller wants it to end. */
static void nap_until(struct hop *h, mono_t at)
{
	struct pollfd stop = { .fd = h->plan->stop_fd, .events = POLLIN };
	span_t left = mono_sub(at, mono_now());
	struct timespec ts = { .tv_sec = left.ns / NSEC_PER_SEC,
			       .tv_nsec = left.ns % NSEC_PER_SEC };
	span_t late;

	if (h->stopped || left.ns <= 0)
		return;
	h->stopped = ppoll(&stop, 1, &ts, NULL) > 0;
	late = mono_sub(mono_now(), at);
	if (!h->stopped && late.ns > 0 && h->wakes < HOP_MAX)
		h->wake_ns[h->wakes++] = late.ns;
}

static int send_bypass(struct hop *h, struct slot *slots)
{
	struct bypass_order order = {};
	char why[WHY_SIZE];
	mono_t due;
	int err;

	err = bypass_start(h->bypass, why);
	if (err)
		return err;
	due = mono_add(mono_now(), span_ns(SETTLE_NS));
	for (unsigned int i = 0; i < h->probes; i++) {
		order.due = h->plan->flood ? 0 : due.ns;
		order.seq = i;
		slots[i].seq = i;
		bypass_order(h->bypass, &order);
		due = mono_add(due, h->interval);
	}
	bypass_publish(h->bypass);
	/* On a busy host it comes late to all of them. */
	while (!h->stopped && bypass_waiting(h->bypass) &&
	       mono_sub(mono_now(), due).ns < LATE_NS)
		nap_until(h, mono_add(mono_now(), span_ns(WAKE_NS)));
	nap_until(h, mono_add(mono_now(), span_ns(SETTLE_NS)));
	bypass_stop(h->bypass);
	for (unsigned int i = 0; i < h->probes; i++)
		h->sent_ns[i] = slots[i].drv_tx;
	return 0;
}

static void take_stamps(struct hop *h, const struct realmap *before)
{
	struct channel_event event;
	struct realmap after;
	mono_t at;

	while (channel_next_event(&h->channel, &event)) {
		if (event.note == CHANNEL_TX_STAMP && event.seq < h->probes &&
		    !realmap_read(&h->realmap, &after) &&
		    realmap_convert(before, &after, event.stamp, &at))
			h->sent_ns[event.seq] = at.ns;
	}
}

/* As the engine does it: one thread, asleep in between. */
static int send_socket(struct hop *h)
{
	mono_t due = mono_add(mono_now(), h->interval);
	struct realmap map;
	char why[WHY_SIZE];
	int err;

	err = channel_open(&h->channel, &h->probe, &h->near.address, HOP_MAX,
			   why);
	for (unsigned int i = 0; !err && !h->stopped && i < h->probes; i++) {
		nap_until(h, due);
		err = realmap_read(&h->realmap, &map);
		packet_finish(&h->packet, i, tai_now_ns());
		if (!h->plan->tx_stamps)
			h->sent_ns[i] = mono_now().ns;
		if (!err)
			err = channel_send(&h->channel, &h->packet, i);
		take_stamps(h, &map);
		due = mono_add(due, h->interval);
	}
	nap_until(h, mono_add(due, span_ns(SETTLE_NS)));
	return err;
}

static int evaluate(const struct hop *h, const struct slot *slots,
		    struct hop_result *out)
{
	out->ns = calloc(h->probes, sizeof(*out->ns));
	out->wake_ns = calloc(HOP_MAX, sizeof(*out->wake_ns));
	if (!out->ns || !out->wake_ns)
		return -ENOMEM;
	for (unsigned int i = 0; i < h->probes; i++) {
		if (h->sent_ns[i] && slots[i].xdp_rx > h->sent_ns[i])
			out->ns[out->n++] = slots[i].xdp_rx - h->sent_ns[i];
	}
	budget_sort(out->ns, out->n);
	out->wakes = h->wakes;
	memcpy(out->wake_ns, h->wake_ns, h->wakes * sizeof(*h->wake_ns));
	return out->n < HOP_MIN / 2 ? -ENODATA : 0;
}

static void release(struct hop *h)
{
	channel_close(&h->channel);
	hook_detach(h->tc);
	hook_detach(h->xdp);
	bypass_close(h->bypass);
	if (h->netns >= 0)
		close(h->netns);
}

/* In a thread: what namespace it ends in is nobody's business. */
static void *run(void *arg)
{
	struct hop *h = arg;
	struct slot *slots = NULL;
	int err;

	prctl(PR_SET_TIMERSLACK, 1);
	err = make_cable(h);
	if (!err)
		err = open_engine(h);
	if (!err)
		err = attach(h);
	if (!err) {
		slots = bypass_slots(h->bypass);
		err = slots ? 0 : -ENOMEM;
	}
	if (!err)
		err = h->plan->engine == ENGINE_BYPASS ? send_bypass(h, slots)
						       : send_socket(h);
	if (!err)
		err = evaluate(h, slots, h->out);
	release(h);
	h->err = err;
	return NULL;
}

void hop_release(struct hop_result *r)
{
	free(r->ns);
	free(r->wake_ns);
	memset(r, 0, sizeof(*r));
}

int hop_measure(const struct hop_plan *plan, struct hop_result *out)
{
	struct hop *h = malloc(sizeof(*h));
	pthread_t thread;
	int err;

	memset(out, 0, sizeof(*out));
	if (!h)
		return -ENOMEM;
	describe(h, plan);
	h->out = out;
	err = -pthread_create(&thread, NULL, run, h);
	if (!err) {
		pthread_join(thread, NULL);
		err = h->err;
	}
	free(h);
	if (err)
		hop_release(out);
	return err;
}
