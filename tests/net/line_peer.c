// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include "line.h"

struct link_request {
	struct nlmsghdr header;
	struct ifinfomsg info;
	struct rtattr attribute;
	int32_t nsid;
};

struct link_reply {
	char bytes[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtattr *attributes;
	int len;
};

/* nsid < 0: this namespace. */
static int link_get(unsigned int ifindex, int nsid, struct link_reply *reply)
{
	struct link_request request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.info = { .ifi_index = ifindex },
		.attribute = { .rta_len = RTA_LENGTH(sizeof(int32_t)),
			       .rta_type = IFLA_TARGET_NETNSID },
		.nsid = nsid,
	};
	struct nlmsghdr *header = (struct nlmsghdr *)reply->bytes;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (nsid >= 0)
		request.header.nlmsg_len = sizeof(request);
	n = send(fd, &request, request.header.nlmsg_len, 0);
	if (n >= 0)
		n = recv(fd, reply->bytes, sizeof(reply->bytes), 0);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	if (!NLMSG_OK(header, n) || header->nlmsg_type != RTM_NEWLINK)
		return -ENOENT;
	reply->attributes = IFLA_RTA(NLMSG_DATA(header));
	reply->len = IFLA_PAYLOAD(header);
	return 0;
}

static struct rtattr *attribute_find(struct rtattr *at, int len, int type)
{
	for (; RTA_OK(at, len); at = RTA_NEXT(at, len))
		if ((at->rta_type & NLA_TYPE_MASK) == type)
			return at;
	return NULL;
}

int line_peer_has_xdp(unsigned int ifindex)
{
	struct link_reply reply;
	struct rtattr *at;
	int peer, nsid = -1;
	int err;

	err = link_get(ifindex, -1, &reply);
	if (err)
		return err;
	at = attribute_find(reply.attributes, reply.len, IFLA_LINK);
	if (!at)
		return -ENODEV;
	memcpy(&peer, RTA_DATA(at), sizeof(peer));
	at = attribute_find(reply.attributes, reply.len, IFLA_LINK_NETNSID);
	if (at)
		memcpy(&nsid, RTA_DATA(at), sizeof(nsid));
	err = link_get(peer, nsid, &reply);
	if (err)
		return err;
	at = attribute_find(reply.attributes, reply.len, IFLA_XDP);
	if (at)
		at = attribute_find(RTA_DATA(at), RTA_PAYLOAD(at),
				    IFLA_XDP_ATTACHED);
	return at && *(uint8_t *)RTA_DATA(at) != XDP_ATTACHED_NONE;
}

static int device_ioctl(const char *ifname, int request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", ifname);
	if (ioctl(fd, request, ifr) < 0)
		err = -errno;
	close(fd);
	return err;
}

unsigned int line_queues_count(const char *ifname)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq ifr = { .ifr_data = (void *)&channels };

	if (device_ioctl(ifname, SIOCETHTOOL, &ifr))
		return 1;
	return channels.rx_count + channels.combined_count;
}

int line_mtu_get(const char *ifname)
{
	struct ifreq ifr = { .ifr_mtu = 0 };
	int err = device_ioctl(ifname, SIOCGIFMTU, &ifr);

	return err ? err : ifr.ifr_mtu;
}
