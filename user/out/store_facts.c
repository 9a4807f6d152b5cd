// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>

#include "model/flows.h"
#include "model/preflight.h"
#include "out/json.h"
#include "out/json_value.h"
#include "out/store_parts.h"

/* ---- the run's row ------------------------------------------------------- */

static const char *engine_of(const struct result *r)
{
	return r->engines ? "both" : engine_name(r->engine);
}

static void bind_hosts(sqlite3_stmt *s, const struct result *r)
{
	static const char *const protocol[] = {
		[PROTOCOL_STAMP] = "stamp",
		[PROTOCOL_ICMP] = "icmp",
		[PROTOCOL_TCP] = "tcp",
	};
	const struct target_host *t = &r->target;

	store_text(s, 8, engine_of(r));
	store_text(s, 9, protocol[t->protocol]);
	store_text(s, 10, t->name);
	store_text(s, 11, t->address);
	store_text(s, 12, t->source);
	store_count(s, 13, t->port > 0, t->port);
	store_count(s, 14, t->source_port > 0, t->source_port);
	store_text(s, 15, r->local.ifname);
	store_text(s, 16, r->local.driver);
	store_text(s, 17, r->local.kernel);
	store_text(s, 18, r->local.clocksource);
}

/* At the outset and, with what has been measured, at the end: the row that is
 * there keeps what is not named here. */
static int write_run(struct store *store, const struct result *r,
		     bool is_complete)
{
	char *summary = json_value_dump_exact(json_result_value(r));
	sqlite3_stmt *s = store_prepare(
		store,
		"UPDATE run SET complete = ?2, start = ?3, duration_ns = ?4, "
		"command = ?5, version = ?6, summary = ?7, engine = ?8, "
		"protocol = ?9, target = ?10, address = ?11, source = ?12, "
		"port = ?13, source_port = ?14, ifname = ?15, driver = ?16, "
		"kernel = ?17, clocksource = ?18, remote_origin_tai_ns = "
		"coalesce(remote_origin_tai_ns, ?19), "
		"origin_mono_ns = ?20, origin_tai_ns = ?21 WHERE run = ?1");

	store_count(s, 1, true, store->run);
	store_count(s, 2, true, is_complete);
	store_text(s, 3, r->run.start);
	store_count(s, 4, is_complete, r->run.duration_ns);
	store_text(s, 5, r->run.command);
	store_text(s, 6, r->run.version);
	store_text(s, 7, summary ? summary : "");
	bind_hosts(s, r);
	store_count(s, 19, r->run.has_remote_origin, r->run.remote_origin.ns);
	store_count(s, 20, true, r->run.origin.ns);
	store_count(s, 21, true, r->run.origin_tai_ns);
	free(summary);
	return store_done(store, s);
}

static int add_run(struct store *store, const struct machine *machine)
{
	sqlite3_stmt *s = store_prepare(
		store, "INSERT INTO run (complete, boot_id, cpu, summary) "
		       "VALUES (0, ?, ?, '')");
	int err;

	store_text(s, 1, *machine->boot_id ? machine->boot_id : NULL);
	store_text(s, 2, *machine->cpu ? machine->cpu : NULL);
	err = store_done(store, s);
	store->run = sqlite3_last_insert_rowid(store->db);
	return err;
}

/* ---- what goes with it --------------------------------------------------- */

static int add_engine(struct store *store, enum engine engine,
		      const struct wire_ends *ends)
{
	sqlite3_stmt *s = store_prepare(
		store, "INSERT INTO engine VALUES (?, ?, ?, ?, ?)");

	store_count(s, 1, true, store->run);
	store_text(s, 2, engine_name(engine));
	store_text(s, 3, stamp_name(ends->tx));
	store_text(s, 4, stamp_name(ends->rx));
	store_count(s, 5, true, ends->remote_inside);
	return store_done(store, s);
}

static int add_finding(struct store *store, const struct preflight_finding *f)
{
	sqlite3_stmt *s = store_prepare(
		store, "INSERT INTO finding VALUES (?, ?, ?, ?, ?)");

	store_count(s, 1, true, store->run);
	store_text(s, 2, f->id);
	store_text(s, 3, preflight_level_name(f->level));
	store_text(s, 4, f->text);
	store_text(s, 5, *f->fix ? f->fix : NULL);
	return store_done(store, s);
}

static int write_findings(struct store *store, const struct preflight *found)
{
	int err = 0;

	for (size_t i = 0; !err && found && i < found->count; i++)
		err = add_finding(store, &found->finding[i]);
	return err;
}

static int write_tuning(struct store *store, const struct store_tuning *tuning)
{
	sqlite3_stmt *s =
		store_prepare(store, "DELETE FROM tuning WHERE run = ?");
	int err;

	store_count(s, 1, true, store->run);
	err = store_done(store, s);
	for (size_t i = 0; !err && i < tuning->lines; i++) {
		s = store_prepare(store, "INSERT INTO tuning VALUES (?, ?)");
		store_count(s, 1, true, store->run);
		store_text(s, 2, tuning->line[i]);
		err = store_done(store, s);
	}
	return err;
}

int store_write_outset(struct store *store, const struct store_outset *outset)
{
	const struct result *r = outset->result;
	int err = add_run(store, outset->machine);

	if (!err)
		err = write_run(store, r, false);
	for (int i = 0; !err && i < ENGINES; i++) {
		if (r->engines || r->engine == (enum engine)i)
			err = add_engine(store, i, &outset->ends[i]);
	}
	if (!err)
		err = write_findings(store, r->local.preflight);
	return err ? err : write_tuning(store, outset->tuning);
}

