/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces without a name: one lives as long as a descriptor, a
 * thread, or a link's other end refers to it, so it goes with the process, even
 * on kill -9, and takes its links along.
 */
#ifndef XRTT_HOST_NETNS_H
#define XRTT_HOST_NETNS_H

/*
 * A new one, empty but for a `lo` that is down; the caller stays where it is.
 * The descriptor is the caller's to close(). -EPERM without CAP_SYS_ADMIN,
 * -EINVAL or -ENOSYS where the kernel has none, or -errno.
 */
int netns_new(void);

/* The calling thread's own, to come back to. Descriptor, or -errno. */
int netns_current(void);

/*
 * Takes the calling thread there. Sockets and attached programs stay where they
 * were made, and what it opens from now on is there. 0 or -errno: -EPERM also
 * when leaving a namespace of one's own for the host's without CAP_SYS_ADMIN
 * in the host's user namespace.
 */
int netns_enter(int fd);

#endif
