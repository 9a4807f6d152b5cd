/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/realmap.h"

#include <errno.h>

#define TRIES 16

void realmap_init(struct realmap_source *source, realmap_clock_fn *read,
		  void *context)
{
	*source = (struct realmap_source){ .read = read, .context = context };
}

static int realmap_try(struct realmap_source *source, span_t *offset)
{
	int64_t before, real, after;
	int err;

	err = source->read(source->context, REALMAP_MONOTONIC_COARSE, &before);
	if (err)
		return err;
	err = source->read(source->context, REALMAP_REALTIME_COARSE, &real);
	if (err)
		return err;
	err = source->read(source->context, REALMAP_MONOTONIC_COARSE, &after);
	if (err)
		return err;
	if (before != after)
		return -EAGAIN;
	*offset = span_ns(real - before);
	return 0;
}

int realmap_read(struct realmap_source *source, struct realmap *out)
{
	span_t offset;
	int err = -EAGAIN;

	for (int i = 0; err == -EAGAIN && i < TRIES; i++)
		err = realmap_try(source, &offset);
	if (err)
		return err;
	if (source->has_last && source->last.ns != offset.ns)
		source->steps++;
	source->has_last = true;
	source->last = offset;
	out->offset = offset;
	return 0;
}

bool realmap_convert(const struct realmap *before, const struct realmap *after,
		     real_t stamp, mono_t *out)
{
	if (before->offset.ns != after->offset.ns)
		return false;
	*out = (mono_t){ stamp.ns - before->offset.ns };
	return true;
}
