// SPDX-License-Identifier: GPL-2.0-only
#include "host/tune.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/busy_poll.h"
#include "host/tune_dir.h"
#include "host/tune_mend.h"

#define CPU_LATENCY "/dev/cpu_dma_latency"

/* The pair that the kernel's change which added SO_PREFER_BUSY_POLL names
 * (7fd3253a7de6): a poller has 200 µs to come round again. */
#define NAPI_DEFER 2
#define GRO_FLUSH_NS 200000

struct tune {
	struct iface iface;
	struct tune_sink sink;
	struct tune_place place;
	struct tune_file file; /* its descriptor -1 until there is a change */
	int latency;
};

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

/* ---- one setting --------------------------------------------------------- */

static bool file_is_rival(const struct tune *t, const struct tune_file *f,
			  const struct tune_note *self)
{
	return strcmp(f->name, t->file.name) &&
	       tune_note_same_iface(&f->note, self);
}

/* The newest record of another live run that set what the interface has now. */
static const struct tune_record *record_inherited(const struct tune *t,
						  const struct tune_dir *dir,
						  enum tunable what,
						  uint64_t value)
{
	const struct tune_note self = { .place = t->place,
					.ifindex = t->iface.index };
	const struct tune_record *best = NULL;

	for (unsigned int i = 0; i < dir->count; i++) {
		const struct tune_file *f = &dir->files[i];

		if (!f->is_live || !file_is_rival(t, f, &self))
			continue;
		for (unsigned int j = 0; j < f->note.count; j++) {
			const struct tune_record *r = &f->note.record[j];

			if (r->what == what && r->set == value &&
			    (!best || r->order > best->order))
				best = r;
		}
	}
	return best;
}

static uint64_t order_next(const struct tune *t, const struct tune_dir *dir)
{
	const struct tune_note self = { .place = t->place,
					.ifindex = t->iface.index };
	uint64_t order = 0;

	for (unsigned int i = 0; i < dir->count; i++) {
		const struct tune_note *n = &dir->files[i].note;

		if (!tune_note_same_iface(n, &self))
			continue;
		for (unsigned int j = 0; j < n->count; j++) {
			if (n->record[j].order > order)
				order = n->record[j].order;
		}
	}
	for (unsigned int j = 0; j < t->file.note.count; j++) {
		if (t->file.note.record[j].order > order)
			order = t->file.note.record[j].order;
	}
	return order + 1;
}

static int record_note(struct tune *t, const struct tune_dir *dir,
		       const struct tune_record *record)
{
	struct tune_note note = { .place = t->place,
				  .ifindex = t->iface.index };
	int err = 0;

	strcpy(note.ifname, t->iface.name);
	if (t->file.fd < 0)
		err = tune_file_create(dir, &note, &t->file);
	if (!err)
		err = tune_file_append(&t->file, record);
	if (err)
		tune_say(&t->sink,
			 "%s: %s is left as it is: the change cannot be noted "
			 "in %s (%s)",
			 t->iface.name, tunable_name(record->what), TUNE_DIR,
			 strerror(-err));
	return err;
}

/* What the driver made of it; noted too, or it could not be put back. */
static void record_confirm(struct tune *t, const struct tune_dir *dir,
			   struct tune_record *record)
{
	char was[24], set[24], asked[24];
	uint64_t value = record->set;

	tunable_read(&t->iface, record->what, &value);
	tunable_format(record->what, record->set, asked);
	tune_say(&t->sink, "%s: %s %s -> %s%s", t->iface.name,
		 tunable_name(record->what),
		 tunable_format(record->what, record->was, was),
		 tunable_format(record->what, value, set),
		 value == record->set
			 ? ""
			 : ", which is what the driver made of it");
	if (value != record->set && value != record->was) {
		record->set = value;
		record_note(t, dir, record);
	}
}

static bool has_record(const struct tune *t, enum tunable what)
{
	for (unsigned int i = 0; i < t->file.note.count; i++) {
		if (t->file.note.record[i].what == what)
			return true;
	}
	return false;
}

