// SPDX-License-Identifier: GPL-2.0-only
#include "host/veth.h"

#include <linux/veth.h>

#include "host/netlink.h"

static void put_peer(struct nlmsghdr *nlh, const char *name, int netns_fd)
{
	struct nlattr *peer = mnl_attr_nest_start(nlh, VETH_INFO_PEER);

	/* The nest begins with a header of its own, all zero. */
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, netns_fd);
	mnl_attr_nest_end(nlh, peer);
}

int veth_pair_create(const char *a, const char *b, int netns_fd_b)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh =
		netlink_request(buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, a);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	put_peer(nlh, b, netns_fd_b);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return netlink_ask(nlh, NULL, NULL);
}
