// SPDX-License-Identifier: GPL-2.0-only
#include "probe/channel.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/in6.h>
#include <linux/net_tstamp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "host/hwtstamp.h"

/* Replies and TX stamps of a whole timeout may wait here for a slow reader. */
#define SOCKET_BUFFER (4 * 1024 * 1024)

#define TX_STAMPING \
	(SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | \
	 SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY)

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno
								    : 0;
}

static int set_buffer(int fd, int forced, int ordinary)
{
	if (!set_int(fd, SOL_SOCKET, forced, SOCKET_BUFFER))
		return 0;
	return set_int(fd, SOL_SOCKET, ordinary, SOCKET_BUFFER);
}

/* TTL 255 as RFC 8762 4.2 asks; never fragmented; errors to the queue. */
static int set_options(int fd, const struct plan *plan)
{
	int err;

	err = set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	if (!err)
		err = set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (err)
		return err;
	if (plan->address.family == AF_INET) {
		err = set_int(fd, IPPROTO_IP, IP_TTL, 255);
		if (!err)
			err = set_int(fd, IPPROTO_IP, IP_TOS, plan->dscp << 2);
		if (!err)
			err = set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER,
				      IP_PMTUDISC_DO);
		return err ? err : set_int(fd, IPPROTO_IP, IP_RECVERR, 1);
	}
	/* The bypass engine's frames have none, and routers may go by it. */
	if (plan->both)
		set_int(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0);
	err = set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 255);
	if (!err)
		err = set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, plan->dscp << 2);
	if (!err)
		err = set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			      IPV6_PMTUDISC_DO);
	return err ? err : set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
}

static int open_socket(const struct plan *plan)
{
	int family = plan->address.family;
	int type = SOCK_CLOEXEC | SOCK_NONBLOCK;
	int fd;

	if (plan->protocol != PROTOCOL_ICMP)
		fd = socket(family, type | SOCK_DGRAM, 0);
	else
		fd = socket(family, type | SOCK_RAW,
			    family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	return fd < 0 ? -errno : fd;
}

/* Everything but echo replies is filtered before the socket wakes anybody. */
static int filter_echo(int fd, int family)
{
	struct icmp6_filter {
		uint32_t blocked[8];
	} filter6;
	uint32_t blocked = ~(1U << ICMP_ECHOREPLY);

	if (family == AF_INET)
		return setsockopt(fd, SOL_RAW, ICMP_FILTER, &blocked,
				  sizeof(blocked));
	memset(&filter6, 0xff, sizeof(filter6));
	filter6.blocked[ICMPV6_ECHO_REPLY / 32] &=
		~(1U << ICMPV6_ECHO_REPLY % 32);
	return setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, &filter6,
			  sizeof(filter6));
}

/* The hooks are on one interface: a route that changes must not lead past
 * them. Unlike a bound device this leaves the way in open. */
static int stay_on(int fd, int family, uint32_t ifindex)
{
	if (family == AF_INET)
		return set_int(fd, IPPROTO_IP, IP_UNICAST_IF, htonl(ifindex));
	return set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_IF, htonl(ifindex));
}

static int bind_and_connect(struct channel *c, const struct plan *plan,
			    const struct address *source)
{
	struct sockaddr_storage ss;
	socklen_t len;

	if (plan->ifname && setsockopt(c->fd, SOL_SOCKET, SO_BINDTODEVICE,
				       plan->ifname, strlen(plan->ifname) + 1))
		return -errno;
	/* A bound device says it already, and the kernel refuses both. */
	if (!plan->ifname &&
	    stay_on(c->fd, plan->address.family, source->scope))
		return -EINVAL;
	len = address_to_sockaddr(source, plan->source_port, &ss);
	if (bind(c->fd, (struct sockaddr *)&ss, len))
		return -errno;
	len = address_to_sockaddr(
		&plan->address,
		plan->protocol == PROTOCOL_ICMP ? 0 : plan->port, &ss);
	if (connect(c->fd, (struct sockaddr *)&ss, len))
		return -errno;
	if (plan->protocol == PROTOCOL_ICMP) {
		if (filter_echo(c->fd, plan->address.family))
			return -errno;
		do {
			if (getrandom(&c->local_port, sizeof(c->local_port),
				      0) < 0)
				return -errno;
		} while (!c->local_port);
		return 0;
	}
	len = sizeof(ss);
	if (getsockname(c->fd, (struct sockaddr *)&ss, &len))
		return -errno;
	/* The port is at the same place in both families. */
	c->local_port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return 0;
}

static void explain(char *why, const struct plan *plan,
		    const struct address *source, int err)
{
	char text[ADDRESS_TEXT];

	address_format(source, text);
	if (err == -EADDRINUSE)
		snprintf(why, WHY_SIZE,
			 "UDP port %u of %s is in use; leave out "
			 "--source-port or choose another",
			 plan->source_port, text);
	else if (err == -EADDRNOTAVAIL)
		snprintf(why, WHY_SIZE, "%s is not an address of this host",
			 text);
	else if (err == -EPERM || err == -EACCES)
		snprintf(why, WHY_SIZE,
			 "cannot open the socket: needs CAP_NET_RAW for ICMP "
			 "and CAP_NET_BIND_SERVICE for ports below 1024");
	else
		snprintf(why, WHY_SIZE, "cannot open a socket to %s: %s",
			 plan->target, strerror(-err));
}

