/* SPDX-License-Identifier: GPL-2.0-only */
/* A cable of the kernel's: what enters one end comes out of the other. */
#ifndef XRTT_HOST_VETH_H
#define XRTT_HOST_VETH_H

/*
 * Makes a pair, both ends down, with MAC addresses of the kernel's choice: `a`
 * in the calling thread's network namespace, `b` in the one that the descriptor
 * refers to. It goes with either namespace. 0, -EEXIST (a name is taken),
 * -EOPNOTSUPP (the kernel has no veth), -EPERM, or -errno.
 */
int veth_pair_create(const char *a, const char *b, int netns_fd_b);

#endif
