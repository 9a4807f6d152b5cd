// SPDX-License-Identifier: GPL-2.0-only
/* The socket engine: what an application would see, stamped on its way. */
#include <errno.h>

#include "probe/run.h"
#include "probe/tcp.h"

static void take_tx_stamp(struct run *r, struct flow *f,
			  const struct channel_event *event,
			  const struct realmap *now)
{
	struct pending *p = window_find(&f->window, event->seq);

	if (event->seq >= SEQ_CONTROL) {
		/* Too late to change the rules once the run has begun. */
		r->tx_stamps |= !r->origin.ns;
		return;
	}
	if (!p || p->flags & PENDING_DRV_SEEN)
		return;
	p->flags |= PENDING_DRV_SEEN;
	if (now && realmap_convert(&p->map, now, event->stamp, &p->drv_tx))
		p->flags |= PENDING_DRV_TX;
}

void socket_drain_events(struct run *r, struct flow *f)
{
	struct channel_event event;
	struct realmap now;
	bool known;

	while (!f->tcp && channel_next_event(&f->channel, &event)) {
		switch (event.note) {
		case CHANNEL_TX_STAMP:
			known = !realmap_read(&r->realmap, &now);
			take_tx_stamp(r, f, &event, known ? &now : NULL);
			break;
		case CHANNEL_PORT_UNREACHABLE:
			r->counts.port_unreachable++;
			break;
		case CHANNEL_UNREACHABLE:
			r->counts.unreachable++;
			break;
		}
	}
}

/* An ICMP error may still slip in and be reported in place of sending. */
static int send_once_more(struct channel *c, const struct packet_template *t,
			  struct pending *p)
{
	int err;

	channel_clear_error(c);
	p->app_tx = mono_now();
	err = channel_send(c, t, p->seq);
	if (!err || err == -ENOBUFS || err == -EAGAIN || err == -EMSGSIZE)
		return err;
	p->app_tx = mono_now();
	return channel_send(c, t, p->seq);
}

void socket_send(struct run *r, struct flow *f, struct pending *p)
{
	uint64_t nonce;
	int err;

	if (f->tcp) {
		tcp_send(r, f, p);
		return;
	}
	if (realmap_read(&r->realmap, &p->map))
		p->map.offset = span_ns(0); /* converts nothing */
	nonce = packet_finish(&f->packet, p->seq, tai_now_ns());
	window_arm(&f->window, p, nonce);
	err = send_once_more(&f->channel, &f->packet, p);
	if (err) {
		r->counts.send_errors++;
	} else {
		p->flags |= PENDING_SENT;
		r->socket_sent++;
	}
	socket_drain_events(r, f);
}

static void take_answer(struct run *r, struct flow *f,
			const struct packet_answer *a, mono_t now)
{
	struct pending *p = window_find(&f->window, a->seq);
	span_t rtt;

	if (!p || p->nonce != a->nonce || p->flags & PENDING_APP_RX)
		return;
	p->app_rx = now;
	p->flags |= PENDING_APP_RX;
	hwrx_note_answer(&f->channel, p);
	r->answered++;
	r->last_answer = now;
	rtt = mono_sub(now, p->app_tx);
	if (rtt.ns > r->longest_rtt.ns)
		r->longest_rtt = rtt;
	r->remote_error = a->remote_error;
	run_answered(r, f, p);
}

bool socket_receive(struct run *r, struct flow *f)
{
	uint8_t octets[PACKET_MAX];
	struct packet_answer a;
	bool any = false;
	mono_t now;
	int len;

	if (f->tcp)
		return tcp_receive(r, f);
	for (;;) {
		len = channel_receive(&f->channel, octets, sizeof(octets));
		now = mono_now();
		if (len == -EAGAIN || len == -EINTR)
			return any;
		any = true;
		/* Others tell of an ICMP error, counted from the queue. */
		if (len >= 0 && packet_read(&f->packet, octets, len, &a))
			take_answer(r, f, &a, now);
	}
}

void socket_note_no_stamps(struct run *r)
{
	r->hooks.tx_why = "the driver delivers no TX stamps";
	fallback_set(&r->hooks.fallbacks.at[FALLBACK_DRV_TX], "the driver",
		     "TC egress", r->hooks.tx_why);
}
