// SPDX-License-Identifier: GPL-2.0-only
#include "host/tune_mend.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "host/clock.h"

/* A killed run takes up to 69 ms to go and its links some 10 ms more. */
#define XDP_PATIENCE_NS (500 * NSEC_PER_MSEC)

enum fate {
	FATE_RESTORE,
	FATE_SHARED, /* a live run relies on it */
	FATE_LATER,  /* a later change is on top */
};

struct patient {
	struct iface iface;
	const char *ending; /* of a line that says what was put back */
	const struct tune_sink *sink;
};

bool tune_note_same_iface(const struct tune_note *a, const struct tune_note *b)
{
	return a->ifindex == b->ifindex &&
	       tune_place_equal(&a->place, &b->place);
}

static enum fate record_fate(const struct tune_dir *dir,
			     const struct tune_file *self,
			     const struct tune_record *record)
{
	enum fate fate = FATE_RESTORE;

	for (unsigned int i = 0; i < dir->count; i++) {
		const struct tune_file *f = &dir->files[i];

		if (f == self || !tune_note_same_iface(&f->note, &self->note))
			continue;
		for (unsigned int j = 0; j < f->note.count; j++) {
			const struct tune_record *r = &f->note.record[j];

			if (r->what != record->what)
				continue;
			if (r->order > record->order)
				return FATE_LATER;
			if (r->order == record->order && f->is_live)
				fate = FATE_SHARED;
		}
	}
	return fate;
}

/* An XDP program that goes along with a killed run outlives its note's lock. */
static int write_back(const struct iface *iface, const struct tune_record *r)
{
	const struct timespec pause = { .tv_nsec = 5 * NSEC_PER_MSEC };
	mono_t until = mono_add(mono_now(), span_ns(XDP_PATIENCE_NS));
	int err;

	while ((err = tunable_write(iface, r->what, r->was)) &&
	       tunable_is_barred_by_xdp(r->what) && err != -EPERM &&
	       mono_before(mono_now(), until))
		nanosleep(&pause, NULL);
	return err;
}

static bool record_restore(const struct patient *p, const struct tune_record *r)
{
	const char *ifname = p->iface.name, *name = tunable_name(r->what);
	char set[24], was[24], now[24];
	uint64_t value;
	int err;

	err = tunable_read(&p->iface, r->what, &value);
	if (err == -EOPNOTSUPP || err == -ENOENT || err == -ENODEV)
		return true;
	if (!err && value == r->was)
		return true;
	if (!err && value != r->set) {
		tune_say(p->sink,
			 "%s: %s is %s now, not the %s that xrtt had set: left "
			 "alone (it was %s)",
			 ifname, name, tunable_format(r->what, value, now),
			 tunable_format(r->what, r->set, set),
			 tunable_format(r->what, r->was, was));
		return true;
	}
	if (!err)
		err = write_back(&p->iface, r);
	if (err) {
		tune_say(p->sink, "%s: %s could not be put back to %s: %s",
			 ifname, name, tunable_format(r->what, r->was, was),
			 tune_error(err));
		return err == -ENODEV;
	}
	tune_say(p->sink, "%s: %s %s -> %s, %s", ifname, name,
		 tunable_format(r->what, r->set, set),
		 tunable_format(r->what, r->was, was), p->ending);
	return true;
}

static bool record_settle(const struct tune_dir *dir,
			  const struct tune_file *self,
			  const struct tune_record *record,
			  const struct patient *p)
{
	switch (record_fate(dir, self, record)) {
	case FATE_RESTORE:
		return record_restore(p, record);
	case FATE_SHARED:
		tune_say(p->sink,
			 "%s: %s stays until another xrtt that relies on it "
			 "ends",
			 p->iface.name, tunable_name(record->what));
		return true;
	default:
		return true;
	}
}

static bool file_settle(struct tune_dir *dir, const struct tune_file *self,
			const char *own, const struct tune_sink *sink)
{
	const struct tune_note *note = &self->note;
	bool is_own = own && !strcmp(own, self->name);
	struct patient p = {
		.ending = is_own ? "as it was"
				 : "as it was before a run that died",
		.sink = sink,
	};
	bool settled = true;
	int err;

	if (!note->count)
		return true;
	err = iface_read_index(note->ifindex, &p.iface);
	if (err == -ENODEV) {
		tune_say(sink, "%s is gone, and its settings with it",
			 note->ifname);
		return true;
	}
	if (err)
		return false;
	if (strcmp(p.iface.name, note->ifname))
		tune_say(sink, "%s is called %s now", note->ifname,
			 p.iface.name);
	for (unsigned int i = note->count; i-- > 0;) {
		if (!record_settle(dir, self, &note->record[i], &p))
			settled = false;
	}
	return settled;
}

static unsigned int mend_round(struct tune_dir *dir,
			       const struct tune_place *place, const char *own,
			       const struct tune_sink *sink, bool *any)
{
	unsigned int unsettled = 0;

	for (unsigned int i = 0; i < dir->count; i++) {
		struct tune_file *file = &dir->files[i];
		const struct tune_note *note = &file->note;

		if (file->is_live || file->fd < 0)
			continue;
		/* A run that died before its note had a head changed nothing;
		 * one from before a reboot left nothing. */
		if (note->count && !strcmp(note->place.boot, place->boot)) {
			if (!tune_place_equal(&note->place, place))
				continue;
			if (!file_settle(dir, file, own, sink)) {
				unsettled++;
				continue;
			}
			*any = true;
		}
		tune_file_remove(dir, file);
	}
	return unsettled;
}

/* A VLAN's MTU goes up only after that of what it stands on. */
unsigned int tune_mend(struct tune_dir *dir, const struct tune_place *place,
		       const char *own, const struct tune_sink *sink)
{
	unsigned int unsettled;
	bool any;

	do {
		any = false;
		unsettled = mend_round(dir, place, own, sink, &any);
	} while (unsettled && any);
	return unsettled;
}
