// SPDX-License-Identifier: GPL-2.0-only
#include "host/netdev_ioctl.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int netdev_ioctl(const char *ifname, unsigned long request, void *data)
{
	struct ifreq ifr = { .ifr_data = data };
	int fd, err = 0;

	if (strlen(ifname) >= sizeof(ifr.ifr_name))
		return -ENODEV;
	strcpy(ifr.ifr_name, ifname);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, request, &ifr))
		err = -errno;
	close(fd);
	return err;
}
