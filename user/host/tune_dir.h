/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /run/xrtt, where runs leave their notes: a file each and interface, named
 * IFACE.PID.START.N (START is the process's start time in clock ticks, so that
 * a pid that was used again makes another name). Its run holds a lock on it,
 * which the kernel drops with the process however that ends: a note whose lock
 * is free is a dead run's. That, not the pid, is what is asked, as it cannot be
 * recycled and is true across pid namespaces too.
 *
 * Only what belongs to the caller's user and nobody else can write is believed:
 * not a symbolic link, nor a file with a second name.
 */
#ifndef XRTT_HOST_TUNE_DIR_H
#define XRTT_HOST_TUNE_DIR_H

#include <sys/types.h>

#include "host/tune_note.h"

#define TUNE_DIR "/run/xrtt"
#define TUNE_FILE_NAME 80

struct tune_file {
	char name[TUNE_FILE_NAME];
	int fd;	    /* of a dead or of an own one, else -1 */
	off_t last; /* where its last record begins */
	bool is_live;
	struct tune_note note;
};

/* An open directory, and with it the right to tune or to put back: one xrtt at
 * a time has it. */
struct tune_dir {
	int fd, lock;
	unsigned int count;
	struct tune_file *files;
	unsigned int refused; /* entries that are not what xrtt writes */
	char example[TUNE_FILE_NAME]; /* of them */
};

/*
 * Waits for other xrtts for up to 2 s and reads what is there. `make`: makes
 * the directory if it is absent. 0; -ENOENT if absent; -EACCES or -EROFS;
 * -EBUSY if another one does not let go; -EPERM if somebody else could write
 * there; or -errno. Close it soon, and after an error do not.
 */
int tune_dir_open(struct tune_dir *dir, bool make);
void tune_dir_close(struct tune_dir *dir);

/* A file with that note's head, on disk and locked; the descriptor holds the
 * lock. 0 or -errno, and then there is none. */
int tune_file_create(const struct tune_dir *dir, const struct tune_note *note,
		     struct tune_file *out);

/* Adds a record to the note and to the file, and waits for the disk. 0, -ENOSPC
 * if it has no place, or -errno. */
int tune_file_append(struct tune_file *file, const struct tune_record *record);

/* Takes the record back that was added last: its change was not made. */
void tune_file_retract(struct tune_file *file);

/* Puts a file of the caller's own on the list as a dead one, in place of the
 * entry of its name, and the descriptor with it. 0 or -ENOMEM. */
int tune_dir_hand_over(struct tune_dir *dir, struct tune_file *own);

/* Takes the file away and closes it. */
void tune_file_remove(const struct tune_dir *dir, struct tune_file *file);

#endif
