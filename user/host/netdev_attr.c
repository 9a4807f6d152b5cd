// SPDX-License-Identifier: GPL-2.0-only
#include "host/netdev_attr.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int text_file_read(int dir, const char *path, char *text, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + length, size - length)) > 0) {
		length += n;
		if (length == size) {
			err = -EFBIG;
			goto out;
		}
	}
	if (n < 0)
		err = -errno;
out:
	close(fd);
	text[err ? 0 : length] = '\0';
	return err;
}

bool line_file_read(const char *root, const char *path, char *out, size_t size)
{
	char whole[512];
	size_t length;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	*out = '\0';
	if (text_file_read(AT_FDCWD, whole, out, size))
		return false;
	length = strcspn(out, "\n");
	while (length && out[length - 1] == ' ')
		length--;
	out[length] = '\0';
	return length;
}

int number_file_read(int dir, const char *path, uint64_t *value)
{
	char text[64], *end;
	int err;

	err = text_file_read(dir, path, text, sizeof(text));
	if (err)
		return err;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno || end == text ? -EINVAL : 0;
}

int number_file_write(int dir, const char *path, uint64_t value)
{
	int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	int length, err = 0;
	char text[24];

	if (fd < 0)
		return -errno;
	length = snprintf(text, sizeof(text), "%" PRIu64, value);
	if (write(fd, text, length) != length)
		err = -errno;
	close(fd);
	return err;
}

static bool is_the_one(int dir, const struct iface *iface)
{
	const uint8_t *mac = iface->mac;
	char expected[32], text[128];
	uint64_t index;

	if (number_file_read(dir, "ifindex", &index) ||
	    index != (uint64_t)iface->index ||
	    text_file_read(dir, "address", text, sizeof(text)))
		return false;
	/* Six octets are all that we know of a longer or an absent one. */
	if (strlen(text) != 18)
		return true;
	snprintf(expected, sizeof(expected), "%02x:%02x:%02x:%02x:%02x:%02x\n",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return !strcmp(text, expected);
}

int netdev_attr_open(const struct iface *iface)
{
	char path[64];
	int dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s", iface->name);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -EXDEV : -errno;
	if (!is_the_one(dir, iface)) {
		close(dir);
		return -EXDEV;
	}
	return dir;
}

int netdev_attr_read(const struct iface *iface, const char *attr,
		     uint64_t *value)
{
	int dir = netdev_attr_open(iface);
	int err;

	if (dir < 0)
		return dir;
	err = number_file_read(dir, attr, value);
	close(dir);
	return err;
}

int netdev_attr_write(const struct iface *iface, const char *attr,
		      uint64_t value)
{
	int dir = netdev_attr_open(iface);
	int err;

	if (dir < 0)
		return dir;
	err = number_file_write(dir, attr, value);
	close(dir);
	return err;
}

bool netdev_has_device(const struct iface *iface)
{
	int dir = netdev_attr_open(iface);
	bool has;

	if (dir < 0)
		return true;
	has = !faccessat(dir, "device", F_OK, 0);
	close(dir);
	return has;
}

bool netdev_has_lower(const struct iface *iface)
{
	int dir = netdev_attr_open(iface);
	const struct dirent *entry;
	bool has = false;
	DIR *list;

	if (dir < 0)
		return false;
	list = fdopendir(dir);
	if (!list) {
		close(dir);
		return false;
	}
	while (!has && (entry = readdir(list)))
		has = !strncmp(entry->d_name, "lower_", 6);
	closedir(list);
	return has;
}
