// SPDX-License-Identifier: GPL-2.0-only
#include "host/tune.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/busy_poll.h"
#include "host/hwtstamp.h"
#include "host/tune_mend.h"
#include "host/tune_setting.h"

#define CPU_LATENCY "/dev/cpu_dma_latency"

/* The pair that the kernel's change which added SO_PREFER_BUSY_POLL names
 * (7fd3253a7de6): a poller has 200 µs to come round again. */
#define NAPI_DEFER 2
#define GRO_FLUSH_NS 200000

struct tune *tune_open(const struct iface *iface, const struct tune_sink *sink,
		       int *err)
{
	struct tune *t = calloc(1, sizeof(*t));

	if (!t) {
		*err = -ENOMEM;
		return NULL;
	}
	t->iface = *iface;
	t->sink = *sink;
	t->file.fd = -1;
	t->latency = -1;
	*err = tune_place_read(&t->place);
	if (*err) {
		free(t);
		return NULL;
	}
	return t;
}

unsigned int tune_changes(const struct tune *t)
{
	return t->file.note.count;
}

/* ---- what a run asks for ------------------------------------------------- */

/* linux/ethtool.h: time 0 with a count of 0 is not allowed, 0 and 1 means "at
 * once". Not every driver counts frames: those need no word. */
static void frames_set(struct tune *t, const struct tune_dir *dir,
		       enum tunable what, uint64_t frames, uint64_t usecs)
{
	if (frames)
		tune_setting_set(t, dir, what, frames, 1);
	else
		tune_setting_change(t, dir, what, frames, usecs ? 1 : 0);
}

void tune_moderation(struct tune *t)
{
	uint64_t was[TUNABLES] = { 0 };
	struct tune_dir dir;
	int err = 0;

	if (!tune_directory_open(t, &dir))
		return;
	for (unsigned int i = 0; !err && i <= TUNABLE_TX_USECS; i++)
		err = tunable_read(&t->iface, i, &was[i]);
	if (err) {
		tune_say(&t->sink,
			 "%s: interrupt moderation is left as it is: "
			 "%s",
			 t->iface.name,
			 err == -EOPNOTSUPP ? "the driver has none to set"
					    : tune_error(err));
	} else {
		tune_setting_set(t, &dir, TUNABLE_ADAPTIVE_RX,
				 was[TUNABLE_ADAPTIVE_RX], 0);
		tune_setting_set(t, &dir, TUNABLE_ADAPTIVE_TX,
				 was[TUNABLE_ADAPTIVE_TX], 0);
		frames_set(t, &dir, TUNABLE_RX_FRAMES, was[TUNABLE_RX_FRAMES],
			   was[TUNABLE_RX_USECS]);
		frames_set(t, &dir, TUNABLE_TX_FRAMES, was[TUNABLE_TX_FRAMES],
			   was[TUNABLE_TX_USECS]);
		tune_setting_set(t, &dir, TUNABLE_RX_USECS,
				 was[TUNABLE_RX_USECS], 0);
		tune_setting_set(t, &dir, TUNABLE_TX_USECS,
				 was[TUNABLE_TX_USECS], 0);
	}
	tune_dir_close(&dir);
}

static void deferral_set(struct tune *t, const struct tune_dir *dir,
			 enum tunable what, uint64_t target)
{
	uint64_t was;
	int err = tunable_read(&t->iface, what, &was);

	if (err)
		tune_say(&t->sink, "%s: %s is left as it is: %s", t->iface.name,
			 tunable_name(what), tune_error(err));
	else
		tune_setting_set(t, dir, what, was, was ? was : target);
}

void tune_busy_poll(struct tune *t, int fd)
{
	struct tune_dir dir;
	int err;

	busy_poll_set(fd, t->iface.name, &t->sink);
	err = busy_poll_probe(&t->iface, fd);
	if (err) {
		tune_say(&t->sink, "%s: not polled: %s", t->iface.name,
			 err == -EAGAIN
				 ? "not known before the first packet comes in"
				 : "it has no NAPI that a socket could poll");
		return;
	}
	if (!tune_directory_open(t, &dir))
		return;
	deferral_set(t, &dir, TUNABLE_GRO_FLUSH, GRO_FLUSH_NS);
	deferral_set(t, &dir, TUNABLE_NAPI_DEFER, NAPI_DEFER);
	tune_dir_close(&dir);
}

int tune_hwtstamp(struct tune *t)
{
	struct tune_dir dir;
	uint64_t was;
	int err;

	if (!tune_directory_open(t, &dir))
		return -EROFS;
	err = tunable_read(&t->iface, TUNABLE_HWTSTAMP, &was);
	if (!err && !hwtstamp_has_all(was))
		tune_say(&t->sink, "%s: " HWTSTAMP_RESTARTS, t->iface.name);
	if (!err)
		err = tune_setting_change(t, &dir, TUNABLE_HWTSTAMP, was,
					  hwtstamp_with_all(was));
	tune_dir_close(&dir);
	return err;
}

void tune_cpu_latency(struct tune *t)
{
	const int32_t usecs = 0;
	int err;

	if (t->latency >= 0)
		return;
	t->latency = open(CPU_LATENCY, O_WRONLY | O_CLOEXEC);
	err = t->latency < 0 ? -errno : 0;
	if (!err && write(t->latency, &usecs, sizeof(usecs)) < 0)
		err = -errno;
	if (!err) {
		tune_say(&t->sink, "CPUs: wake-up latency held at 0 µs");
		return;
	}
	tune_say(&t->sink, "CPUs: may sleep deep: %s: %s", CPU_LATENCY,
		 err == -ENOENT ? "absent; a container needs it from its host"
				: tune_error(err));
	if (t->latency >= 0)
		close(t->latency);
	t->latency = -1;
}

void tune_close(struct tune *t)
{
	struct tune_dir dir;
	int err;

	if (!t)
		return;
	if (t->latency >= 0)
		close(t->latency);
	if (t->file.fd >= 0) {
		/* Made again if somebody has cleared /run meanwhile. */
		err = tune_dir_open(&dir, true);
		if (!err) {
			tune_dir_hand_over(&dir, &t->file);
			tune_mend(&dir, &t->place, t->file.name, &t->sink);
			tune_dir_close(&dir);
		} else {
			tune_say(&t->sink,
				 "%s: not put back yet (%s: %s); the next xrtt "
				 "does it",
				 t->iface.name, TUNE_DIR, tune_error(err));
		}
	}
	if (t->file.fd >= 0)
		close(t->file.fd);
	free(t);
}

int tune_sweep(const struct tune_sink *sink)
{
	struct tune_place place;
	struct tune_dir dir;
	int err;

	err = tune_place_read(&place);
	if (err)
		return err;
	err = tune_dir_open(&dir, false);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (dir.refused)
		tune_say(sink,
			 "%s/%s is not a note of this user's xrtt: ignored; "
			 "look at it, and remove it",
			 TUNE_DIR, dir.example);
	if (tune_mend(&dir, &place, NULL, sink))
		err = -EAGAIN;
	tune_dir_close(&dir);
	return err;
}
