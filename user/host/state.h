/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What outlives a run on this host: small files in the state directory, which
 * is $STATE_DIRECTORY (as systemd sets it) or /var/lib/xrtt. A file is there
 * whole, old or new, whoever else writes and whenever the process is killed.
 */
#ifndef XRTT_HOST_STATE_H
#define XRTT_HOST_STATE_H

#include <stddef.h>

#define STATE_PATH 512 /* octets of a path, its 0 included */

/* Where a file of that name is or would be. -ENAMETOOLONG, or 0. */
int state_path(const char *name, char out[STATE_PATH]);

/*
 * Replaces the file, for all to read, and makes the directory (not those above
 * it) where there is none. On disk when it returns. 0 or -errno.
 */
int state_write(const char *name, const void *data, size_t size);

/*
 * Reads all of it: how much, or -ENOENT, -EFBIG if it is longer than `size`,
 * -EINVAL if it is no regular file (never followed, never waited for), -errno.
 */
int state_read(const char *name, void *buf, size_t size);

#endif
