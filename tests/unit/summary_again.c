// SPDX-License-Identifier: GPL-2.0-only
#include "summary_again.h"

#include <jansson.h>
#include <string.h>

#include "model/flows.h"
#include "out/flows_text.h"
#include "out/json.h"
#include "out/json_value.h"
#include "out/summary.h"
#include "out_fixture.h"
#include "unit.h"

char *again_exact(const struct result *r)
{
	return json_value_dump_exact(json_result_value(r));
}

char *again_report(const struct result *r)
{
	char *text = NULL;
	size_t size;
	FILE *to;

	if (!r->flows)
		return fixture_text(r, false);
	to = open_memstream(&text, &size);
	assert_non_null(to);
	assert_int_equal(flows_text(to, r, r->flows, false), 0);
	fclose(to);
	return text;
}

void assert_comes_back(struct result *r)
{
	char *before, *after, *said, *again, why[SUMMARY_WHY];
	struct summary *s;

	application_judge(r);
	for (int i = 0; r->engines && i < ENGINES; i++)
		application_judge(&r->engines[i]);
	before = again_exact(r);
	said = again_report(r);
	s = summary_parse(before, strlen(before), why);
	if (!s)
		fail_msg("%s in %s", why, before);
	after = again_exact(summary_result(s));
	again = again_report(summary_result(s));
	assert_string_equal(before, after);
	assert_string_equal(said, again);
	summary_free(s);
	free(before);
	free(after);
	free(said);
	free(again);
}
