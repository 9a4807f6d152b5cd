// SPDX-License-Identifier: GPL-2.0-only
#include "out/doctor_text.h"

#include "out/format.h"
#include "out/null_text.h"
#include "out/page.h"

static void show_finding(struct page *page, const struct finding *f)
{
	page_note(page, finding_level_name(f->level), "%s%s%s%s", f->text,
		  *f->fix ? " (" : "", f->fix, *f->fix ? ")" : "");
}

int doctor_text(FILE *to, const struct doctor *doctor, bool colour)
{
	struct page page = {
		.to = to,
		.colour = colour,
		.columns = page_terminal_columns(fileno(to)),
	};

	if (doctor->has_null)
		null_text(&page, &doctor->null);
	fputc('\n', to);
	for (size_t i = 0; i < doctor->findings; i++)
		show_finding(&page, &doctor->finding[i]);
	if (*doctor->stored)
		page_note(&page, "stored",
			  "%s: for this host's runs until its next boot",
			  doctor->stored);
	if (doctor->has_null && doctor->null.interrupted)
		page_note(&page, "interrupted",
			  "what was measured until then is above; it is not "
			  "stored");
	return page_finish(&page);
}
