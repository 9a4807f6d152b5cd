// SPDX-License-Identifier: GPL-2.0-only
#include "host/hook.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/clsact.h"
#include "host/feature.h"

#define MPROG_BEFORE (1U << 3) /* as HOOK_TCX_* */

/* A killed owner takes up to 69 ms to go and its links some 10 ms more. */
#define BUSY_PATIENCE_NS (200 * NSEC_PER_MSEC)

struct hook {
	const char *how;
	const char *why;
	int link; /* -1: clsact */
	struct clsact_filter filter;
};

static int link_create(int prog_fd, int ifindex, int type, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	int fd = bpf_link_create(prog_fd, ifindex, type, &opts);

	return fd < 0 ? -errno : fd;
}

static struct hook *hook_new(const char *how, int link)
{
	struct hook *hook = calloc(1, sizeof(*hook));

	if (hook) {
		hook->how = how;
		hook->link = link;
	} else if (link >= 0) {
		close(link);
	}
	return hook;
}

struct hook *hook_attach_xdp(const struct iface *iface, int prog_fd, int *err)
{
	const struct timespec pause = { .tv_nsec = 5 * NSEC_PER_MSEC };
	mono_t until = mono_add(mono_now(), span_ns(BUSY_PATIENCE_NS));
	struct hook *hook;
	int fd;

	while ((fd = link_create(prog_fd, iface->index, BPF_XDP,
				 XDP_FLAGS_DRV_MODE)) == -EBUSY &&
	       mono_before(mono_now(), until))
		nanosleep(&pause, NULL);
	if (fd < 0) {
		*err = fd == -EEXIST ? -EBUSY : fd;
		return NULL;
	}
	hook = hook_new("native XDP", fd);
	*err = hook ? 0 : -ENOMEM;
	return hook;
}

static struct hook *attach_clsact(int ifindex, int prog_fd, bool egress,
				  int *err)
{
	struct hook *hook = hook_new("clsact", -1);

	if (!hook) {
		*err = -ENOMEM;
		return NULL;
	}
	*err = clsact_attach(ifindex, egress, prog_fd, &hook->filter);
	if (*err) {
		free(hook);
		return NULL;
	}
	return hook;
}

/* Whether `err` is a kernel's that does not know the attach type, and not tcx's
 * own refusal. */
static bool has_no_tcx(const struct iface *iface, int err)
{
	return (err == -EINVAL || err == -EOPNOTSUPP) &&
	       feature_tcx(iface->index) == -EINVAL;
}

struct hook *hook_attach_tc(const struct iface *iface, int prog_fd, bool egress,
			    enum tc_attach how, int *err)
{
	struct hook *hook;
	int fd;

	if (how == TC_ATTACH_CLSACT)
		return attach_clsact(iface->index, prog_fd, egress, err);
	fd = link_create(prog_fd, iface->index,
			 egress ? HOOK_TCX_EGRESS : HOOK_TCX_INGRESS,
			 MPROG_BEFORE);
	if (fd >= 0) {
		hook = hook_new("tcx", fd);
		*err = hook ? 0 : -ENOMEM;
		return hook;
	}
	*err = fd;
	if (how != TC_ATTACH_AUTO || !has_no_tcx(iface, fd))
		return NULL;
	hook = attach_clsact(iface->index, prog_fd, egress, err);
	if (hook)
		hook->why = "this kernel has no tcx (Linux 6.6 has)";
	return hook;
}

void hook_detach(struct hook *hook)
{
	if (!hook)
		return;
	if (hook->link >= 0) {
		bpf_link_detach(hook->link);
		close(hook->link);
	} else {
		clsact_detach(&hook->filter);
	}
	free(hook);
}

const char *hook_how(const struct hook *hook)
{
	return hook->how;
}

const char *hook_why(const struct hook *hook)
{
	return hook->why;
}

const char *hook_tc_refusal(const struct iface *iface, enum tc_attach how,
			    int err)
{
	if (how == TC_ATTACH_TCX && has_no_tcx(iface, err))
		return "this kernel has no tcx (Linux 6.6 has); --tc auto "
		       "takes clsact instead";
	return strerror(-err);
}
