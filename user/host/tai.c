// SPDX-License-Identifier: GPL-2.0-only
#include "host/tai.h"

#include <errno.h>
#include <limits.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <unistd.h>

#include "host/clock.h"

#define BRACKETS 16

static void bracket_read(struct taimap_bracket *out)
{
	struct taimap_bracket b;

	for (int i = 0; i < BRACKETS; i++) {
		b.before = mono_now().ns;
		b.tai = tai_now_ns();
		b.after = mono_now().ns;
		if (!i || b.after - b.before < out->after - out->before)
			*out = b;
	}
}

static bool exact_read(int64_t *out)
{
	struct realmap_source source;
	struct timex tx = {};
	struct realmap map;

	realmap_init(&source, clock_read_coarse, NULL);
	if (realmap_read(&source, &map) || adjtimex(&tx) < 0)
		return false;
	*out = map.offset.ns + tx.tai * NSEC_PER_SEC;
	return true;
}

void tai_read(struct taimap *out)
{
	struct taimap_bracket bracket;
	int64_t exact;
	bool known = exact_read(&exact);

	bracket_read(&bracket);
	taimap_combine(&bracket, known ? &exact : NULL, out);
}

int tai_steps_open(void)
{
	/* Never expires; it is there to be cancelled. */
	const struct itimerspec never = { .it_value.tv_sec = LONG_MAX };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (!timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			     &never, NULL))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

bool tai_steps_take(int fd)
{
	uint64_t expired;

	return read(fd, &expired, sizeof(expired)) < 0 && errno == ECANCELED;
}
