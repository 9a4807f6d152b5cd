// SPDX-License-Identifier: GPL-2.0-only
#include "host/iface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/netlink.h"

struct link {
	struct iface *iface;
	int peer_index; /* IFLA_LINK: of a veth its other end, of a VLAN what
			   is below it */
	int peer_netns; /* netns id of that end, -1 for our own */
};

static void link_read_xdp(const struct nlattr *nest, uint32_t *id)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == IFLA_XDP_PROG_ID)
			*id = mnl_attr_get_u32(attr);
	}
}

static uint16_t vlan_read(const struct nlattr *nest)
{
	const struct nlattr *tb[IFLA_VLAN_MAX + 1];
	const struct nlattr *attr;

	memset(tb, 0, sizeof(tb));
	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) <= IFLA_VLAN_MAX)
			tb[mnl_attr_get_type(attr)] = attr;
	}
	if (!tb[IFLA_VLAN_ID] || !tb[IFLA_VLAN_PROTOCOL] ||
	    mnl_attr_get_u16(tb[IFLA_VLAN_PROTOCOL]) != htons(ETH_P_8021Q))
		return 0;
	return mnl_attr_get_u16(tb[IFLA_VLAN_ID]);
}

static void link_read_info(const struct nlattr *nest, struct iface *i)
{
	const char *kind = netlink_nested_text(nest, IFLA_INFO_KIND);
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_DATA &&
		    !strcmp(kind, "vlan"))
			i->vlan = vlan_read(attr);
	}
	i->is_veth = !strcmp(kind, "veth");
}

static int link_read(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[IFLA_MAX + 1];
	struct link *link = data;
	struct iface *i = link->iface;

	netlink_attributes(nlh, sizeof(*info), tb, IFLA_MAX);
	i->index = info->ifi_index;
	i->link_type = info->ifi_type;
	i->link_header = info->ifi_type == ARPHRD_ETHER ||
					 info->ifi_type == ARPHRD_LOOPBACK
				 ? 14
				 : 0;
	i->is_up = info->ifi_flags & IFF_UP;
	if (tb[IFLA_IFNAME])
		strncpy(i->name, mnl_attr_get_str(tb[IFLA_IFNAME]),
			sizeof(i->name) - 1);
	if (tb[IFLA_CARRIER])
		i->has_carrier = mnl_attr_get_u8(tb[IFLA_CARRIER]);
	if (tb[IFLA_MTU])
		i->mtu = mnl_attr_get_u32(tb[IFLA_MTU]);
	if (tb[IFLA_ADDRESS] &&
	    mnl_attr_get_payload_len(tb[IFLA_ADDRESS]) == sizeof(i->mac))
		memcpy(i->mac, mnl_attr_get_payload(tb[IFLA_ADDRESS]),
		       sizeof(i->mac));
	if (tb[IFLA_XDP])
		link_read_xdp(tb[IFLA_XDP], &i->xdp_prog_id);
	if (tb[IFLA_LINKINFO])
		link_read_info(tb[IFLA_LINKINFO], i);
	if (tb[IFLA_LINK])
		link->peer_index = mnl_attr_get_u32(tb[IFLA_LINK]);
	if (tb[IFLA_LINK_NETNSID])
		link->peer_netns = mnl_attr_get_u32(tb[IFLA_LINK_NETNSID]);
	return MNL_CB_OK;
}

static int link_ask(int index, const char *name, int netns, struct link *link)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETLINK, 0);
	struct ifinfomsg *info;

	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_index = index;
	if (name)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	if (netns >= 0)
		mnl_attr_put_u32(nlh, IFLA_TARGET_NETNSID, netns);
	return netlink_ask(nlh, link_read, link);
}

static void iface_read_driver(struct iface *i)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = { .ifr_data = (void *)&info };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	memcpy(ifr.ifr_name, i->name, sizeof(ifr.ifr_name));
	if (!ioctl(fd, SIOCETHTOOL, &ifr))
		memcpy(i->driver, info.driver, sizeof(i->driver) - 1);
	close(fd);
}

/* The other end of a veth often lives in another namespace, which the kernel
 * shows us by the id it gave it. */
static void iface_read_peer(struct iface *i, const struct link *link)
{
	struct iface peer = {};
	struct link peer_link = { .iface = &peer };

	if (!i->is_veth || !link->peer_index ||
	    link_ask(link->peer_index, NULL, link->peer_netns, &peer_link))
		return;
	i->peer_known = true;
	i->peer_has_xdp = peer.xdp_prog_id != 0;
}

static int iface_fill(int index, const char *name, struct iface *out)
{
	struct link link = { .iface = out, .peer_netns = -1 };
	int err;

	memset(out, 0, sizeof(*out));
	err = link_ask(index, name, -1, &link);
	if (err)
		return err;
	if (out->vlan)
		out->lower = link.peer_index;
	iface_read_driver(out);
	iface_read_peer(out, &link);
	return 0;
}

int iface_read(const char *name, struct iface *out)
{
	if (strlen(name) >= IF_NAMESIZE)
		return -ENODEV;
	return iface_fill(0, name, out);
}

int iface_read_index(int index, struct iface *out)
{
	return iface_fill(index, NULL, out);
}
