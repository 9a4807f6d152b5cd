/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel's BPF can do, found out by doing it. */
#ifndef XRTT_HOST_FEATURE_H
#define XRTT_HOST_FEATURE_H

#include <linux/bpf.h>

/*
 * Whether a program of that type that calls the helper loads: 0, -EINVAL (the
 * kernel has no such helper, or not for that type), -EPERM, or -errno.
 */
int feature_helper(enum bpf_prog_type type, enum bpf_func_id helper);

/* Whether tcx is there: 0, -EINVAL (it is not), -EPERM, or -errno. */
int feature_tcx(int ifindex);

#endif