int channel_open(struct channel *c, const struct plan *plan,
		 const struct address *source, uint32_t in_flight, char *why)
{
	int err;

	memset(c, 0, sizeof(*c));
	c->protocol = plan->protocol;
	c->key_mask = in_flight - 1;
	c->seq_of_key = calloc(in_flight, sizeof(*c->seq_of_key));
	c->fd = c->seq_of_key ? open_socket(plan) : -ENOMEM;
	err = c->fd < 0 ? c->fd : 0;
	if (!err)
		err = set_options(c->fd, plan);
	if (!err)
		err = bind_and_connect(c, plan, source);
	if (err) {
		explain(why, plan, source, err);
		channel_close(c);
		return err;
	}
	c->stamping = TX_STAMPING;
	c->tx_stamps =
		!set_int(c->fd, SOL_SOCKET, SO_TIMESTAMPING, c->stamping);
	return 0;
}

int channel_want_hw_rx(struct channel *c)
{
	c->stamping |= HWTSTAMP_RX_FLAGS;
	return set_int(c->fd, SOL_SOCKET, SO_TIMESTAMPING, c->stamping);
}

void channel_close(struct channel *c)
{
	if (c->fd > 0)
		close(c->fd);
	free(c->seq_of_key);
	c->fd = -1;
	c->seq_of_key = NULL;
}

int channel_attach(struct channel *c, int filter_fd)
{
	return set_int(c->fd, SOL_SOCKET, SO_ATTACH_BPF, filter_fd);
}

/* Whether a failed send used up a key differs between kernels: start over. */
static void restart_keys(struct channel *c)
{
	if (!c->tx_stamps)
		return;
	set_int(c->fd, SOL_SOCKET, SO_TIMESTAMPING, 0);
	c->tx_stamps =
		!set_int(c->fd, SOL_SOCKET, SO_TIMESTAMPING, c->stamping);
	c->tx_key = 0;
}

int channel_send(struct channel *c, const struct packet_template *t,
		 uint32_t seq)
{
	ssize_t len;
	int err;

	c->seq_of_key[c->tx_key & c->key_mask] = seq;
	len = send(c->fd, t->octets, t->length, 0);
	if (len >= 0) {
		c->tx_key++;
		return 0;
	}
	err = -errno;
	/* A full queue was handed the packet and its key is used up. */
	if (err == -ENOBUFS)
		c->tx_key++;
	else
		restart_keys(c);
	return err;
}

void channel_clear_error(struct channel *c)
{
	int ignored;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &ignored,
		   &(socklen_t){ sizeof(ignored) });
}

static ssize_t receive_stamped(struct channel *c, uint8_t *octets, size_t size)
{
	uint8_t control[512];
	struct iovec iov = { octets, size };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t len = recvmsg(c->fd, &msg, 0);

	c->has_hw_rx = len >= 0 && hwtstamp_of_message(&msg, &c->hw_rx);
	return len;
}

int channel_receive(struct channel *c, uint8_t *octets, size_t size)
{
	ssize_t len = c->stamping & HWTSTAMP_RX_FLAGS
			      ? receive_stamped(c, octets, size)
			      : recv(c->fd, octets, size, 0);

	return len < 0 ? -errno : (int)len;
}

static bool is_port_unreachable(const struct sock_extended_err *e)
{
	if (e->ee_origin == SO_EE_ORIGIN_ICMP)
		return e->ee_type == ICMP_DEST_UNREACH &&
		       e->ee_code == ICMP_PORT_UNREACH;
	return e->ee_type == ICMPV6_DEST_UNREACH &&
	       e->ee_code == ICMPV6_PORT_UNREACH;
}

/* True if the message is one that the caller wants to hear of. */
static bool read_event(struct channel *c, struct msghdr *msg,
		       struct channel_event *event)
{
	struct sock_extended_err e = {};
	bool has_stamp = false;

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm;
	     cm = CMSG_NXTHDR(msg, cm)) {
		if (scm_stamp_read(cm, SCM_STAMP_SOFTWARE, &event->stamp.ns))
			has_stamp = true;
		else if ((cm->cmsg_level == IPPROTO_IP &&
			  cm->cmsg_type == IP_RECVERR) ||
			 (cm->cmsg_level == IPPROTO_IPV6 &&
			  cm->cmsg_type == IPV6_RECVERR))
			memcpy(&e, CMSG_DATA(cm), sizeof(e));
	}
	if (e.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		event->note = CHANNEL_TX_STAMP;
		event->seq = c->seq_of_key[e.ee_data & c->key_mask];
		return has_stamp && c->tx_key - e.ee_data - 1 <= c->key_mask;
	}
	if (e.ee_origin != SO_EE_ORIGIN_ICMP &&
	    e.ee_origin != SO_EE_ORIGIN_ICMP6)
		return false;
	event->note = is_port_unreachable(&e) ? CHANNEL_PORT_UNREACHABLE
					      : CHANNEL_UNREACHABLE;
	return true;
}

int channel_next_event(struct channel *c, struct channel_event *event)
{
	uint8_t octets[PACKET_PAYLOAD_MIN];
	uint8_t control[512];

	for (;;) {
		struct iovec iov = { octets, sizeof(octets) };
		struct msghdr msg = { .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };

		if (recvmsg(c->fd, &msg, MSG_ERRQUEUE) < 0)
			return 0;
		if (read_event(c, &msg, event))
			return 1;
	}
}
