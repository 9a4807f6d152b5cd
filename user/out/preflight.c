// SPDX-License-Identifier: GPL-2.0-only
#include "out/preflight.h"

#include <string.h>

#include "out/json_value.h"

void preflight_text(FILE *to, const char *who, const struct preflight *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct preflight_finding *f = &found->finding[i];

		fprintf(to, "%s: %s %s: %s\n", who,
			preflight_level_name(f->level), f->id, f->text);
		if (*f->fix)
			fprintf(to, "%s:   to mend it: %s\n", who, f->fix);
	}
}

void preflight_notes(struct page *page, const struct preflight *found,
		     const char *said)
{
	for (size_t i = 0; found && i < found->count; i++) {
		const struct preflight_finding *f = &found->finding[i];

		if (f->level == PREFLIGHT_NOTE && strcmp(f->id, "prepared"))
			continue;
		if (said && !strncmp(said, f->text, strlen(f->text)))
			continue;
		page_note(page, "interface", "%s%s%s", f->text,
			  *f->fix ? "; to mend it: " : "", f->fix);
	}
}

static json_t *finding_value(const struct preflight_finding *f)
{
	const struct json_pair pair[] = {
		{ "id", json_string(f->id) },
		{ "level", json_string(preflight_level_name(f->level)) },
		{ "text", json_value_text(f->text) },
		{ "fix", json_value_text(*f->fix ? f->fix : NULL) },
		{ NULL, NULL },
	};

	return json_value_object(pair);
}

json_t *preflight_value(const struct preflight *found)
{
	json_t *all = json_array();

	for (size_t i = 0; found && i < found->count; i++)
		all = json_value_append(all, finding_value(&found->finding[i]));
	return all;
}