/* `was` is the value of before this run's first change: a driver may alter one
 * setting along with another. */
static int setting_change(struct tune *t, const struct tune_dir *dir,
			  enum tunable what, uint64_t was, uint64_t target)
{
	struct tune_record record = { .what = what, .was = was, .set = target };
	const struct tune_record *other;
	char now[24];
	uint64_t value;
	int err;

	if (has_record(t, what))
		return 0;
	err = tunable_read(&t->iface, what, &value);
	if (err)
		return err;
	other = record_inherited(t, dir, what, value);
	if (other) {
		if (!record_note(t, dir, other))
			tune_say(&t->sink, "%s: %s is %s, set by another xrtt",
				 t->iface.name, tunable_name(what),
				 tunable_format(what, value, now));
		return 0;
	}
	if (value == target)
		return 0;
	record.order = order_next(t, dir);
	if (record_note(t, dir, &record))
		return 0;
	err = tunable_write(&t->iface, what, target);
	if (!err)
		record_confirm(t, dir, &record);
	else if (!tunable_read(&t->iface, what, &value) && value == was)
		tune_file_retract(&t->file);
	return err;
}

static void setting_set(struct tune *t, const struct tune_dir *dir,
			enum tunable what, uint64_t was, uint64_t target)
{
	char text[24];
	int err = setting_change(t, dir, what, was, target);

	if (err)
		tune_say(&t->sink, "%s: %s stays %s: %s", t->iface.name,
			 tunable_name(what), tunable_format(what, was, text),
			 tune_error(err));
}

/* ---- what a run asks for ------------------------------------------------- */

static bool directory_open(struct tune *t, struct tune_dir *dir)
{
	int err = tune_dir_open(dir, true);

	if (!err) {
		tune_mend(dir, &t->place, NULL, &t->sink);
		return true;
	}
	tune_say(&t->sink,
		 "%s is left as it is: changes cannot be noted in %s: "
		 "%s",
		 t->iface.name, TUNE_DIR,
		 err == -EPERM ? "others can write there; make it root's, 0755"
			       : tune_error(err));
	return false;
}

/* linux/ethtool.h: time 0 with a count of 0 is not allowed, 0 and 1 means "at
 * once". Not every driver counts frames: those need no word. */
static void frames_set(struct tune *t, const struct tune_dir *dir,
		       enum tunable what, uint64_t frames, uint64_t usecs)
{
	if (frames)
		setting_set(t, dir, what, frames, 1);
	else
		setting_change(t, dir, what, frames, usecs ? 1 : 0);
}

void tune_moderation(struct tune *t)
{
	uint64_t was[TUNABLES] = { 0 };
	struct tune_dir dir;
	int err = 0;

	if (!directory_open(t, &dir))
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
		setting_set(t, &dir, TUNABLE_ADAPTIVE_RX,
			    was[TUNABLE_ADAPTIVE_RX], 0);
		setting_set(t, &dir, TUNABLE_ADAPTIVE_TX,
			    was[TUNABLE_ADAPTIVE_TX], 0);
		frames_set(t, &dir, TUNABLE_RX_FRAMES, was[TUNABLE_RX_FRAMES],
			   was[TUNABLE_RX_USECS]);
		frames_set(t, &dir, TUNABLE_TX_FRAMES, was[TUNABLE_TX_FRAMES],
			   was[TUNABLE_TX_USECS]);
		setting_set(t, &dir, TUNABLE_RX_USECS, was[TUNABLE_RX_USECS],
			    0);
		setting_set(t, &dir, TUNABLE_TX_USECS, was[TUNABLE_TX_USECS],
			    0);
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
		setting_set(t, dir, what, was, was ? was : target);
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
	if (!directory_open(t, &dir))
		return;
	deferral_set(t, &dir, TUNABLE_GRO_FLUSH, GRO_FLUSH_NS);
	deferral_set(t, &dir, TUNABLE_NAPI_DEFER, NAPI_DEFER);
	tune_dir_close(&dir);
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

/* ---- and back ------------------------------------------------------------ */

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
