// SPDX-License-Identifier: GPL-2.0-only
#include "host/genetlink.h"

#include <errno.h>
#include <sys/socket.h>

#define FAMILY "netdev"

static int ask(struct mnl_socket *nl, struct nlmsghdr *request, mnl_cb_t each,
	       void *data)
{
	char buf[MNL_SOCKET_BUFFER_SIZE * 2];
	ssize_t size;
	int more;

	request->nlmsg_seq = 1;
	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		size = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (size < 0)
			return -errno;
		more = mnl_cb_run(buf, size, 1, mnl_socket_get_portid(nl), each,
				  data);
	} while (more > MNL_CB_STOP);
	return more < 0 ? -errno : 0;
}

static struct nlmsghdr *generic_request(char *buf, uint16_t type, uint8_t cmd,
					uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *generic;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	generic = mnl_nlmsg_put_extra_header(nlh, sizeof(*generic));
	generic->cmd = cmd;
	generic->version = 1;
	return nlh;
}

static int family_read(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	uint16_t *id = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			*id = mnl_attr_get_u16(attr);
	}
	return MNL_CB_OK;
}

int netdev_ask(const struct netdev_question *question, mnl_cb_t each,
	       void *data)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *nl;
	struct nlmsghdr *nlh;
	uint16_t family = 0;
	int err;

	nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl)
		return -errno;
	err = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ? -errno : 0;
	if (err)
		goto out;
	nlh = generic_request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, FAMILY);
	err = ask(nl, nlh, family_read, &family);
	if (err)
		goto out;
	nlh = generic_request(buf, family, question->command, question->flags);
	mnl_attr_put_u32(nlh, question->ifindex_attr, question->ifindex);
	err = ask(nl, nlh, each, data);
out:
	mnl_socket_close(nl);
	return err;
}
