// SPDX-License-Identifier: GPL-2.0-only
#include "observer_lane.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "host/clock.h"
#include "observer_helper.h"

/* After the last probe of a block; the round trip is some microseconds. */
#define GRACE_NS (5 * NSEC_PER_MSEC)

static int take_record(void *ctx, void *data, size_t size)
{
	const struct slot *record = data;
	struct lane *lane = ctx;
	struct pending *p = window_find(&lane->window, record->seq);

	(void)size;
	if (p && p->nonce == record->nonce)
		p->flags |= PENDING_RECORD;
	return 0;
}

/* What the variant's socket is to be like: plain, stamped, slept on. */
static int shape_channel(struct lane *lane)
{
	const struct variant *v = lane->variant;
	struct channel *c = &lane->channel;
	struct epoll_event event = { .events = EPOLLIN, .data.fd = c->fd };
	const struct bpf_program *filter =
		lane->place->rig->prober->progs.xrtt_sock_udp;
	int err, none = 0;

	if (!v->tx_stamps) {
		if (setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPING, &none,
			       sizeof(none)))
			return -errno;
		c->tx_stamps = false;
	} else if (!c->tx_stamps) {
		return -EOPNOTSUPP;
	}
	if (v->all_hooks) {
		err = channel_attach(c, bpf_program__fd(filter));
		if (err)
			return err;
	}
	if (v->wakes_socket)
		return fcntl(c->fd, F_SETFL, 0) ? -errno : 0;
	return epoll_ctl(lane->epoll, EPOLL_CTL_ADD, c->fd, &event) ? -errno
								    : 0;
}

static int open_events(struct lane *lane)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = -1 };
	const struct rig *rig = lane->place->rig;

	lane->epoll = epoll_create1(EPOLL_CLOEXEC);
	lane->timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (lane->epoll < 0 || lane->timer < 0 ||
	    epoll_ctl(lane->epoll, EPOLL_CTL_ADD, lane->timer, &event))
		return -errno;
	lane->records = ring_buffer__new(bpf_map__fd(rig->prober->maps.records),
					 take_record, lane, NULL);
	return lane->records ? 0 : -errno;
}

int lane_open(struct lane *lane, const struct lane_place *place,
	      const struct variant *variant, unsigned int number, char *why)
{
	const struct plan *plan = place->plan;
	struct session session = {
		.remote_port = htons(plan->port),
		.protocol = IPPROTO_UDP,
	};
	int err;

	memset(lane, 0, sizeof(*lane));
	lane->place = place;
	lane->variant = variant;
	lane->epoll = lane->timer = -1;
	realmap_init(&lane->realmap, clock_read_coarse, NULL);
	err = channel_open(&lane->channel, plan, &place->route->source,
			   RIG_SLOTS, why);
	if (err)
		return err;
	packet_prepare(&lane->packet, plan, 0);
	memcpy(session.remote, plan->address.octets, sizeof(session.remote));
	session.local_port = htons(lane->channel.local_port);
	err = window_create(&lane->window, rig_slots(place->rig, number),
			    RIG_SLOTS, number);
	if (!err)
		err = rig_set_flow(place->rig, number, lane->channel.local_port,
				   &session);
	if (!err)
		err = open_events(lane);
	if (!err)
		err = shape_channel(lane);
	if (err)
		snprintf(why, WHY_SIZE,
			 "cannot set up the socket of \"%s\": %s",
			 variant->name, strerror(-err));
	return err;
}

void lane_close(struct lane *lane)
{
	ring_buffer__free(lane->records);
	if (lane->timer >= 0)
		close(lane->timer);
	if (lane->epoll >= 0)
		close(lane->epoll);
	window_destroy(&lane->window);
	channel_close(&lane->channel);
}

