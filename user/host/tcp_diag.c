// SPDX-License-Identifier: GPL-2.0-only
#include "host/tcp_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "host/netlink.h"
#include "model/time.h"

/* The kernel's include/net/tcp_states.h. */
#define STATES ((1 << 1) | (1 << 4) | (1 << 5) | (1 << 8))

#define INFO_BYTES (offsetof(struct tcp_info, tcpi_min_rtt) + sizeof(uint32_t))
#define NO_MIN_RTT UINT32_MAX

struct list {
	const struct address *to;
	struct mine *entry;
	size_t n;
	size_t room;
};

static bool is_to(const struct inet_diag_msg *m, const struct address *to)
{
	struct address far;

	address_set(&far, m->idiag_family, m->id.idiag_dst);
	if (memcmp(far.octets, to->octets, sizeof(far.octets)))
		return false;
	return !to->scope || !m->id.idiag_if || m->id.idiag_if == to->scope;
}

bool tcp_diag_parse(const struct nlmsghdr *answer, const struct address *to,
		    struct mine *out)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(answer);
	const struct nlattr *table[INET_DIAG_INFO + 1];
	const struct nlattr *attr;
	struct tcp_info info;

	if (answer->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(*m) || !is_to(m, to))
		return false;
	netlink_attributes(answer, sizeof(*m), table, INET_DIAG_INFO);
	attr = table[INET_DIAG_INFO];
	if (!attr || mnl_attr_get_payload_len(attr) < INFO_BYTES)
		return false;
	memcpy(&info, mnl_attr_get_payload(attr), INFO_BYTES);
	*out = (struct mine){
		.local_port = ntohs(m->id.idiag_sport),
		.remote_port = ntohs(m->id.idiag_dport),
		.rtt_ns = info.tcpi_rtt * NSEC_PER_USEC,
		.flow_class = -1,
		.faster_hosts_ns = -1,
	};
	if (info.tcpi_min_rtt != NO_MIN_RTT)
		out->min_rtt_ns = info.tcpi_min_rtt * NSEC_PER_USEC;
	return true;
}

static int collect(const struct nlmsghdr *answer, void *data)
{
	struct list *list = data;
	struct mine found;

	if (!tcp_diag_parse(answer, list->to, &found))
		return MNL_CB_OK;
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct mine *more =
			reallocarray(list->entry, room, sizeof(*more));

		if (!more)
			return MNL_CB_ERROR;
		list->entry = more;
		list->room = room;
	}
	list->entry[list->n++] = found;
	return MNL_CB_OK;
}

/* One jump: on to the end where the far address is that one, past the end,
 * which is to refuse, where it is not. The kernel holds an IPv4 address against
 * mapped ones too. */
static void put_filter(struct nlmsghdr *request, const struct address *to)
{
	struct {
		struct inet_diag_bc_op op;
		struct inet_diag_hostcond cond;
		uint8_t address[16];
	} code = {
		.op = { .code = INET_DIAG_BC_D_COND },
		.cond = { .family = to->family,
			  .prefix_len = 8 * address_size(to),
			  .port = -1 },
	};
	size_t size = offsetof(typeof(code), address) + address_size(to);

	memcpy(code.address, address_raw(to), address_size(to));
	code.op.yes = size;
	code.op.no = size + sizeof(code.op);
	mnl_attr_put(request, INET_DIAG_REQ_BYTECODE, size, &code);
}

static int dump(int family, struct list *list)
{
	struct inet_diag_req_v2 *ask;
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh;

	nlh = netlink_request(buf, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
	ask = mnl_nlmsg_put_extra_header(nlh, sizeof(*ask));
	ask->sdiag_family = family;
	ask->sdiag_protocol = IPPROTO_TCP;
	ask->idiag_ext = 1 << (INET_DIAG_INFO - 1);
	ask->idiag_states = STATES;
	put_filter(nlh, list->to);
	return netlink_dump(NETLINK_SOCK_DIAG, nlh, collect, list);
}

static int by_port(const void *a, const void *b)
{
	const struct mine *x = a, *y = b;

	if (x->local_port != y->local_port)
		return x->local_port < y->local_port ? -1 : 1;
	return (x->remote_port > y->remote_port) -
	       (x->remote_port < y->remote_port);
}

int tcp_diag_connections(const struct address *to, struct mine **out, size_t *n)
{
	struct list list = { .to = to };
	int err = 0;

	if (to->family == AF_INET)
		err = dump(AF_INET, &list);
	/* Without IPv6 there is no socket of it. */
	if (!err) {
		err = dump(AF_INET6, &list);
		if (to->family == AF_INET && err == -ENOENT)
			err = 0;
	}
	if (err) {
		free(list.entry);
		return err;
	}
	if (list.n)
		qsort(list.entry, list.n, sizeof(*list.entry), by_port);
	*out = list.entry;
	*n = list.n;
	return 0;
}
