// SPDX-License-Identifier: GPL-2.0-only
#include "out/json_fallbacks.h"

#include "out/json_value.h"

static json_t *step_value(enum fallback_stage stage, const struct fallback *f)
{
	const struct json_pair pair[] = {
		{ "stage", json_string(fallback_stage_name(stage)) },
		{ "wanted", json_value_text(f->wanted) },
		{ "used", json_value_text(f->used) },
		{ "why", json_value_text(f->why) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

json_t *json_fallbacks_value(const struct fallbacks *fallbacks)
{
	json_t *all = json_array();

	for (int i = 0; i < FALLBACK_STAGES; i++) {
		const struct fallback *f = &fallbacks->at[i];

		if (f->used)
			all = json_value_append(all, step_value(i, f));
	}
	return all;
}
