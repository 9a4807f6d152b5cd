// SPDX-License-Identifier: GPL-2.0-only
#include "host/clsact.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "host/netlink.h"
#include "model/time.h"

/* Set in the handle of the filter whose run also made the qdisc: the one fact
 * about a crashed run that must outlive it. */
#define HANDLE_MADE_QDISC 0x80000000U

/* All our programs are called so; the kernel shows "name:[id]". */
#define PROGRAM_PREFIX "xrtt_"

#define LOCK_TRIES 400

/* The owner's socket, or -errno: -EADDRINUSE where the owner lives. */
static int owner_bind(int ifindex, uint32_t handle)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len;
	int fd, err;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* sun_path[0] == 0: the abstract namespace. */
	len = offsetof(struct sockaddr_un, sun_path) + 1 +
	      snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1,
		       "xrtt/tc/%d/%08x", ifindex, handle & ~HANDLE_MADE_QDISC);
	if (bind(fd, (struct sockaddr *)&sun, len)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* The name that no filter has: whoever holds it may make and remove the qdisc
 * of an interface. A descriptor to close, or -errno. */
static int qdisc_lock(int ifindex)
{
	const struct timespec pause = { .tv_nsec = 5 * NSEC_PER_MSEC };
	int fd = -EADDRINUSE;

	for (int i = 0; i < LOCK_TRIES && fd == -EADDRINUSE; i++) {
		if (i)
			nanosleep(&pause, NULL);
		fd = owner_bind(ifindex, 0);
	}
	return fd;
}

struct filter_list {
	int ifindex;
	bool egress;
	unsigned int all;   /* filters of anybody's */
	unsigned int count; /* of ours, in `found` */
	struct clsact_filter found[64];
};

static bool filter_is_ours(const struct nlattr *options)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, options)
	{
		if (mnl_attr_get_type(attr) == TCA_BPF_NAME)
			return !strncmp(mnl_attr_get_str(attr), PROGRAM_PREFIX,
					strlen(PROGRAM_PREFIX));
	}
	return false;
}

static int filter_read(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[TCA_MAX + 1];
	struct filter_list *list = data;

	netlink_attributes(nlh, sizeof(*tcm), tb, TCA_MAX);
	/* The dump lists each chain's head as well, with handle 0. */
	if (!tcm->tcm_handle || !tb[TCA_KIND])
		return MNL_CB_OK;
	list->all++;
	if (strcmp(mnl_attr_get_str(tb[TCA_KIND]), "bpf") || !tb[TCA_OPTIONS] ||
	    !filter_is_ours(tb[TCA_OPTIONS]) ||
	    list->count == sizeof(list->found) / sizeof(*list->found))
		return MNL_CB_OK;
	list->found[list->count++] = (struct clsact_filter){
		.ifindex = list->ifindex,
		.egress = list->egress,
		.handle = tcm->tcm_handle,
		.priority = TC_H_MAJ(tcm->tcm_info) >> 16,
		.owner = -1,
	};
	return MNL_CB_OK;
}

static int filters_list(int ifindex, bool egress, struct filter_list *list)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh;
	struct tcmsg *tcm;

	list->ifindex = ifindex;
	list->egress = egress;
	list->all = 0;
	list->count = 0;
	nlh = netlink_request(buf, RTM_GETTFILTER, NLM_F_DUMP);
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = ifindex;
	tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS
							: TC_H_MIN_INGRESS);
	return netlink_ask(nlh, filter_read, list);
}

static int filter_remove(const struct clsact_filter *f)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = f->ifindex,
		    .attach_point = f->egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = f->handle,
		    .priority = f->priority);

	return bpf_tc_detach(&hook, &opts);
}

static void qdisc_remove_if_empty(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct filter_list in, out;

	if (!filters_list(ifindex, false, &in) && !in.all &&
	    !filters_list(ifindex, true, &out) && !out.all)
		bpf_tc_hook_destroy(&hook);
}

static bool list_made_qdisc(const struct filter_list *list)
{
	for (unsigned int i = 0; i < list->count; i++) {
		if (list->found[i].handle & HANDLE_MADE_QDISC)
			return true;
	}
	return false;
}

/* Whichever xrtt goes last takes the qdisc along, so the mark is handed on. */
static bool qdisc_is_ours(int ifindex)
{
	struct filter_list in, out;

	return (!filters_list(ifindex, false, &in) && list_made_qdisc(&in)) ||
	       (!filters_list(ifindex, true, &out) && list_made_qdisc(&out));
}

static int attach(int ifindex, bool egress, int prog_fd,
		  struct clsact_filter *out)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd);
	bool made;
	int err;

	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err;
	made = !err || qdisc_is_ours(ifindex);
	do {
		if (getrandom(&opts.handle, sizeof(opts.handle), 0) < 0)
			return -errno;
		opts.handle = (opts.handle & ~HANDLE_MADE_QDISC) | 1;
		out->owner = owner_bind(ifindex, opts.handle);
	} while (out->owner == -EADDRINUSE);
	if (out->owner < 0)
		return out->owner;
	if (made)
		opts.handle |= HANDLE_MADE_QDISC;
	/* Priority 0: the kernel picks one ahead of every other filter's. */
	err = bpf_tc_attach(&hook, &opts);
	if (err) {
		close(out->owner);
		if (made)
			qdisc_remove_if_empty(ifindex);
		return err;
	}
	out->ifindex = ifindex;
	out->egress = egress;
	out->handle = opts.handle;
	out->priority = opts.priority;
	return 0;
}

int clsact_attach(int ifindex, bool egress, int prog_fd,
		  struct clsact_filter *out)
{
	int lock = qdisc_lock(ifindex);
	int err;

	if (lock < 0)
		return lock;
	err = attach(ifindex, egress, prog_fd, out);
	close(lock);
	return err;
}

void clsact_detach(struct clsact_filter *filter)
{
	int lock = qdisc_lock(filter->ifindex);

	filter_remove(filter);
	if (filter->handle & HANDLE_MADE_QDISC)
		qdisc_remove_if_empty(filter->ifindex);
	close(filter->owner);
	if (lock >= 0)
		close(lock);
}

static int sweep_direction(int ifindex, bool egress, bool *made_qdisc)
{
	struct filter_list list;
	int removed = 0;
	int err;

	err = filters_list(ifindex, egress, &list);
	/* No qdisc, no filters. */
	if (err)
		return err == -EINVAL || err == -ENOENT ? 0 : err;
	for (unsigned int i = 0; i < list.count; i++) {
		int owner = owner_bind(ifindex, list.found[i].handle);

		if (owner < 0)
			continue;
		if (!filter_remove(&list.found[i])) {
			removed++;
			if (list.found[i].handle & HANDLE_MADE_QDISC)
				*made_qdisc = true;
		}
		close(owner);
	}
	return removed;
}

static int sweep(int ifindex)
{
	bool made_qdisc = false;
	int in, out;

	in = sweep_direction(ifindex, false, &made_qdisc);
	if (in < 0)
		return in;
	out = sweep_direction(ifindex, true, &made_qdisc);
	if (out < 0)
		return out;
	if (made_qdisc)
		qdisc_remove_if_empty(ifindex);
	return in + out;
}

int clsact_sweep(int ifindex)
{
	int lock = qdisc_lock(ifindex);
	int removed;

	if (lock < 0)
		return lock;
	removed = sweep(ifindex);
	close(lock);
	return removed;
}