static void drain_events(struct lane *lane)
{
	struct channel_event event;
	struct realmap now;
	struct pending *p;
	int known = -1;

	while (channel_next_event(&lane->channel, &event)) {
		if (event.note != CHANNEL_TX_STAMP)
			continue;
		if (known < 0)
			known = !realmap_read(&lane->realmap, &now);
		p = window_find(&lane->window, event.seq);
		if (p && known &&
		    realmap_convert(&p->map, &now, event.stamp, &p->drv_tx))
			p->flags |= PENDING_DRV_SEEN | PENDING_DRV_TX;
	}
}

static void receive(struct lane *lane)
{
	uint8_t octets[PACKET_MAX];
	struct packet_answer a;
	struct pending *p;
	mono_t now;
	int len;

	for (;;) {
		len = channel_receive(&lane->channel, octets, sizeof(octets));
		now = mono_now();
		if (len < 0)
			return;
		if (!packet_read(&lane->packet, octets, len, &a))
			continue;
		p = window_find(&lane->window, a.seq);
		if (p && p->nonce == a.nonce && !(p->flags & PENDING_APP_RX)) {
			p->app_rx = now;
			p->flags |= PENDING_APP_RX;
		}
	}
}

static int wait_until(struct lane *lane, mono_t due)
{
	const struct itimerspec spec = {
		.it_value = { .tv_sec = due.ns / NSEC_PER_SEC,
			      .tv_nsec = due.ns % NSEC_PER_SEC },
	};
	struct epoll_event events[2];
	uint64_t expirations;
	int n;

	while (mono_before(mono_now(), due)) {
		if (timerfd_settime(lane->timer, TFD_TIMER_ABSTIME, &spec,
				    NULL))
			return -errno;
		n = epoll_wait(lane->epoll, events, 2, -1);
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd < 0)
				continue;
			receive(lane);
			drain_events(lane);
			ring_buffer__consume(lane->records);
		}
		if (read(lane->timer, &expirations, sizeof(expirations)) < 0 &&
		    errno != EAGAIN)
			return -errno;
	}
	return 0;
}

static int send_probe(struct lane *lane, mono_t due)
{
	struct pending *p = window_next(&lane->window, mono_now());
	uint64_t nonce;
	int err;

	if (!p)
		return -ENOSPC;
	p->due = due;
	if (realmap_read(&lane->realmap, &p->map))
		p->map.offset = span_ns(0);
	nonce = packet_finish(&lane->packet, p->seq, tai_now_ns());
	window_arm(&lane->window, p, nonce);
	p->app_tx = mono_now();
	err = channel_send(&lane->channel, &lane->packet, p->seq);
	if (err)
		return err;
	p->flags |= PENDING_SENT;
	drain_events(lane);
	return 0;
}

static void settle(struct lane *lane, const struct block *block)
{
	const struct outcome_rules rules = {
		.ends = { .tx = STAMP_TC_TX, .rx = STAMP_XDP_RX },
		.timeout = span_ns(NSEC_PER_SEC),
	};
	unsigned int warm_up = block->warm_up;
	struct pending *p;
	struct sample s;

	ring_buffer__consume(lane->records);
	while ((p = window_oldest(&lane->window))) {
		mono_t read_at = lane->read_at[p->seq & lane->window.mask];

		if (read_at.ns && !(p->flags & PENDING_APP_RX)) {
			p->app_rx = read_at;
			p->flags |= PENDING_APP_RX;
		}
		window_settle(&lane->window, &rules, mono_now(), &s);
		if (warm_up)
			warm_up--;
		else
			block->each(block->data, lane, &s);
	}
}

int lane_run(struct lane *lane, const struct block *block)
{
	unsigned int count = block->warm_up + block->probes;
	mono_t due;
	int err, end;

	memset(lane->read_at, 0, sizeof(lane->read_at));
	err = helper_start(lane);
	if (err)
		return err;
	due = mono_add(mono_now(), block->interval);
	for (unsigned int i = 0; !err && i < count; i++) {
		err = wait_until(lane, due);
		if (!err)
			err = send_probe(lane, due);
		due = mono_add(due, block->interval);
	}
	end = wait_until(lane, mono_add(due, span_ns(GRACE_NS)));
	helper_stop(lane);
	settle(lane, block);
	return err ? err : end;
}
