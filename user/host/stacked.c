// SPDX-License-Identifier: GPL-2.0-only
#include "host/stacked.h"

#include <errno.h>
#include <string.h>

#include "host/netlink.h"

struct search {
	int ifindex;
	uint32_t mtu;
	int *found;
	int count;
};

static int link_take(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[IFLA_MAX + 1];
	struct search *s = data;

	netlink_attributes(nlh, sizeof(*info), tb, IFLA_MAX);
	if (!tb[IFLA_LINK] || !tb[IFLA_MTU] || tb[IFLA_LINK_NETNSID] ||
	    (int)mnl_attr_get_u32(tb[IFLA_LINK]) != s->ifindex ||
	    info->ifi_index == s->ifindex ||
	    mnl_attr_get_u32(tb[IFLA_MTU]) <= s->mtu ||
	    !strcmp(netlink_nested_text(tb[IFLA_LINKINFO], IFLA_INFO_KIND),
		    "veth"))
		return MNL_CB_OK;
	if (s->count < STACKED_UPPERS)
		s->found[s->count] = info->ifi_index;
	s->count++;
	return MNL_CB_OK;
}

int stacked_above(int ifindex, uint32_t mtu, int out[STACKED_UPPERS])
{
	struct search search = { ifindex, mtu, out, 0 };
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh;
	int err;

	nlh = netlink_request(buf, RTM_GETLINK, NLM_F_DUMP);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	err = netlink_ask(nlh, link_take, &search);
	if (err)
		return err;
	return search.count > STACKED_UPPERS ? -E2BIG : search.count;
}
