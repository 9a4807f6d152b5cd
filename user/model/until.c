/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/until.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	enum level level;
} levels[] = {
	{ "p50", LEVEL_P50 },	 { "p90", LEVEL_P90 },	 { "p99", LEVEL_P99 },
	{ "p99.9", LEVEL_P999 }, { "p999", LEVEL_P999 },
};

static const char *const signs[] = { "\u00b1", "+-" };

/* What follows `word`, or NULL if `text` does not start with it. */
static const char *skip_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) ? NULL : text + n;
}

static const char *skip_sign(const char *text)
{
	const char *rest = NULL;

	for (size_t i = 0; !rest && i < sizeof(signs) / sizeof(*signs); i++)
		rest = skip_word(text, signs[i]);
	return rest;
}

int until_parse(const char *text, struct until *out)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		const char *rest = skip_word(text, levels[i].name);
		span_t within;

		if (rest)
			rest = skip_sign(rest);
		if (!rest)
			continue;
		if (time_parse(rest, &within) || within.ns <= 0)
			return -EINVAL;
		*out = (struct until){ levels[i].level, within };
		return 0;
	}
	return -EINVAL;
}

bool until_is_due(const struct until_looks *looks, uint64_t n)
{
	return n >= UNTIL_N_EFF && n >= looks->n + (looks->n + 3) / 4;
}

bool until_look(struct until_looks *looks, const struct until *until,
		const struct duration *network)
{
	bool before = looks->reached;

	looks->n = network->n;
	looks->reached = until_reached(until, network);
	return before && looks->reached;
}

bool until_reached(const struct until *until, const struct duration *network)
{
	const struct ci *ci = &network->ci95[until->level];
	double at = network->quantile[until->level], within = until->within.ns;

	return network->n_eff >= UNTIL_N_EFF && !network->short_memory &&
	       ci->lo.finite && ci->hi.finite && at - ci->lo.value <= within &&
	       ci->hi.value - at <= within;
}
