// SPDX-License-Identifier: GPL-2.0-only
#include "host/txcount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/netdev_attr.h"

int txcount_open(const struct iface *iface)
{
	int dir = netdev_attr_open(iface);
	int fd;

	if (dir < 0)
		return dir;
	fd = openat(dir, "statistics/tx_packets", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(dir);
	return fd;
}

int txcount_read(int fd, uint64_t *frames)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	*frames = strtoull(text, NULL, 10);
	return 0;
}
