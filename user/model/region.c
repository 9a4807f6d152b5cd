// SPDX-License-Identifier: GPL-2.0-only
#include "model/region.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAREST 3
#define WORD_MAX 24 /* octets of a name that are compared */

static const struct region regions[] = {
#include "regions.table.h"
};

#define REGIONS (sizeof(regions) / sizeof(*regions))

const struct region *region_all(size_t *n)
{
	*n = REGIONS;
	return regions;
}

const struct region *region_find(const char *code)
{
	for (size_t i = 0; i < REGIONS; i++)
		if (!strcmp(regions[i].code, code))
			return &regions[i];
	return NULL;
}

/* What follows `word` in `text`, or NULL. */
static const char *skip(const char *text, const char *word)
{
	size_t n = strlen(word);

	return n && !strncmp(text, word, n) ? text + n : NULL;
}

/* The tail of a zone: "-az1", or "a". */
static bool is_zone_id(const char *tail)
{
	return !strncmp(tail, "-az", 3) && tail[3] &&
	       strspn(tail + 3, "0123456789") == strlen(tail + 3);
}

static bool is_zone_letter(const char *tail)
{
	return *tail >= 'a' && *tail <= 'z' && !tail[1];
}

/* *inside: it begins like this region's zones, but is none of them. */
static const struct region *find_zone(const char *text,
				      const struct region **inside)
{
	for (size_t i = 0; i < REGIONS; i++) {
		const struct region *r = &regions[i];
		const char *id = skip(text, r->zone);
		const char *letter = skip(text, r->code);

		if (!strcmp(text, r->code) || (id && is_zone_id(id)) ||
		    (letter && is_zone_letter(letter)))
			return r;
		if ((id && *id == '-') || (letter && *letter == '-'))
			*inside = r;
	}
	return NULL;
}

/* ---- positions ----------------------------------------------------------- */

/* A number that `end` follows; NULL if it is none, or not finite. */
static const char *number(const char *text, double *out)
{
	char *end;

	if (!strchr("+-.0123456789", *text))
		return NULL;
	*out = strtod(text, &end);
	return end == text || !isfinite(*out) ? NULL : end;
}

static const char *skip_sign(const char *text)
{
	const char *rest = skip(text, "\u00b1");

	return rest ? rest : skip(text, "+-");
}

static int parse_position(const char *text, struct site *out)
{
	const char *rest = number(text, &out->at.lat);

	out->uncertainty_km = 0;
	if (rest && *rest == ',')
		rest = number(rest + 1, &out->at.lon);
	else
		rest = NULL;
	if (rest && *rest) {
		rest = skip_sign(rest);
		rest = rest ? number(rest, &out->uncertainty_km) : NULL;
	}
	if (!rest || *rest || fabs(out->at.lat) > 90 ||
	    fabs(out->at.lon) > 360 || !(out->uncertainty_km >= 0))
		return -EINVAL;
	return 0;
}

/* ---- the nearest names --------------------------------------------------- */

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* Letters to change, add, leave out or swap with their neighbour. */
static int edits(const char *a, const char *b)
{
	int before[WORD_MAX + 1] = { 0 }, last[WORD_MAX + 1];
	int row[WORD_MAX + 1];
	int n = least(strlen(a), WORD_MAX), m = least(strlen(b), WORD_MAX);

	for (int j = 0; j <= m; j++)
		last[j] = j;
	for (int i = 1; i <= n; i++) {
		row[0] = i;
		for (int j = 1; j <= m; j++) {
			row[j] = least(least(last[j], row[j - 1]) + 1,
				       last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		memcpy(before, last, sizeof(before));
		memcpy(last, row, sizeof(last));
	}
	return last[m];
}

/* A zone's ID is compared with the zones' beginnings. */
static int distance_to(const struct region *r, const char *text)
{
	char zone[WORD_MAX + 1];

	snprintf(zone, sizeof(zone), "%s-az1", r->zone);
	return least(edits(text, r->code), edits(text, zone));
}

static void suggest(const char *text, char *out, size_t size)
{
	bool taken[REGIONS] = { false };
	size_t length = 0;

	for (int i = 0; i < NEAREST; i++) {
		size_t best = REGIONS;

		for (size_t j = 0; j < REGIONS; j++) {
			if (!taken[j] &&
			    (best == REGIONS ||
			     distance_to(&regions[j], text) <
				     distance_to(&regions[best], text)))
				best = j;
		}
		taken[best] = true;
		length += snprintf(out + length, size - length, "%s%s (%s)",
				   i ? ", " : "", regions[best].code,
				   regions[best].city);
		if (length >= size)
			return;
	}
}

int site_parse(const char *text, struct site *out, char *why)
{
	const struct region *inside = NULL;
	const struct region *r = find_zone(text, &inside);
	char nearest[SITE_WHY - 64];

	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", text);
	if (r) {
		out->region = r;
		out->at = r->at;
		out->uncertainty_km = r->uncertainty_km;
		return 0;
	}
	if (!parse_position(text, out))
		return 0;
	suggest(text, nearest, sizeof(nearest));
	if (inside)
		snprintf(why, SITE_WHY,
			 "a Local Zone or the like, elsewhere than %s; its own "
			 "LAT,LON would do",
			 inside->code);
	else if (strchr(text, ','))
		snprintf(why, SITE_WHY,
			 "not a position such as 39.04,-77.49 or "
			 "39.04,-77.49\u00b120 (degrees, km)");
	else
		snprintf(why, SITE_WHY,
			 "no such region or zone; the nearest names: %s",
			 nearest);
	return -EINVAL;
}
