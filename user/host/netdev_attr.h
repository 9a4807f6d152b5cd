/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sysfs says of an interface. A sysfs shows the network namespace it was
 * mounted in, which need not be ours (`nsenter -n`, `unshare -n`): an interface
 * is taken for the one that was meant only if name, index and link address all
 * agree, else it is -EXDEV.
 */
#ifndef XRTT_HOST_NETDEV_ATTR_H
#define XRTT_HOST_NETDEV_ATTR_H

#include "host/iface.h"

/* A number of /sys/class/net/IFACE/. 0, -EXDEV, -ENOENT, or -errno. */
int netdev_attr_read(const struct iface *iface, const char *attr,
		     uint64_t *value);
int netdev_attr_write(const struct iface *iface, const char *attr,
		      uint64_t value);

/* A descriptor for the interface's directory, or as above. */
int netdev_attr_open(const struct iface *iface);

/* Whether there is hardware (or what a virtual machine takes for it). */
bool netdev_has_device(const struct iface *iface);

/* Whether it stands on another interface (VLAN, bond, bridge). */
bool netdev_has_lower(const struct iface *iface);

/* Reads a small file whole, and ends the text. 0 or -errno; what does not fit
 * is -EFBIG. `dir` as for openat(2). */
int text_file_read(int dir, const char *path, char *text, size_t size);

/* The first line of a file below another root ("" is the real one), without
 * its end and blanks before that. False, and "", where there is none. */
bool line_file_read(const char *root, const char *path, char *out, size_t size);

/* A file that is one number. 0, -EINVAL if it is none, or -errno. */
int number_file_read(int dir, const char *path, uint64_t *value);
int number_file_write(int dir, const char *path, uint64_t value);

#endif
