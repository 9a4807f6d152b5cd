// SPDX-License-Identifier: GPL-2.0-only
/* What doctor makes of a floor, and how it says so. */
#include <jansson.h>
#include <string.h>

#include "model/doctor.h"
#include "null_fixture.h"
#include "out/doctor_json.h"
#include "out/doctor_text.h"
#include "out/format.h"
#include "out/page.h"
#include "unit.h"

static struct doctor doctor;

static int examine(void **state)
{
	(void)state;
	memset(&doctor, 0, sizeof(doctor));
	null_fixture(&doctor.null);
	doctor.has_null = true;
	doctor_judge_null(&doctor);
	return 0;
}

static const struct finding *find(const char *id)
{
	for (size_t i = 0; i < doctor.findings; i++) {
		if (!strcmp(doctor.finding[i].id, id))
			return &doctor.finding[i];
	}
	return NULL;
}

static void test_findings(void **state)
{
	(void)state;
	assert_int_equal(doctor.findings, 3);
	assert_int_equal(find("null_floor")->level, FINDING_GOOD);
	assert_non_null(strstr(find("null_floor")->text, "shows 3500 ns"));
	assert_int_equal(find("null_lost")->level, FINDING_COSTS);
	assert_non_null(strstr(find("null_lost")->text, "10 of 1000 probes"));
	assert_string_not_equal(find("null_lost")->fix, "");
	assert_int_equal(find("null_engine")->level, FINDING_BLOCKS);
	assert_non_null(strstr(find("null_engine")->text, "bypass engine"));
	assert_null(find("null_pace"));
	doctor.findings = 0;
	doctor.null.cell[0].achieved_pps = 900;
	strcpy(doctor.null.cell[0].rx_why, "no XDP here");
	doctor_judge_null(&doctor);
	assert_non_null(strstr(find("null_pace")->text, "900 probes/s"));
	assert_non_null(strstr(find("null_hook")->text, "no XDP here"));
}

static void test_stamps(void **state)
{
	(void)state;
	assert_true(doctor.stamp[STAMP_XDP_RX].delivered);
	assert_string_equal(doctor.stamp[STAMP_XDP_RX].why, "");
	assert_true(doctor.stamp[STAMP_DRV_TX].delivered);
	assert_string_equal(doctor.stamp[STAMP_DRV_TX].why,
			    "with 900 of 990 answered probes");
	assert_false(doctor.stamp[STAMP_HW_RX].delivered);
	assert_non_null(strstr(doctor.stamp[STAMP_HW_RX].why, "veth"));
	memset(&doctor, 0, sizeof(doctor));
	doctor_judge_null(&doctor);
	assert_false(doctor.stamp[STAMP_XDP_RX].known);
	assert_int_equal(doctor.findings, 0);
}

static void test_room(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * DOCTOR_FINDINGS_MAX; i++)
		doctor_find(&doctor, "many", FINDING_GOOD, "%d", i);
	assert_null(doctor_find(&doctor, "many", FINDING_GOOD, "one more"));
	finding_set_fix(NULL, "nothing to mend");
	assert_int_equal(doctor.findings, DOCTOR_FINDINGS_MAX);
}

/* Every key is there whether or not anything was measured. */
static void test_json(void **state)
{
	static const char *const keys[] = { "schema", "subject",  "interrupted",
					    "stamps", "findings", "null",
					    "stored" };
	char *text;
	size_t size;

	(void)state;
	for (int empty = 0; empty < 2; empty++) {
		FILE *to = open_memstream(&text, &size);
		json_t *root;

		if (empty)
			memset(&doctor, 0, sizeof(doctor));
		assert_int_equal(doctor_json_write(to, &doctor), 0);
		fclose(to);
		root = json_loads(text, 0, NULL);
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			assert_non_null(json_object_get(root, keys[i]));
		assert_int_equal(json_object_size(root), ARRAY_SIZE(keys));
		assert_int_equal(
			json_array_size(json_object_get(root, "stamps")),
			STAMPS);
		assert_int_equal(
			json_array_size(json_object_get(root, "findings")),
			empty ? 0 : 3);
		assert_int_equal(json_is_null(json_object_get(root, "null")),
				 empty);
		json_decref(root);
		free(text);
	}
}

static void test_text(void **state)
{
	struct null_floor *floor = &doctor.null;
	char *text, *line, *rest;
	unsigned int lines = 0;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	/* Four cells side by side, with figures of any length. */
	floor->cells = 4;
	for (int i = 1; i < 4; i++) {
		floor->cell[i] = floor->cell[0];
		floor->cell[i].interval_ns = 100 * NSEC_PER_USEC;
		floor->cell[i].lateness.p99 = INT64_C(9988776655) / i;
	}
	assert_int_equal(doctor_text(to, &doctor, false), 0);
	fclose(to);
	assert_non_null(strstr(text, "bypass engine"));
	assert_non_null(strstr(text, "990 of 1000"));
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		assert_true(format_columns(line) <= PAGE_COLUMNS);
		lines++;
	}
	assert_between(lines, 15, 30);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_findings, examine),
		cmocka_unit_test_setup(test_stamps, examine),
		cmocka_unit_test_setup(test_room, examine),
		cmocka_unit_test_setup(test_json, examine),
		cmocka_unit_test_setup(test_text, examine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
