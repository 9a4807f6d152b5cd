// SPDX-License-Identifier: GPL-2.0-only
/* One setting: noted, changed, confirmed. */
#include "host/tune_setting.h"

#include <errno.h>
#include <string.h>

#include "host/tune_mend.h"

static bool file_is_rival(const struct tune *t, const struct tune_file *f,
			  const struct tune_note *self)
{
	return strcmp(f->name, t->file.name) &&
	       tune_note_same_iface(&f->note, self);
}

/* The newest record of another live run that set what the interface has now;
 * `value` NULL: whatever that is. */
static const struct tune_record *record_inherited(const struct tune *t,
						  const struct tune_dir *dir,
						  enum tunable what,
						  const uint64_t *value)
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

			if (r->what == what && (!value || r->set == *value) &&
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
	char was[24], set[24];
	uint64_t value = record->set;

	tunable_read(&t->iface, record->what, &value);
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

/* A driver that reports a failure may have changed it all the same, and its
 * note is then all that can put it back. */
static void record_refused(struct tune *t, const struct tune_dir *dir,
			   struct tune_record *record)
{
	uint64_t value;

	if (tunable_read(&t->iface, record->what, &value))
		return;
	if (value == record->was)
		tune_file_retract(&t->file);
	else
		record_confirm(t, dir, record);
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
int tune_setting_change(struct tune *t, const struct tune_dir *dir,
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
	other = record_inherited(t, dir, what, &value);
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
	else
		record_refused(t, dir, &record);
	return err;
}

void tune_setting_set(struct tune *t, const struct tune_dir *dir,
		      enum tunable what, uint64_t was, uint64_t target)
{
	char text[24];
	int err = tune_setting_change(t, dir, what, was, target);

	if (err)
		tune_say(&t->sink, "%s: %s stays %s: %s", t->iface.name,
			 tunable_name(what), tunable_format(what, was, text),
			 tune_error(err));
}

bool tune_directory_open(struct tune *t, struct tune_dir *dir)
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

/* Unlike above: a second change of a setting has a record of its own, and a
 * value that another live run has set is a value like any other if it is not
 * the one that is wanted. */
int tune_set(struct tune *t, enum tunable what, uint64_t target)
{
	struct tune_record record = { .what = what, .set = target };
	struct tune_dir dir;
	int err;

	if (!tune_directory_open(t, &dir))
		return -EACCES;
	err = tunable_read(&t->iface, what, &record.was);
	if (err || record.was == target) {
		if (!err && !has_record(t, what))
			err = tune_setting_change(t, &dir, what, target,
						  target);
		goto out;
	}
	record.order = order_next(t, &dir);
	err = record_note(t, &dir, &record);
	if (err)
		goto out;
	err = tunable_write(&t->iface, what, target);
	if (err) {
		tune_say(&t->sink, "%s: %s cannot be set: %s", t->iface.name,
			 tunable_name(what), tune_error(err));
		record_refused(t, &dir, &record);
	} else {
		record_confirm(t, &dir, &record);
	}
out:
	tune_dir_close(&dir);
	return err;
}

/* Another live run may have made it follow already: what it is now is then not
 * what it was. */
int tune_follow(struct tune *t, enum tunable what, uint64_t then)
{
	struct tune_record record = { .what = what, .set = then };
	const struct tune_record *other;
	struct tune_dir dir;
	int err;

	if (has_record(t, what))
		return 0;
	err = tunable_read(&t->iface, what, &record.was);
	if (err)
		return err;
	if (!tune_directory_open(t, &dir))
		return -EACCES;
	other = record_inherited(t, &dir, what, NULL);
	record.order = order_next(t, &dir);
	if (other || record.was != then)
		err = record_note(t, &dir, other ? other : &record);
	tune_dir_close(&dir);
	return err;
}