/* ---- events -------------------------------------------------------------- */

static sqlite3_stmt *event_row(struct store *store, const char *kind,
			       int64_t time_ns)
{
	sqlite3_stmt *s = store_prepare(
		store, "INSERT INTO event (run, kind, time_ns, time_lo_ns, "
		       "time_hi_ns, flow, direction, name, from_value, "
		       "to_value, unit) VALUES (?,?,?,?,?,?,?,?,?,?,?)");

	store_count(s, 1, true, store->run);
	store_text(s, 2, kind);
	store_count(s, 3, true, time_ns);
	return s;
}

static int add_shift(struct store *store, const struct flow_event *f)
{
	const struct watch_event *e = &f->event;
	sqlite3_stmt *s = event_row(store, "level_shift", e->time_ns);

	store_count(s, 4, true, e->time_lo_ns);
	store_count(s, 5, true, e->time_hi_ns);
	store_count(s, 6, true, f->flow);
	store_text(s, 7, watch_way_name(e->way));
	store_number(s, 9, e->from_ns);
	store_number(s, 10, e->to_ns);
	store_text(s, 11, "ns");
	return store_done(store, s);
}

static int add_slew(struct store *store, const struct clock_event *e)
{
	sqlite3_stmt *s = event_row(store, "clock_slew", e->from_ns);

	store_count(s, 4, true, e->from_ns);
	store_count(s, 5, true, e->to_ns);
	store_number(s, 10, e->ppm);
	store_text(s, 11, "ppm");
	return store_done(store, s);
}

void store_note_counter(struct store *store, const struct store_counter *c)
{
	sqlite3_stmt *s = event_row(store, "nic_counter",
				    mono_sub(c->at, store->origin).ns);

	store_count(s, 4, true, mono_sub(store->looked, store->origin).ns);
	store_count(s, 5, true, mono_sub(c->at, store->origin).ns);
	store_text(s, 8, c->name);
	store_number(s, 9, c->from);
	store_number(s, 10, c->to);
	store_text(s, 11, "count");
	store_done(store, s);
}

static int write_events(struct store *store, const struct result *r)
{
	const struct clock_steering *steering = &r->clock.steering;
	int err = 0;

	for (size_t i = 0; !err && r->flows && i < r->flows->events; i++)
		err = add_shift(store, &r->flows->event[i]);
	for (size_t i = 0; !err && steering->known && i < steering->events; i++)
		err = add_slew(store, &steering->event[i]);
	return err;
}

/* ---- the budget ---------------------------------------------------------- */

/* Whose term it is. */
struct owner {
	const char *engine;
	const char *duration;
	const char *level;
};

static int add_term(struct store *store, const struct owner *owner,
		    const struct budget_term *t)
{
	const char kind[2] = { t->kind };
	sqlite3_stmt *s = store_prepare(
		store, "INSERT INTO term VALUES (?,?,?,?,?,?,?,?,?,?)");

	store_count(s, 1, true, store->run);
	store_text(s, 2, owner->engine);
	store_text(s, 3, owner->duration);
	store_text(s, 4, owner->level);
	store_text(s, 5, t->name);
	store_number(s, 6, t->ns);
	store_text(s, 7, *kind ? kind : NULL);
	store_text(s, 8, t->lengthens ? "lengthens" : "symmetric");
	store_count(s, 9, true, t->common);
	store_text(s, 10, t->how);
	return store_done(store, s);
}

static int add_terms(struct store *store, struct owner owner,
		     const struct duration *d)
{
	int err = 0;

	owner.level = "p50";
	for (size_t i = 0; !err && i < d->at_p50.terms; i++)
		err = add_term(store, &owner, &d->at_p50.term[i]);
	owner.level = "p99";
	for (size_t i = 0; !err && i < d->at_p99.terms; i++)
		err = add_term(store, &owner, &d->at_p99.term[i]);
	return err;
}

/* "network" is among the stages. */
static int write_terms(struct store *store, const struct result *r)
{
	struct owner owner = { .engine = engine_name(r->engine) };
	int err = 0;

	owner.duration = "rtt";
	if (r->rtt.n)
		err = add_terms(store, owner, &r->rtt);
	for (int i = 0; !err && i < STAGES; i++) {
		owner.duration = stage_name(i);
		if (r->stage[i].n)
			err = add_terms(store, owner, &r->stage[i]);
	}
	return err;
}

/* ---- the end ------------------------------------------------------------- */

static int count_samples(struct store *store)
{
	sqlite3_stmt *s = store_prepare(
		store,
		"UPDATE run SET unstored = ?2, samples = ?3, "
		"last_sample = (SELECT max(id) FROM sample) WHERE run = ?1");

	store_count(s, 1, true, store->run);
	store_count(s, 2, true, store->unstored);
	store_count(s, 3, true, store->stored);
	return store_done(store, s);
}

int store_write_end(struct store *store, const struct result *result,
		    const struct store_tuning *tuning)
{
	int err = count_samples(store);

	if (!err)
		err = write_tuning(store, tuning);
	if (!result || err)
		return err;
	err = write_run(store, result, true);
	if (!err)
		err = write_events(store, result);
	if (!err && !result->engines)
		err = write_terms(store, result);
	for (int i = 0; !err && result->engines && i < ENGINES; i++)
		err = write_terms(store, &result->engines[i]);
	return err;
}
