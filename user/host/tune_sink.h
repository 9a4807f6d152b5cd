/* SPDX-License-Identifier: GPL-2.0-only */
/* Who hears what was changed, what was not, and why: a line each for people. */
#ifndef XRTT_HOST_TUNE_SINK_H
#define XRTT_HOST_TUNE_SINK_H

#define TUNE_SAY 256

struct tune_sink {
	/* Without a newline; NULL if nobody listens. The text is gone after. */
	void (*line)(void *data, const char *text);
	void *data;
};

__attribute__((format(printf, 2, 3))) void
tune_say(const struct tune_sink *sink, const char *format, ...);

/* What -errno means for a setting of an interface, and what would mend it. */
const char *tune_error(int err);

#endif
