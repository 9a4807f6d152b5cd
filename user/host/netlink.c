// SPDX-License-Identifier: GPL-2.0-only
#include "host/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

struct nlmsghdr *netlink_request(char *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		nlh->nlmsg_flags |= NLM_F_ACK;
	nlh->nlmsg_seq = time(NULL);
	return nlh;
}

static int on_error(const struct nlmsghdr *message, void *data)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(message);

	(void)data;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*e)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	errno = -e->error;
	return e->error ? MNL_CB_ERROR : MNL_CB_STOP;
}

static int on_done(const struct nlmsghdr *message, void *data)
{
	const int *error = mnl_nlmsg_get_payload(message);

	(void)data;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*error) || *error >= 0)
		return MNL_CB_STOP;
	errno = -*error;
	return MNL_CB_ERROR;
}

/* libmnl's own handlers do not look into NLMSG_DONE. */
static mnl_cb_t strict[] = {
	[NLMSG_ERROR] = on_error,
	[NLMSG_DONE] = on_done,
};

struct question {
	struct nlmsghdr *request;
	mnl_cb_t *control;
	unsigned int controls;
};

static int exchange(int bus, const struct question *q, mnl_cb_t each,
		    void *data)
{
	char buf[MNL_SOCKET_BUFFER_SIZE * 2];
	struct mnl_socket *nl;
	unsigned int port;
	ssize_t len;
	int err = 0;

	nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, q->request, q->request->nlmsg_len) < 0) {
		err = -errno;
		goto out;
	}
	port = mnl_socket_get_portid(nl);
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0) {
			err = -errno;
			goto out;
		}
		err = mnl_cb_run2(buf, len, q->request->nlmsg_seq, port, each,
				  data, q->control, q->controls);
	} while (err > MNL_CB_STOP);
	err = err < 0 ? -errno : 0;
out:
	mnl_socket_close(nl);
	return err;
}

int netlink_ask(struct nlmsghdr *request, mnl_cb_t each, void *data)
{
	const struct question q = { .request = request };

	return exchange(NETLINK_ROUTE, &q, each, data);
}

int netlink_dump(int bus, struct nlmsghdr *request, mnl_cb_t each, void *data)
{
	const struct question q = {
		.request = request,
		.control = strict,
		.controls = MNL_ARRAY_SIZE(strict),
	};

	return exchange(bus, &q, each, data);
}

void netlink_attributes(const struct nlmsghdr *message, size_t header,
			const struct nlattr **table, unsigned int max)
{
	const struct nlattr *attr;

	memset(table, 0, (max + 1) * sizeof(*table));
	mnl_attr_for_each(attr, message, header)
	{
		if (mnl_attr_get_type(attr) <= max)
			table[mnl_attr_get_type(attr)] = attr;
	}
}

const char *netlink_nested_text(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	if (!nest)
		return "";
	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == type)
			return mnl_attr_get_str(attr);
	}
	return "";
}
