// SPDX-License-Identifier: GPL-2.0-only
/* The stored floor as a hostile file: nothing in it is believed. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "null_fixture.h"
#include "out/null_json.h"
#include "probe/null_store.h"
#include "unit.h"

#define MUTATIONS 20000
#define DEEP 100000

static struct null_floor floor_;

static int parse(const char *text)
{
	return null_parse(text, strlen(text), &floor_);
}

static int parse_value(const json_t *value)
{
	char *text = json_dumps(value, 0);
	int err = parse(text);

	free(text);
	return err;
}

static json_t *fixture_value(void)
{
	null_fixture(&floor_);
	return null_json_value(&floor_);
}

/* What whoever reads an accepted floor may rely on. */
static void assert_sane(const struct null_floor *f)
{
	assert_between(f->cells, 1, NULL_CELLS_MAX);
	assert_true(memchr(f->date, 0, sizeof(f->date)));
	assert_true(memchr(f->machine.cpu, 0, sizeof(f->machine.cpu)));
	for (size_t i = 0; i < f->cells; i++) {
		const struct null_cell *c = &f->cell[i];
		const struct probes *p = &c->probes;

		assert_between(c->engine, ENGINE_SOCKET, ENGINE_BYPASS);
		assert_between(c->interval_ns, 1, 86400e9);
		assert_int_equal(p->planned, p->sent + p->unsent);
		assert_between(c->tx, 0, STAMPS - 1);
		assert_between(c->rx, 0, STAMPS - 1);
		assert_true(memchr(c->why, 0, sizeof(c->why)));
		for (int j = 0; j < STAGES; j++) {
			assert_true(null_figure_is_ordered(&c->stage[j]));
			assert_true(c->stage[j].min >= 0);
			assert_true(c->stage[j].n <= p->received);
		}
	}
}

static void test_round_trip(void **state)
{
	struct null_floor parsed;
	char *first, *second;

	(void)state;
	null_fixture(&floor_);
	first = null_json_text(&floor_);
	assert_int_equal(null_parse(first, strlen(first), &parsed), 0);
	assert_sane(&parsed);
	assert_int_equal(parsed.cells, 2);
	assert_string_equal(parsed.machine.cpu, floor_.machine.cpu);
	assert_memory_equal(&parsed.cell[0].stage, &floor_.cell[0].stage,
			    sizeof(parsed.cell[0].stage));
	second = null_json_text(&parsed);
	assert_string_equal(first, second);
	free(first);
	free(second);
}

/* One place of the fixture made wrong. */
static const struct wrong {
	const char *path; /* '/' between keys */
	const char *json;
} wrongs[] = {
	{ "schema", "\"xrtt-null/2\"" },
	{ "schema", "\"xrtt-null/1 and more\"" },
	{ "date", "null" },
	{ "date", "\"\\u001b[2J\"" },
	{ "version", "\"a\\nb\"" },
	{ "machine", "[]" },
	{ "machine/kernel", "\"\\u007f\"" },
	{ "machine/cpu", "\"\\u009b31m\"" },
	{ "machine/boot_id", "7" },
	{ "duration_ns", "0" },
	{ "duration_ns", "1e9" },
	{ "duration_ns", "9007199254740993" },
	{ "interrupted", "1" },
	{ "cells", "{}" },
	{ "cells", "[]" },
	{ "cells/0", "null" },
	{ "cells/0/engine", "\"warp\"" },
	{ "cells/0/interval_ns", "0" },
	{ "cells/0/interval_ns", "-1" },
	{ "cells/0/why", "3" },
	{ "cells/0/probes/sent", "1000" },
	{ "cells/0/probes/lost", "3" },
	{ "cells/0/probes/lost", "-2" },
	{ "cells/0/probes/planned", "1152921504606846976" },
	{ "cells/0/achieved_pps", "-1" },
	{ "cells/0/achieved_pps", "\"1000\"" },
	{ "cells/0/achieved_pps", "1e300" },
	{ "cells/0/hooks/tx", "\"nowhere\"" },
	{ "cells/0/hooks/rx", "null" },
	{ "cells/0/lateness_ns/p50", "9e9" },
	{ "cells/0/lateness_ns/min", "null" },
	{ "cells/0/lateness_ns/n", "991" },
	{ "cells/0/stages_ns/network/n", "0" },
	{ "cells/0/stages_ns/network/n", "991" },
	{ "cells/0/stages_ns/network/min", "-1" },
	{ "cells/0/stages_ns/network/p99", "1" },
	{ "cells/0/stages_ns/network/max", "9223372036854775807" },
	{ "cells/0/delivered/xdp_rx", "991" },
	{ "cells/0/delivered/xdp_rx", "-1" },
	{ "cells/1/stages_ns/remote",
	  "{\"n\":1,\"min\":1,\"p1\":1,\"p50\":1,\"p99\":1,\"max\":1}" },
};

