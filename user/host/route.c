// SPDX-License-Identifier: GPL-2.0-only
#include "host/route.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

#include "host/clock.h"
#include "host/netlink.h"

static int route_read(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[RTA_MAX + 1];
	struct route *r = data;

	netlink_attributes(nlh, sizeof(*rtm), tb, RTA_MAX);
	r->is_local = rtm->rtm_type == RTN_LOCAL;
	if (tb[RTA_OIF])
		r->ifindex = mnl_attr_get_u32(tb[RTA_OIF]);
	if (tb[RTA_PREFSRC])
		address_set(&r->source, rtm->rtm_family,
			    mnl_attr_get_payload(tb[RTA_PREFSRC]));
	if (tb[RTA_GATEWAY])
		address_set(&r->next_hop, rtm->rtm_family,
			    mnl_attr_get_payload(tb[RTA_GATEWAY]));
	else if (tb[RTA_VIA]) {
		const struct rtvia *via = mnl_attr_get_payload(tb[RTA_VIA]);

		address_set(&r->next_hop, via->rtvia_family, via->rtvia_addr);
	}
	return MNL_CB_OK;
}

int route_lookup(const struct address *destination,
		 const struct address *source, int ifindex, struct route *out)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETROUTE, 0);
	struct rtmsg *rtm;
	int err;

	memset(out, 0, sizeof(*out));
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = destination->family;
	rtm->rtm_dst_len = address_size(destination) * 8;
	mnl_attr_put(nlh, RTA_DST, address_size(destination),
		     address_raw(destination));
	if (source) {
		rtm->rtm_src_len = address_size(source) * 8;
		mnl_attr_put(nlh, RTA_SRC, address_size(source),
			     address_raw(source));
	}
	if (!ifindex)
		ifindex = destination->scope;
	if (ifindex)
		mnl_attr_put_u32(nlh, RTA_OIF, ifindex);
	err = netlink_ask(nlh, route_read, out);
	if (err)
		return err;
	if (!out->ifindex)
		return -ENETUNREACH;
	if (source)
		out->source = *source;
	if (out->next_hop.family == AF_UNSPEC)
		out->next_hop = *destination;
	return 0;
}

struct neighbour {
	const struct address *address;
	uint16_t state;
	uint8_t mac[6];
};

static int neighbour_read(const struct nlmsghdr *nlh, void *data)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[NDA_MAX + 1];
	struct neighbour *n = data;

	netlink_attributes(nlh, sizeof(*ndm), tb, NDA_MAX);
	n->state = ndm->ndm_state;
	if (tb[NDA_LLADDR] &&
	    mnl_attr_get_payload_len(tb[NDA_LLADDR]) == sizeof(n->mac))
		memcpy(n->mac, mnl_attr_get_payload(tb[NDA_LLADDR]),
		       sizeof(n->mac));
	return MNL_CB_OK;
}

/* RTM_NEWNEIGH with NTF_USE starts resolution as a packet would;
 * RTM_GETNEIGH reads the entry. */
static int neighbour_ask(uint16_t type, int ifindex, struct neighbour *n)
{
	char buf[NETLINK_BUFFER];
	bool use = type == RTM_NEWNEIGH;
	struct nlmsghdr *nlh =
		netlink_request(buf, type, use ? NLM_F_CREATE : 0);
	struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));

	ndm->ndm_family = n->address->family;
	ndm->ndm_ifindex = ifindex;
	ndm->ndm_flags = use ? NTF_USE : 0;
	mnl_attr_put(nlh, NDA_DST, address_size(n->address),
		     address_raw(n->address));
	return netlink_ask(nlh, use ? NULL : neighbour_read, n);
}

#define NEIGHBOUR_READY \
	(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | \
	 NUD_DELAY)

/* 0 if it is known, -ENOENT while it is not, -EHOSTUNREACH if the kernel gave
 * up on it, or -errno. */
static int neighbour_look(int ifindex, struct neighbour *n)
{
	int err = neighbour_ask(RTM_GETNEIGH, ifindex, n);

	if (err)
		return err;
	if (n->state & NEIGHBOUR_READY)
		return 0;
	return n->state & NUD_FAILED ? -EHOSTUNREACH : -ENOENT;
}

int neighbour_resolve(int ifindex, const struct address *next_hop,
		      span_t timeout, int stop_fd, uint8_t mac[6])
{
	struct neighbour n = { .address = next_hop };
	mono_t until = mono_add(mono_now(), timeout);
	int err;

	memset(mac, 0, 6);
	err = neighbour_look(ifindex, &n);
	/* Never for a known one: the request would undo a permanent entry. */
	if (err == -ENOENT || err == -EHOSTUNREACH) {
		err = neighbour_ask(RTM_NEWNEIGH, ifindex, &n);
		while (!err && (err = neighbour_look(ifindex, &n)) == -ENOENT &&
		       mono_before(mono_now(), until)) {
			err = clock_nap(span_ns(NSEC_PER_MSEC), stop_fd)
				      ? -EINTR
				      : 0;
		}
	}
	if (!err)
		memcpy(mac, n.mac, sizeof(n.mac));
	return err == -ENOENT ? -EHOSTUNREACH : err;
}
