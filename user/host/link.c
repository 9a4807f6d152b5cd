// SPDX-License-Identifier: GPL-2.0-only
#include "host/link.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "host/clock.h"
#include "host/iface.h"
#include "host/netlink.h"

#define CARRIER_POLL_NS NSEC_PER_MSEC

static struct ifinfomsg *put_info(struct nlmsghdr *nlh, const char *name)
{
	struct ifinfomsg *info =
		mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));

	info->ifi_index = if_nametoindex(name);
	return info;
}

int link_hush(const char *name)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_SETLINK, 0);
	struct ifinfomsg *info = put_info(nlh, name);
	struct nlattr *spec, *six;
	int err;

	if (!info->ifi_index)
		return -ENODEV;
	spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	six = mnl_attr_nest_start(nlh, AF_INET6);
	mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(nlh, six);
	mnl_attr_nest_end(nlh, spec);
	err = netlink_ask(nlh, NULL, NULL);
	/* Without IPv6 it is quiet anyway. */
	return err == -EAFNOSUPPORT ? 0 : err;
}

static int await_carrier(int index, span_t patience, int stop_fd)
{
	mono_t until = mono_add(mono_now(), patience);
	struct iface now;
	int err;

	while (!(err = iface_read_index(index, &now)) && !now.has_carrier) {
		if (!mono_before(mono_now(), until))
			return -ETIMEDOUT;
		if (clock_nap(span_ns(CARRIER_POLL_NS), stop_fd))
			return -EINTR;
	}
	return err;
}

int link_await_carrier(const struct iface *iface, span_t patience,
		       const struct tune_sink *sink, int stop_fd, span_t *away)
{
	mono_t start = mono_now();
	struct iface now;
	int err = iface_read_index(iface->index, &now);

	*away = span_ns(0);
	if (err || now.has_carrier)
		return err;
	err = await_carrier(iface->index, patience, stop_fd);
	*away = mono_sub(mono_now(), start);
	if (!err)
		tune_say(sink, "%s: its carrier is back after %" PRId64 " ms",
			 iface->name, away->ns / NSEC_PER_MSEC + 1);
	else if (err != -EINTR)
		tune_say(sink,
			 "%s: its carrier is not back after %" PRId64
			 " s (ip link show dev %s)",
			 iface->name, patience.ns / NSEC_PER_SEC, iface->name);
	return err;
}

int link_set_up(const char *name, span_t patience)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_SETLINK, 0);
	struct ifinfomsg *info = put_info(nlh, name);
	int err;

	if (!info->ifi_index)
		return -ENODEV;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	err = netlink_ask(nlh, NULL, NULL);
	return err ? err : await_carrier(info->ifi_index, patience, -1);
}

int link_add_address(const char *name, const struct prefix *prefix)
{
	const struct address *a = &prefix->address;
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh =
		netlink_request(buf, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));

	ifa->ifa_family = a->family;
	ifa->ifa_prefixlen = prefix->length - (a->family == AF_INET ? 96 : 0);
	ifa->ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0;
	ifa->ifa_index = if_nametoindex(name);
	if (!ifa->ifa_index)
		return -ENODEV;
	mnl_attr_put(nlh, IFA_LOCAL, address_size(a), address_raw(a));
	mnl_attr_put(nlh, IFA_ADDRESS, address_size(a), address_raw(a));
	return netlink_ask(nlh, NULL, NULL);
}

int link_add_neighbour(const char *name, const struct address *address,
		       const uint8_t mac[6])
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_NEWNEIGH,
					       NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));

	ndm->ndm_family = address->family;
	ndm->ndm_ifindex = if_nametoindex(name);
	ndm->ndm_state = NUD_PERMANENT;
	if (!ndm->ndm_ifindex)
		return -ENODEV;
	mnl_attr_put(nlh, NDA_DST, address_size(address), address_raw(address));
	mnl_attr_put(nlh, NDA_LLADDR, 6, mac);
	return netlink_ask(nlh, NULL, NULL);
}
