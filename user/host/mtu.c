// SPDX-License-Identifier: GPL-2.0-only
#include "host/mtu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "host/netdev_attr.h"
#include "host/netlink.h"

int mtu_read(int ifindex, uint64_t *value)
{
	struct iface iface;
	int err = iface_read_index(ifindex, &iface);

	if (!err)
		*value = iface.mtu;
	return err;
}

int mtu_write(int ifindex, uint64_t value)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_SETLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));

	if (value > UINT32_MAX)
		return -ERANGE;
	info->ifi_index = ifindex;
	mnl_attr_put_u32(nlh, IFLA_MTU, value);
	return netlink_ask(nlh, NULL, NULL);
}

static const char *ip6_path(const char *ifname, char path[96])
{
	snprintf(path, 96, "/proc/sys/net/ipv6/conf/%s/mtu", ifname);
	return path;
}

int mtu_read_ip6(const char *ifname, uint64_t *value)
{
	char path[96];

	return number_file_read(AT_FDCWD, ip6_path(ifname, path), value);
}

int mtu_write_ip6(const char *ifname, uint64_t value)
{
	char path[96];

	return number_file_write(AT_FDCWD, ip6_path(ifname, path), value);
}
