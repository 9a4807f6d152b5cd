// SPDX-License-Identifier: GPL-2.0-only
#include "out/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out/row.h"

#define BUFFER_BYTES 65536

struct samples {
	int fd;
	int err; /* what stopped it, 0 or -errno */
	bool is_csv;
	char *path;
	struct sample_origin origin;
	size_t used;
	char buffer[BUFFER_BYTES];
};

static bool ends_in(const char *path, const char *ending)
{
	size_t length = strlen(path);
	size_t tail = strlen(ending);

	return length > tail && !strcmp(path + length - tail, ending);
}

/* Reports the first error and remembers it. */
static int stop(struct samples *samples, int err)
{
	samples->err = err;
	samples->used = 0;
	fprintf(stderr,
		"xrtt: cannot write samples to %s: %s; the run goes on "
		"without them\n",
		samples->path, strerror(-err));
	return err;
}

/* What was written of a row that does not fit goes again. */
static void drop_half_row(struct samples *samples, size_t written)
{
	size_t whole = written;
	off_t end = lseek(samples->fd, 0, SEEK_CUR);

	while (whole && samples->buffer[whole - 1] != '\n')
		whole--;
	if (end < 0 || whole == written)
		return;
	if (ftruncate(samples->fd, end - (off_t)(written - whole)))
		return; /* not a file that can be cut, such as a pipe */
}

int samples_flush(struct samples *samples)
{
	size_t done = 0;

	if (samples->err)
		return samples->err;
	while (done < samples->used) {
		ssize_t n = write(samples->fd, samples->buffer + done,
				  samples->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int err = n ? -errno : -EIO;

			drop_half_row(samples, done);
			return stop(samples, err);
		}
		done += (size_t)n;
	}
	samples->used = 0;
	return 0;
}

static void write_header(struct samples *samples)
{
	samples->used = row_header(samples->buffer) - samples->buffer;
}

struct samples *samples_open(const char *path,
			     const struct sample_origin *origin, int *err)
{
	bool is_csv = ends_in(path, ".csv");
	struct samples *samples;

	*err = -EINVAL;
	if (!is_csv && !ends_in(path, ".jsonl"))
		return NULL;
	*err = -ENOMEM;
	samples = calloc(1, sizeof(*samples));
	if (!samples)
		return NULL;
	samples->path = strdup(path);
	if (!samples->path)
		goto cleanup;
	samples->fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	*err = -errno;
	if (samples->fd < 0)
		goto cleanup;
	samples->is_csv = is_csv;
	samples->origin = *origin;
	if (is_csv)
		write_header(samples);
	*err = 0;
	return samples;

cleanup:
	free(samples->path);
	free(samples);
	return NULL;
}

int samples_write(struct samples *samples, const struct sample *s,
		  const struct wire_ends *ends)
{
	struct row row;
	char *end;

	if (samples->err)
		return samples->err;
	if (samples->used + ROW_MAX > BUFFER_BYTES && samples_flush(samples))
		return samples->err;
	if (!samples->origin.has_remote)
		samples->origin.has_remote =
			sample_first_remote(s, &samples->origin.remote);
	row_fill(&row, s, ends, &samples->origin);
	end = samples->buffer + samples->used;
	end = samples->is_csv ? row_csv(end, &row) : row_jsonl(end, &row);
	samples->used = end - samples->buffer;
	return 0;
}

struct sample_origin samples_origin(const struct samples *samples)
{
	return samples->origin;
}

int samples_close(struct samples *samples)
{
	int err;

	if (!samples)
		return 0;
	err = samples_flush(samples);
	if (close(samples->fd) && !err)
		err = stop(samples, -errno);
	free(samples->path);
	free(samples);
	return err;
}
