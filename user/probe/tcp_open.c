// SPDX-License-Identifier: GPL-2.0-only
/* A flow's TCP ports, opened and closed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "probe/syn_frame.h"
#include "probe/tcp_parts.h"
#include "probe/tcp_port.h"

/* A port is busy for two round trips: as many as those of 250 ms take are
 * opened before the first probe, and each probe that needs a further one pays
 * for its opening by being late. */
#define OPENED_FOR_NS (500 * NSEC_PER_MSEC)

static int set_frame(struct run *r, struct flow *f, unsigned int i)
{
	struct bypass_frame frame;
	struct frame_path path;

	bypass_describe_path(r, f, &path);
	path.source_port = f->tcp->port[i].number;
	syn_frame_build(&path, r->iface.mtu, &frame);
	frame.first_slot = (f - r->flow) * (f->window.mask + 1);
	frame.slot_mask = f->window.mask;
	return bypass_set_frame(r->bypass, (f - r->flow) * TCP_PORTS_MAX + i,
				&frame);
}

/* The first is the one that was asked for, or none. */
static int open_port(const struct run *r, struct tcp *t, uint16_t *number)
{
	int fd;

	do {
		if (t->next > UINT16_MAX)
			return -EADDRNOTAVAIL;
		*number = t->next;
		t->next += t->next != 0;
		fd = tcp_port_open(r->plan, &r->route.source, number);
	} while (fd == -EADDRINUSE && t->next && t->ports);
	return fd;
}

/* Its hooks last: from then on its packets are ours. */
int tcp_add_port(struct run *r, struct flow *f)
{
	struct tcp *t = f->tcp;
	struct port *port = &t->port[t->ports];
	int filter = prober_filter_fd(r->prober, PROTOCOL_TCP,
				      r->plan->address.family);
	int err = 0;

	if (t->ports == t->max)
		return -EADDRNOTAVAIL;
	*port = (struct port){ 0 };
	port->fd = open_port(r, t, &port->number);
	if (port->fd < 0)
		return port->fd;
	if (setsockopt(port->fd, SOL_SOCKET, SO_ATTACH_BPF, &filter,
		       sizeof(filter)))
		err = -errno;
	if (!err && r->bypass)
		err = set_frame(r, f, t->ports);
	if (!err)
		err = prober_add_port(r->prober, f - r->flow, port->number);
	if (err)
		close(port->fd);
	else
		t->ports++;
	return err;
}

static int tcp_create(struct run *r, struct flow *f, uint32_t slots)
{
	struct tcp *t = calloc(1, sizeof(*t));

	f->tcp = t;
	if (!t)
		return -ENOMEM;
	t->max = tcp_port_most(TCP_PORTS_MAX);
	t->next = r->plan->source_port;
	t->ifindex = r->route.source.scope;
	t->mask = slots - 1;
	t->port = calloc(t->max, sizeof(*t->port));
	t->port_of = calloc(slots, sizeof(*t->port_of));
	t->rider = prober_riders(r->prober);
	if (!t->port || !t->port_of || !t->rider)
		return -ENOMEM;
	if (getrandom(&t->isn, sizeof(t->isn), 0) < 0)
		return -errno;
	f->channel.fd = epoll_create1(EPOLL_CLOEXEC);
	return f->channel.fd < 0 ? -errno : 0;
}

/* Where it ends early, they are opened as they are needed. */
static void open_ahead(struct run *r, struct flow *f)
{
	const struct plan *plan = r->plan;
	uint64_t want = plan->interval.ns
				? OPENED_FOR_NS / plan->interval.ns + 1
				: f->tcp->max;

	if (plan->count && plan->count < want)
		want = plan->count;
	while (f->tcp->ports < want && !tcp_add_port(r, f))
		;
}

enum session_end tcp_open(struct run *r, struct flow *f, uint32_t slots,
			  char *why)
{
	unsigned int number = f - r->flow;
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };
	struct session session;
	int err;

	err = tcp_create(r, f, slots);
	if (!err)
		err = window_create(&f->window, prober_slots(r->prober, number),
				    slots, number);
	run_describe(r, f, &session);
	if (!err)
		err = prober_set_session(r->prober, number, &session);
	if (!err)
		err = tcp_add_port(r, f);
	if (!err && epoll_ctl(r->epoll, EPOLL_CTL_ADD, f->channel.fd, &event))
		err = -errno;
	if (err) {
		tcp_port_explain(r->plan, &r->route.source, err, why);
		return SESSION_CANNOT;
	}
	f->channel.local_port = f->tcp->port[0].number;
	open_ahead(r, f);
	return SESSION_MEASURED;
}

void tcp_close(struct flow *f)
{
	struct tcp *t = f->tcp;

	if (!t)
		return;
	for (unsigned int i = 0; i < t->ports; i++) {
		tcp_port_release(t->port[i].fd, t->ifindex);
		close(t->port[i].fd);
	}
	free(t->port);
	free(t->port_of);
	free(t);
	f->tcp = NULL;
}

int tcp_socket(const struct flow *f)
{
	return f->tcp->port[0].fd;
}

void tcp_shape(const struct run *r, struct bypass_shape *shape)
{
	struct frame_path path;

	bypass_describe_path(r, &r->flow[0], &path);
	shape->is_syn = true;
	shape->isn = r->flow[0].tcp->isn;
	shape->flows = r->flows * TCP_PORTS_MAX;
	shape->length = syn_frame_length(&path);
}

int tcp_set_frames(struct run *r, struct flow *f)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < f->tcp->ports; i++)
		err = set_frame(r, f, i);
	return err;
}
