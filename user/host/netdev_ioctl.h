/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls of an interface that take a structure, through one door. */
#ifndef XRTT_HOST_NETDEV_IOCTL_H
#define XRTT_HOST_NETDEV_IOCTL_H

/* `request` is SIOCETHTOOL, SIOCGHWTSTAMP and their like, `data` what its
 * ifr_data points to. 0, -ENODEV, -EOPNOTSUPP, -EPERM, or -errno. */
int netdev_ioctl(const char *ifname, unsigned long request, void *data);

#endif
