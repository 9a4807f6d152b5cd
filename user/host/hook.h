/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A BPF program attached to an interface, always by a link where the kernel has
 * one, so that it goes with the process, and always at the head of the chain,
 * so that nobody's verdict hides a packet from us. Nobody else's program is
 * ever replaced.
 */
#ifndef XRTT_HOST_HOOK_H
#define XRTT_HOST_HOOK_H

#include <stdbool.h>

#include "host/iface.h"

/* Attach types from linux/bpf.h of 6.6; older headers lack them. */
#define HOOK_TCX_INGRESS 46
#define HOOK_TCX_EGRESS 47

enum tc_attach {
	TC_ATTACH_AUTO, /* tcx, where the kernel has it, else clsact */
	TC_ATTACH_TCX,
	TC_ATTACH_CLSACT,
};

struct hook;

/*
 * Native XDP, never generic. On failure NULL and *err: -EBUSY (somebody else's
 * program is there), -EOPNOTSUPP (the driver has none), -ERANGE or -EINVAL
 * (mostly the MTU), -EPERM.
 */
struct hook *hook_attach_xdp(const struct iface *iface, int prog_fd, int *err);

/* TC, ingress or egress. On failure NULL and *err. */
struct hook *hook_attach_tc(const struct iface *iface, int prog_fd, bool egress,
			    enum tc_attach how, int *err);

/* Takes it off again; NULL is fine. */
void hook_detach(struct hook *hook);

/* "native XDP", "tcx" or "clsact". */
const char *hook_how(const struct hook *hook);

/* Why it is clsact where tcx was wanted; NULL if nothing fell back. */
const char *hook_why(const struct hook *hook);

/* In words: why TC, asked for in that way, refused. */
const char *hook_tc_refusal(const struct iface *iface, enum tc_attach how,
			    int err);

#endif
