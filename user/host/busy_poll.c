// SPDX-License-Identifier: GPL-2.0-only
#include "host/busy_poll.h"

#include <errno.h>
#include <sys/socket.h>

#include "host/genetlink.h"

/* linux/netdev.h, which the headers of Debian 12 do not have. */
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

int busy_poll_probe(const struct iface *iface, int fd)
{
	socklen_t size = sizeof(int);
	struct netdev_question question = {
		.command = NETDEV_NAPI_GET,
		.flags = NLM_F_DUMP,
		.ifindex_attr = NETDEV_NAPI_IFINDEX,
	};
	unsigned int count = 0;
	int id = 0;

	if (!getsockopt(fd, SOL_SOCKET, SO_INCOMING_NAPI_ID, &id, &size) && id)
		return 0;
	question.ifindex = iface->index;
	if (netdev_ask(&question, napi_read, &count))
		return -EAGAIN;
	return count ? 0 : -EOPNOTSUPP;
}
