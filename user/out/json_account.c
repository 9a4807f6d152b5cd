// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "out/json_value.h"

static json_t *count_if(bool known, uint64_t count)
{
	return known ? json_value_unsigned(count) : json_null();
}

json_t *json_value_all_probes(const struct probes *p)
{
	const struct json_pair pair[] = {
		{ "duplicate", json_value_unsigned(p->duplicate) },
		{ "duplicate_forward",
		  count_if(p->has_duplicate_direction, p->duplicate_forward) },
		{ "duplicate_return",
		  count_if(p->has_duplicate_direction, p->duplicate_return) },
		{ "reordered", json_value_unsigned(p->reordered) },
		{ "reordered_forward",
		  count_if(p->has_direction, p->reordered_forward) },
		{ "reordered_return",
		  count_if(p->has_direction, p->reordered_return) },
		{ NULL, NULL },
	};

	return json_value_with(json_value_probes(p), pair);
}

json_t *json_value_loss(const struct loss *l, uint64_t sent)
{
	const struct ci unknown = { 0 };
	bool has_ratio = sent && isfinite(l->ratio);
	const struct json_pair pair[] = {
		{ "ratio",
		  has_ratio ? json_value_number(l->ratio) : json_null() },
		{ "ci95",
		  json_value_interval(has_ratio ? &l->ci95 : &unknown) },
		{ "longest_run", json_value_unsigned(l->longest_run) },
		{ "forward", count_if(l->has_direction, l->forward) },
		{ "return", count_if(l->has_direction, l->back) },
		{ "refused_by_reflector",
		  count_if(l->has_refused, l->refused) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}
