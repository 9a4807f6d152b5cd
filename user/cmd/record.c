// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/clock.h"
#include "host/iface.h"
#include "host/machine.h"
#include "host/nic_watch.h"

static bool is_store(const struct probe_options *o)
{
	const char *dot = o->samples ? strrchr(o->samples, '.') : NULL;

	return dot && !strcmp(dot, ".db");
}

static void cannot(const struct record *record, const char *why)
{
	fprintf(stderr, "xrtt %s: cannot write %s: %s\n",
		record->options->command, record->options->samples, why);
}

bool record_has_store(const struct record *record)
{
	return is_store(record->options);
}

void record_tuned(struct record *record, const char *line)
{
	struct store_tuning *t = &record->tuning;
	char **more;

	if (!is_store(record->options))
		return;
	more = realloc(t->line, (t->lines + 1) * sizeof(*more));
	if (!more)
		return;
	t->line = more;
	t->line[t->lines] = strdup(line);
	t->lines += !!t->line[t->lines];
}

/* ---- the NIC's counters, from the store's thread ------------------------- */

static void on_change(void *data, const struct nic_change *change)
{
	store_note_counter(data, &(struct store_counter){
					 mono_now(),
					 change->name,
					 change->from,
					 change->to,
				 });
}

static mono_t look_at_nic(void *data, struct store *store)
{
	mono_t at = mono_now();

	nic_watch_look(data, on_change, store);
	return at;
}

static void watch_nic(struct record *record, const char *ifname)
{
	struct iface iface;

	if (!ifname || iface_read(ifname, &iface))
		return;
	record->nic = nic_watch_open(&iface);
	if (record->nic)
		store_set_look(record->store, look_at_nic, record->nic);
}

/* ---- the run ------------------------------------------------------------- */

void record_outset(struct record *record, const struct result *so_far,
		   const struct wire_ends ends[ENGINES])
{
	struct machine machine;
	const struct store_outset outset = {
		.result = so_far,
		.machine = &machine,
		.tuning = &record->tuning,
		.ends = ends,
	};
	char why[STORE_WHY];

	if (!is_store(record->options))
		return;
	machine_read(&machine);
	record->store = store_open(record->options->samples, &outset, why);
	if (record->store)
		watch_nic(record, so_far->local.ifname);
	else if (*why)
		cannot(record, why);
}

void record_started(struct record *record, mono_t origin,
		    const struct wire_ends ends[ENGINES])
{
	const struct probe_options *o = record->options;
	struct sample_origin at = { .local = origin };
	int err;

	memcpy(record->ends, ends, sizeof(record->ends));
	if (record->store)
		store_start(record->store, origin);
	if (!o->samples || is_store(o))
		return;
	record->samples = samples_open(o->samples, &at, &err);
	if (!record->samples)
		cannot(record, strerror(-err));
}

void record_settled(struct record *record, const struct sample *sample)
{
	if (record->store)
		store_sample(record->store, sample);
	if (record->samples)
		samples_write(record->samples, sample,
			      &record->ends[sample->engine]);
}

void record_clock(struct record *record, const struct steering_reading *reading)
{
	if (record->store)
		store_clock(record->store, reading);
}

void record_over(struct record *record)
{
	if (record->store)
		store_wait(record->store);
}

void record_end(struct record *record, const struct result *result)
{
	struct store_tuning *t = &record->tuning;

	samples_close(record->samples);
	store_end(record->store, result, t);
	nic_watch_close(record->nic);
	while (t->lines)
		free(t->line[--t->lines]);
	free(t->line);
	*record = (struct record){ .options = record->options };
}
