// SPDX-License-Identifier: GPL-2.0-only
#include "host/tune_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/netdev_attr.h"
#include "model/time.h"

#define LOCK_NAME "lock"
#define LOCK_TRIES 400

static bool is_ours_alone(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & 022);
}

static int lock_take(int dir, int *out)
{
	const struct timespec pause = { .tv_nsec = 5 * NSEC_PER_MSEC };
	int fd;

	/* 0600: who cannot open it cannot keep us waiting. */
	fd = openat(dir, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB)) {
			*out = fd;
			return 0;
		}
		nanosleep(&pause, NULL);
	}
	close(fd);
	return -EBUSY;
}

static int file_read(struct tune_file *file)
{
	char text[TUNE_NOTE_SIZE + 1];
	struct stat st;
	ssize_t size;

	if (fstat(file->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || !is_ours_alone(&st))
		return -EPERM;
	size = pread(file->fd, text, sizeof(text), 0);
	if (size < 0)
		return -errno;
	return tune_note_parse(text, size, &file->note);
}

static int list_append(struct tune_dir *dir, const struct tune_file *file)
{
	struct tune_file *files;

	files = reallocarray(dir->files, dir->count + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	files[dir->count++] = *file;
	dir->files = files;
	return 0;
}

/* 0 with an entry more, or -errno for one that is refused. */
static int list_add(struct tune_dir *dir, const char *name)
{
	struct tune_file file = {};
	int err;

	if (strlen(name) >= sizeof(file.name))
		return -EINVAL;
	strcpy(file.name, name);
	file.fd = openat(dir->fd, name,
			 O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file.fd < 0)
		return -errno;
	err = file_read(&file);
	if (err)
		goto fail;
	file.is_live = flock(file.fd, LOCK_EX | LOCK_NB) != 0;
	err = list_append(dir, &file);
	if (err)
		goto fail;
	if (file.is_live) {
		close(file.fd);
		dir->files[dir->count - 1].fd = -1;
	}
	return 0;
fail:
	close(file.fd);
	return err;
}

static int list_read(struct tune_dir *dir)
{
	const struct dirent *entry;
	DIR *list;
	int fd, err;

	fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	list = fdopendir(fd);
	if (!list) {
		err = -errno;
		close(fd);
		return err;
	}
	while ((entry = readdir(list))) {
		if (!strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, "..") ||
		    !strcmp(entry->d_name, LOCK_NAME))
			continue;
		err = list_add(dir, entry->d_name);
		if (err == -ENOMEM || err == -EMFILE || err == -ENFILE) {
			closedir(list);
			return err;
		}
		if (err) {
			dir->refused++;
			snprintf(dir->example, sizeof(dir->example), "%.79s",
				 entry->d_name);
		}
	}
	closedir(list);
	return 0;
}

int tune_dir_hand_over(struct tune_dir *dir, struct tune_file *own)
{
	unsigned int i;
	int err;

	for (i = 0; i < dir->count; i++) {
		if (!strcmp(dir->files[i].name, own->name))
			break;
	}
	if (i == dir->count) {
		err = list_append(dir, own);
		if (err)
			return err;
	}
	dir->files[i] = *own;
	dir->files[i].is_live = false;
	own->fd = -1;
	return 0;
}

int tune_dir_open(struct tune_dir *dir, bool make)
{
	struct stat st;
	int err;

	*dir = (struct tune_dir){ .fd = -1, .lock = -1 };
	if (make && mkdir(TUNE_DIR, 0755) && errno != EEXIST)
		return -errno;
	dir->fd =
		open(TUNE_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir->fd < 0)
		return -errno;
	if (fstat(dir->fd, &st))
		err = -errno;
	else if (!is_ours_alone(&st))
		err = -EPERM;
	else
		err = lock_take(dir->fd, &dir->lock);
	if (!err)
		err = list_read(dir);
	if (err)
		tune_dir_close(dir);
	return err;
}

void tune_dir_close(struct tune_dir *dir)
{
	for (unsigned int i = 0; i < dir->count; i++) {
		if (dir->files[i].fd >= 0)
			close(dir->files[i].fd);
	}
	free(dir->files);
	dir->files = NULL;
	dir->count = 0;
	if (dir->lock >= 0)
		close(dir->lock);
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = dir->lock = -1;
}

/* Field 22 of proc_pid_stat(5); the second, the name, may hold anything up to
 * the last ')'. */
static unsigned long long start_time(void)
{
	unsigned long long ticks = 0;
	char text[1024];
	const char *at;

	if (text_file_read(AT_FDCWD, "/proc/self/stat", text, sizeof(text)))
		return 0;
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, "%llu", &ticks);
	return ticks;
}

static int file_write(const struct tune_file *file, const char *text,
		      size_t size)
{
	ssize_t written = write(file->fd, text, size);

	if (written < 0)
		return -errno;
	if ((size_t)written != size)
		return -ENOSPC;
	return fsync(file->fd) ? -errno : 0;
}

int tune_file_create(const struct tune_dir *dir, const struct tune_note *note,
		     struct tune_file *out)
{
	static unsigned int number;
	char text[TUNE_NOTE_SIZE];
	struct tune_note again;
	size_t size;
	int err;

	/* The kernel lets an interface be called nearly anything. */
	size = tune_note_format_head(note, text);
	if (tune_note_parse(text, size, &again))
		return -EINVAL;
	*out = (struct tune_file){ .note = *note, .is_live = true };
	snprintf(out->name, sizeof(out->name), "%s.%d.%llu.%u", note->ifname,
		 getpid(), start_time(),
		 __atomic_fetch_add(&number, 1, __ATOMIC_RELAXED));
	out->fd = openat(dir->fd, out->name,
			 O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW |
				 O_CLOEXEC,
			 0600);
	if (out->fd < 0)
		return -errno;
	err = flock(out->fd, LOCK_EX | LOCK_NB) ? -errno : 0;
	if (!err)
		err = file_write(out, text, size);
	if (!err && fsync(dir->fd))
		err = -errno;
	if (err)
		tune_file_remove(dir, out);
	return err;
}

int tune_file_append(struct tune_file *file, const struct tune_record *record)
{
	char text[TUNE_LINE];
	off_t size;
	int err;

	if (file->note.count == TUNE_RECORDS)
		return -ENOSPC;
	size = lseek(file->fd, 0, SEEK_END);
	if (size < 0)
		return -errno;
	err = file_write(file, text, tune_record_format(record, text));
	if (err) {
		/* Half a line would spoil the next. */
		if (ftruncate(file->fd, size))
			file->note.count = TUNE_RECORDS;
		return err;
	}
	file->note.record[file->note.count++] = *record;
	file->last = size;
	return 0;
}

void tune_file_retract(struct tune_file *file)
{
	if (!ftruncate(file->fd, file->last) && !fsync(file->fd))
		file->note.count--;
}

void tune_file_remove(const struct tune_dir *dir, struct tune_file *file)
{
	unlinkat(dir->fd, file->name, 0);
	close(file->fd);
	file->fd = -1;
}
