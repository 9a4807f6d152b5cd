// SPDX-License-Identifier: GPL-2.0-only
#include "host/local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>

#include "host/netlink.h"

/* The socket is its own handle. */
struct local_watch;

static struct mnl_socket *socket_of(const struct local_watch *watch)
{
	return (struct mnl_socket *)watch;
}

struct local_watch *local_watch_open(int *err)
{
	struct mnl_socket *nl =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);

	*err = 0;
	if (nl && mnl_socket_bind(nl, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
				  MNL_SOCKET_AUTOPID) >= 0)
		return (struct local_watch *)nl;
	*err = -errno;
	if (nl)
		mnl_socket_close(nl);
	return NULL;
}

void local_watch_close(struct local_watch *watch)
{
	if (watch)
		mnl_socket_close(socket_of(watch));
}

int local_watch_fd(const struct local_watch *watch)
{
	return mnl_socket_get_fd(socket_of(watch));
}

void local_watch_drain(struct local_watch *watch)
{
	char buf[NETLINK_BUFFER];

	/* An overrun (-ENOBUFS) says no more than "look again" either. */
	while (mnl_socket_recvfrom(socket_of(watch), buf, sizeof(buf)) > 0 ||
	       errno == ENOBUFS)
		;
}

struct listing {
	void (*each)(void *data, const struct address *address);
	void *data;
};

static int address_read(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[IFA_MAX + 1];
	const struct listing *list = data;
	const struct nlattr *own;
	struct address a;

	netlink_attributes(nlh, sizeof(*ifa), tb, IFA_MAX);
	/* On a point-to-point link IFA_ADDRESS is the other end's. */
	own = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!own || (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
		return MNL_CB_OK;
	address_set(&a, ifa->ifa_family, mnl_attr_get_payload(own));
	list->each(list->data, &a);
	return MNL_CB_OK;
}

int local_list(void (*each)(void *data, const struct address *address),
	       void *data)
{
	struct listing list = { .each = each, .data = data };
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh;
	struct ifaddrmsg *ifa;

	nlh = netlink_request(buf, RTM_GETADDR, NLM_F_DUMP);
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_UNSPEC;
	return netlink_ask(nlh, address_read, &list);
}
