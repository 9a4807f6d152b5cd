/* SPDX-License-Identifier: GPL-2.0-only */
/* One setting of an interface under tuning; private to tune.c and
 * tune_setting.c. */
#ifndef XRTT_HOST_TUNE_SETTING_H
#define XRTT_HOST_TUNE_SETTING_H

#include "host/tune.h"
#include "host/tune_dir.h"

struct tune {
	struct iface iface;
	struct tune_sink sink;
	struct tune_place place;
	struct tune_file file; /* its descriptor -1 until there is a change */
	int latency;
};

/* With what dead runs left put back; false after a line that says why not. */
bool tune_directory_open(struct tune *t, struct tune_dir *dir);

/* Once for a setting; -errno where it cannot be read or written. */
int tune_setting_change(struct tune *t, const struct tune_dir *dir,
			enum tunable what, uint64_t was, uint64_t target);

/* The same, where a failure is a line. */
void tune_setting_set(struct tune *t, const struct tune_dir *dir,
		      enum tunable what, uint64_t was, uint64_t target);

#endif