static void put(json_t *root, const char *path, json_t *value)
{
	char copy[128], *key = copy, *slash;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((slash = strchr(key, '/'))) {
		*slash = '\0';
		root = json_is_array(root) ? json_array_get(root, atoi(key))
					   : json_object_get(root, key);
		assert_non_null(root);
		key = slash + 1;
	}
	if (json_is_array(root)) {
		json_array_set_new(root, atoi(key), value);
	} else {
		assert_non_null(json_object_get(root, key));
		json_object_set_new(root, key, value);
	}
}

static void test_wrong_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		json_t *root = fixture_value();

		assert_int_equal(parse_value(root), 0);
		put(root, wrongs[i].path,
		    json_loads(wrongs[i].json, JSON_DECODE_ANY, NULL));
		if (parse_value(root) != -EBADMSG)
			fail_msg("%s: %s was taken", wrongs[i].path,
				 wrongs[i].json);
		assert_int_equal(floor_.cells, 0);
		json_decref(root);
	}
}

/* What the reader derives itself and never reads. */
static bool is_derived(const char *key)
{
	return !strcmp(key, "valid") || !strcmp(key, "stale") ||
	       !strcmp(key, "network_ns") || !strcmp(key, "remote_ns");
}

/* Takes away each key below `part` in turn; its own keys are listed first, as
 * one that is put back comes last. */
static unsigned int drop_each(json_t *root, json_t *part)
{
	const char *key[32];
	unsigned int keys = 0, dropped = 0;
	json_t *value;
	size_t i;

	json_array_foreach(part, i, value)
	{
		dropped += drop_each(root, value);
	}
	for (void *at = json_object_iter(part); at && keys < ARRAY_SIZE(key);
	     at = json_object_iter_next(part, at))
		key[keys++] = strdup(json_object_iter_key(at));
	for (i = 0; i < keys; i++) {
		value = json_incref(json_object_get(part, key[i]));
		if (!is_derived(key[i])) {
			dropped += drop_each(root, value) + 1;
			json_object_del(part, key[i]);
			if (parse_value(root) != -EBADMSG)
				fail_msg("taken without %s", key[i]);
			json_object_set(part, key[i], value);
		}
		json_decref(value);
		free((char *)key[i]);
	}
	return dropped;
}

static void test_missing_keys(void **state)
{
	json_t *root = fixture_value();

	(void)state;
	assert_true(drop_each(root, root) > 100);
	assert_int_equal(parse_value(root), 0);
	json_decref(root);
}

static void test_cells(void **state)
{
	json_t *root = fixture_value();
	json_t *cells = json_object_get(root, "cells");

	(void)state;
	/* Twice the same engine and rate. */
	json_array_append_new(cells, json_deep_copy(json_array_get(cells, 0)));
	assert_int_equal(parse_value(root), -EBADMSG);
	for (int i = 2; i <= NULL_CELLS_MAX; i++) {
		json_t *copy = json_deep_copy(json_array_get(cells, 0));

		json_object_set_new(copy, "interval_ns", json_integer(i));
		if (i == 2)
			json_array_set_new(cells, i, copy);
		else
			json_array_append_new(cells, copy);
		assert_int_equal(parse_value(root),
				 i < NULL_CELLS_MAX ? 0 : -EBADMSG);
	}
	json_decref(root);
}

static void test_not_json(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"null",
		"[]",
		"{}",
		"7",
		"\"x\"",
		"{\"schema\":",
		"{\"schema\":\"xrtt-null/1\",\"schema\":\"xrtt-null/1\"}",
		"{\"schema\":\"\xff\xfe\"}",
	};
	char *text = malloc(DEEP);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(parse(texts[i]), -EBADMSG);
	memset(text, '[', DEEP);
	assert_int_equal(null_parse(text, DEEP, &floor_), -EBADMSG);
	memset(text, 0, DEEP);
	assert_int_equal(null_parse(text, DEEP, &floor_), -EBADMSG);
	free(text);
}

static void test_mutations(void **state)
{
	struct prng prng = unit_prng("null mutations");
	unsigned int taken = 0;
	size_t length;
	char *good, *bad;

	(void)state;
	null_fixture(&floor_);
	good = null_json_text(&floor_);
	length = strlen(good);
	bad = malloc(length);
	for (int i = 0; i < MUTATIONS; i++) {
		size_t size = length;

		memcpy(bad, good, length);
		for (uint64_t n = 1 + prng_next(&prng) % 3; n; n--)
			bad[prng_next(&prng) % length] =
				prng_next(&prng) % 2
					? '0' + prng_next(&prng) % 10
					: prng_next(&prng);
		if (prng_next(&prng) % 8 == 0)
			size = prng_next(&prng) % length;
		if (!null_parse(bad, size, &floor_)) {
			assert_sane(&floor_);
			taken++;
		}
	}
	/* A digit for a digit may be right, most else is not. */
	assert_between(taken, 1, MUTATIONS / 2);
	free(good);
	free(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_missing_keys),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
