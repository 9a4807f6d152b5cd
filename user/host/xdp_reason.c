// SPDX-License-Identifier: GPL-2.0-only
#include "host/xdp_reason.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "host/netlink.h"

static void put_program(struct nlmsghdr *nlh, int ifindex, int fd,
			uint32_t flags, int expected)
{
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	struct nlattr *xdp;

	info->ifi_index = ifindex;
	xdp = mnl_attr_nest_start(nlh, IFLA_XDP);
	mnl_attr_put_u32(nlh, IFLA_XDP_FD, fd);
	mnl_attr_put_u32(nlh, IFLA_XDP_FLAGS, XDP_FLAGS_DRV_MODE | flags);
	if (flags & XDP_FLAGS_REPLACE)
		mnl_attr_put_u32(nlh, IFLA_XDP_EXPECTED_FD, expected);
	mnl_attr_nest_end(nlh, xdp);
}

/* The extended ack's attributes come behind the message that was refused, of
 * which NETLINK_CAP_ACK leaves the header. */
static void read_words(const struct nlmsghdr *nlh, char *text, size_t size)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	size_t at = sizeof(*error);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		at += error->msg.nlmsg_len - sizeof(error->msg);
	mnl_attr_for_each(attr, nlh, at)
	{
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			snprintf(text, size, "%s", mnl_attr_get_str(attr));
	}
}

/* Whether it was taken. */
static bool offer(struct mnl_socket *nl, struct nlmsghdr *request, char *text,
		  size_t size)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	const struct nlmsgerr *error;
	ssize_t got;

	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return false;
	got = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (got < 0 || !mnl_nlmsg_ok(nlh, got) ||
	    nlh->nlmsg_type != NLMSG_ERROR ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*error))
		return false;
	error = mnl_nlmsg_get_payload(nlh);
	read_words(nlh, text, size);
	return !error->error;
}

void xdp_reason_ask(int ifindex, int prog_fd, char *text, size_t size)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char buf[NETLINK_BUFFER], ignored[8];
	struct nlmsghdr *nlh;
	int on = 1;

	*text = '\0';
	if (!nl)
		return;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &on, sizeof(on)) < 0)
		goto out;
	mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &on, sizeof(on));
	nlh = netlink_request(buf, RTM_SETLINK, 0);
	put_program(nlh, ifindex, prog_fd, XDP_FLAGS_UPDATE_IF_NOEXIST, -1);
	if (offer(nl, nlh, text, size)) {
		*text = '\0';
		nlh = netlink_request(buf, RTM_SETLINK, 0);
		put_program(nlh, ifindex, -1, XDP_FLAGS_REPLACE, prog_fd);
		offer(nl, nlh, ignored, sizeof(ignored));
	}
out:
	mnl_socket_close(nl);
}
