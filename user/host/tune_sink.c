// SPDX-License-Identifier: GPL-2.0-only
#include "host/tune_sink.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void tune_say(const struct tune_sink *sink, const char *format, ...)
{
	char text[TUNE_SAY];
	va_list args;

	if (!sink->line)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sink->line(sink->data, text);
}

struct error_row {
	int err;
	const char *text;
};

static const struct error_row rows[] = {
	{ EPERM, "not allowed; run as root or with CAP_NET_ADMIN" },
	{ EACCES, "not allowed; run as root" },
	{ EROFS, "read-only here; run on the host, or mount it writable" },
	{ EOPNOTSUPP, "the driver has no such setting" },
	{ EINVAL, "the driver refuses the value" },
	{ ERANGE, "the driver refuses the value" },
	{ ENODEV, "the interface is gone" },
	{ EBUSY, "it is busy; try again" },
	{ EXDEV, "/sys shows another network namespace; mount sysfs in this "
		 "one, as `ip netns exec` does" },
};

const char *tune_error(int err)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].err == -err)
			return rows[i].text;
	}
	return strerror(-err);
}
