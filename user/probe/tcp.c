// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tcp.h"

#include <errno.h>
#include <sys/epoll.h>

#include "probe/tcp_parts.h"
#include "probe/tcp_port.h"
#include "syn.h"

/* A far host whose SYN-ACK was lost sends it again after a second (RFC 6298),
 * gets a RST for it, and only then has forgotten the SYN. */
#define HALF_OPEN_NS (2 * NSEC_PER_SEC)

static struct port *port_of(const struct tcp *t, const struct pending *p)
{
	return &t->port[t->port_of[p->seq & t->mask]];
}

/* ---- which port ---------------------------------------------------------- */

/* When it was answered, and how long that took; 0 if it was not. */
static mono_t answered_at(const struct run *r, const struct flow *f,
			  const struct pending *p, span_t *took)
{
	const struct slot *slot = window_slot(&f->window, p);
	mono_t at = { 0 };

	if (p->engine == ENGINE_SOCKET) {
		if (p->flags & PENDING_APP_RX)
			at = p->app_rx;
	} else if (p->flags & PENDING_RECORD) {
		at.ns = r->rules[ENGINE_BYPASS].rx_at_tc ? slot->tc_rx
							 : slot->xdp_rx;
	}
	*took = mono_sub(at, window_sent_at(&f->window, p));
	return at;
}

static bool is_free(const struct run *r, struct flow *f,
		    const struct port *port, mono_t now, bool half_open)
{
	const struct pending *p;
	span_t took;
	mono_t at;

	if (!port->taken.ns)
		return true;
	p = window_find(&f->window, port->seq);
	if (!p)
		return half_open || port->is_answered ||
		       mono_sub(now, port->taken).ns >= HALF_OPEN_NS;
	at = answered_at(r, f, p, &took);
	return at.ns && !mono_before(now, mono_add(at, took));
}

static struct port *find_port(const struct run *r, struct flow *f,
			      enum engine engine, bool half_open)
{
	struct tcp *t = f->tcp;
	struct port *any = NULL;
	mono_t now = mono_now();

	for (unsigned int i = 0; i < t->ports; i++) {
		struct port *port = &t->port[i];

		if (!is_free(r, f, port, now, half_open))
			continue;
		if (!r->plan->both ||
		    (port->taken.ns && port->engine != engine))
			return port;
		if (!any)
			any = port;
	}
	return any;
}

bool tcp_take_port(struct run *r, struct flow *f, const struct pending *p)
{
	struct tcp *t = f->tcp;
	struct port *port = find_port(r, f, p->engine, false);

	if (!port && !tcp_add_port(r, f))
		port = &t->port[t->ports - 1];
	if (!port)
		port = find_port(r, f, p->engine, true);
	if (!port)
		return false;
	/* An answer that is still on its way finds nobody. */
	if (port->is_connecting)
		tcp_port_release(port->fd, f->tcp->ifindex);
	port->is_connecting = false;
	t->used += !port->taken.ns;
	port->taken = mono_now();
	port->is_answered = false;
	port->seq = p->seq;
	port->engine = p->engine;
	t->port_of[p->seq & t->mask] = port - t->port;
	__atomic_store_n(&t->rider[port->number], p->seq, __ATOMIC_SEQ_CST);
	return true;
}

uint32_t tcp_frame_of(const struct run *r, const struct flow *f,
		      const struct pending *p)
{
	return (f - r->flow) * TCP_PORTS_MAX +
	       f->tcp->port_of[p->seq & f->tcp->mask];
}

/* ---- the socket engine --------------------------------------------------- */

/* A socket that is neither connecting nor connected always has an event: it is
 * watched for one, each time anew. */
static int watch(struct flow *f, struct port *port)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLONESHOT,
				     .data.u32 = port - f->tcp->port };
	int op = port->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	port->is_watched = true;
	return epoll_ctl(f->channel.fd, op, port->fd, &event);
}

void tcp_send(struct run *r, struct flow *f, struct pending *p)
{
	struct port *port = port_of(f->tcp, p);

	window_arm(&f->window, p, 0);
	p->app_tx = mono_now();
	if (tcp_port_connect(port->fd, r->plan)) {
		r->counts.send_errors++;
		return;
	}
	port->is_connecting = true;
	p->flags |= PENDING_SENT;
	r->socket_sent++;
	if (watch(f, port))
		r->trouble = "a TCP socket could not be watched";
}

/* ECONNREFUSED is said of a RST and of an ICMP error alike, and only the one
 * passed the hooks on its way in. A far host may also have let go of the
 * connection by now. */
static bool is_reply(struct run *r, const struct flow *f,
		     const struct pending *p, int err)
{
	bool seen = window_slot(&f->window, p)->reply != SYN_REPLY_NONE;

	if (!err || (seen && (err == -ECONNREFUSED || err == -ECONNRESET ||
			      err == -EPIPE)))
		return true;
	if (err == -ECONNREFUSED)
		r->counts.port_unreachable++;
	else if (err == -EHOSTUNREACH || err == -ENETUNREACH)
		r->counts.unreachable++;
	return false;
}

static void take_reply(struct run *r, struct flow *f, struct pending *p,
		       mono_t now)
{
	span_t rtt = mono_sub(now, p->app_tx);

	p->app_rx = now;
	p->flags |= PENDING_APP_RX;
	r->answered++;
	r->last_answer = now;
	if (rtt.ns > r->longest_rtt.ns)
		r->longest_rtt = rtt;
	run_answered(r, f, p);
}

static void take_event(struct run *r, struct flow *f, struct port *port,
		       mono_t now)
{
	struct pending *p = window_find(&f->window, port->seq);
	int err = tcp_port_result(port->fd);

	if (!port->is_connecting)
		return;
	if (p && p->engine == ENGINE_SOCKET && p->flags & PENDING_SENT &&
	    !(p->flags & PENDING_APP_RX) && is_reply(r, f, p, err))
		take_reply(r, f, p, now);
	tcp_port_release(port->fd, f->tcp->ifindex);
	port->is_connecting = false;
}

bool tcp_receive(struct run *r, struct flow *f)
{
	struct epoll_event event[16];
	bool any = false;
	mono_t now;
	int n;

	for (;;) {
		n = epoll_wait(f->channel.fd, event, 16, 0);
		now = mono_now();
		if (n <= 0)
			return any;
		any = true;
		for (int i = 0; i < n; i++)
			take_event(r, f, &f->tcp->port[event[i].data.u32], now);
	}
}

/* ---- what it was --------------------------------------------------------- */

void tcp_count(struct flow *f, const struct slot *record)
{
	struct tcp *t = f->tcp;

	if (!t)
		return;
	t->port[t->port_of[record->seq & t->mask]].is_answered = true;
	t->syn_acks += record->reply == SYN_REPLY_SYN_ACK;
	t->resets += record->reply == SYN_REPLY_RST;
}

void tcp_facts(const struct flow *f, struct target_host *out)
{
	if (!f->tcp)
		return;
	out->source_ports = f->tcp->used;
	out->syn_acks = f->tcp->syn_acks;
	out->resets = f->tcp->resets;
}
