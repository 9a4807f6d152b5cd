// SPDX-License-Identifier: GPL-2.0-only
#include "host/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_DIRECTORY "/var/lib/xrtt"

/* systemd separates several by colons; the first is ours. */
static int directory_path(char out[STATE_PATH])
{
	const char *set = secure_getenv("STATE_DIRECTORY");
	const char *path = set && *set == '/' ? set : STATE_DIRECTORY;
	size_t length = strcspn(path, ":");

	if (length >= STATE_PATH)
		return -ENAMETOOLONG;
	memcpy(out, path, length);
	out[length] = '\0';
	return 0;
}

int state_path(const char *name, char out[STATE_PATH])
{
	size_t length;
	int err = directory_path(out);

	if (err)
		return err;
	length = strlen(out);
	if (length + 1 + strlen(name) >= STATE_PATH)
		return -ENAMETOOLONG;
	snprintf(out + length, STATE_PATH - length, "/%s", name);
	return 0;
}

static int directory_open(void)
{
	char path[STATE_PATH];
	int err = directory_path(path);
	int fd;

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int directory_make(void)
{
	char path[STATE_PATH];
	int err = directory_path(path);

	if (err)
		return err;
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	return directory_open();
}

static int write_all(int fd, const char *data, size_t size)
{
	ssize_t done;

	while (size) {
		done = write(fd, data, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		data += done;
		size -= done;
	}
	return fsync(fd) ? -errno : 0;
}

/* The directory's lock leaves one writer, so that one name will do for the
 * unfinished file, and what a killed writer left is written over. */
static int replace(int dir, const char *name, const void *data, size_t size)
{
	char draft[NAME_MAX + 1];
	int fd, err;

	if (snprintf(draft, sizeof(draft), "%s.new", name) >=
	    (int)sizeof(draft))
		return -ENAMETOOLONG;
	if (flock(dir, LOCK_EX))
		return -errno;
	if (unlinkat(dir, draft, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, size);
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(dir, draft, dir, name))
		err = -errno;
	if (err)
		unlinkat(dir, draft, 0);
	else if (fsync(dir))
		err = -errno;
	return err;
}

int state_write(const char *name, const void *data, size_t size)
{
	int dir = directory_make();
	int err;

	if (dir < 0)
		return dir;
	err = replace(dir, name, data, size);
	close(dir);
	return err;
}

static int read_all(int fd, char *buf, size_t size)
{
	size_t have = 0;
	ssize_t got;
	char more;

	do {
		got = have < size ? read(fd, buf + have, size - have)
				  : read(fd, &more, 1);
		if (got > 0 && have == size)
			return -EFBIG;
		if (got > 0)
			have += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : (int)have;
}

int state_read(const char *name, void *buf, size_t size)
{
	int dir = directory_open();
	struct stat st;
	int fd, got;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	got = fd < 0 ? -errno : 0;
	close(dir);
	if (got == -ELOOP)
		return -EINVAL;
	if (got)
		return got;
	if (fstat(fd, &st))
		got = -errno;
	else if (!S_ISREG(st.st_mode))
		got = -EINVAL;
	else
		got = read_all(fd, buf, size);
	close(fd);
	return got;
}
