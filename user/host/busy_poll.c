// SPDX-License-Identifier: GPL-2.0-only
#include "host/busy_poll.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <sys/socket.h>

/* linux/netdev.h, which the headers of Debian 12 do not have. */
#define NETDEV_FAMILY "netdev"
#define NETDEV_NAPI_GET 11
#define NETDEV_NAPI_IFINDEX 1
#define NETDEV_NAPI_ID 2

#define POLL_USECS 50
#define POLL_BUDGET 64

static bool option_set(int fd, int option, int value)
{
	socklen_t size = sizeof(int);
	int took = 0;

	if (setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)))
		return false;
	/* A kernel that set it need not be able to tell. */
	if (getsockopt(fd, SOL_SOCKET, option, &took, &size)) {
		errno = 0;
		return true;
	}
	errno = 0;
	return took == value;
}

static void option_say(const char *name, const char *ifname,
		       const struct tune_sink *sink)
{
	tune_say(sink, "%s: %s not set: %s", ifname, name,
		 errno == ENOPROTOOPT ? "this kernel has no such option"
		 : errno	      ? tune_error(-errno)
				      : "the kernel keeps another value");
}

struct busy_poll busy_poll_set(int fd, const char *ifname,
			       const struct tune_sink *sink)
{
	struct busy_poll b;

	b.polls = option_set(fd, SO_BUSY_POLL, POLL_USECS);
	if (!b.polls)
		option_say("SO_BUSY_POLL", ifname, sink);
	b.prefers = option_set(fd, SO_PREFER_BUSY_POLL, 1);
	if (!b.prefers)
		option_say("SO_PREFER_BUSY_POLL", ifname, sink);
	b.budgets = option_set(fd, SO_BUSY_POLL_BUDGET, POLL_BUDGET);
	if (!b.budgets)
		option_say("SO_BUSY_POLL_BUDGET", ifname, sink);
	return b;
}

/* ---- the kernel's list of NAPI instances --------------------------------- */

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

static int napi_read(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	unsigned int *count = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == NETDEV_NAPI_ID)
			++*count;
	}
	return MNL_CB_OK;
}

static int napi_count(int ifindex, unsigned int *count)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *nl;
	struct nlmsghdr *nlh;
	uint16_t family = 0;
	int err;

	*count = 0;
	nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl)
		return -errno;
	err = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ? -errno : 0;
	if (err)
		goto out;
	nlh = generic_request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	err = ask(nl, nlh, family_read, &family);
	if (err)
		goto out;
	nlh = generic_request(buf, family, NETDEV_NAPI_GET, NLM_F_DUMP);
	mnl_attr_put_u32(nlh, NETDEV_NAPI_IFINDEX, ifindex);
	err = ask(nl, nlh, napi_read, count);
out:
	mnl_socket_close(nl);
	return err;
}

int busy_poll_probe(const struct iface *iface, int fd)
{
	socklen_t size = sizeof(int);
	unsigned int count;
	int id = 0;

	if (!getsockopt(fd, SOL_SOCKET, SO_INCOMING_NAPI_ID, &id, &size) && id)
		return 0;
	if (napi_count(iface->index, &count))
		return -EAGAIN;
	return count ? 0 : -EOPNOTSUPP;
}
