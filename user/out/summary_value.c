// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "out/summary_parts.h"

struct summary_block {
	struct summary_block *next;
	max_align_t data[];
};

void *summary_array(struct summary *s, size_t n, size_t size)
{
	struct summary_block *block;

	if (n > (SIZE_MAX - sizeof(*block)) / size)
		n = 0;
	block = calloc(1, sizeof(*block) + n * size);
	if (!block) {
		s->lacks_memory = true;
		return NULL;
	}
	block->next = s->blocks;
	s->blocks = block;
	return block->data;
}

static void release(struct summary_block *block)
{
	struct summary_block *next;

	for (; block; block = next) {
		next = block->next;
		free(block);
	}
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	release(s->blocks);
	json_decref(s->root);
	free(s);
}

static void note_wrong(struct summary *s, const char *key)
{
	if (!s->wrong)
		s->wrong = key;
}

const json_t *summary_member(struct summary *s, const json_t *object,
			     const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		note_wrong(s, key);
	return value;
}

bool summary_has(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value);
}

/* A terminal would obey controls, C1's in UTF-8 too. */
static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			return false;
		if (*text == '\xc2' && (unsigned char)text[1] < 0xa0)
			return false;
	}
	return true;
}

static bool take_text(const json_t *value, const char **out)
{
	*out = json_string_value(value);
	return json_is_null(value) || (*out && is_printable(*out));
}

/* Of 2^53 and more there is a text. */
static bool take_signed(const json_t *value, int64_t *out)
{
	const char *text = json_string_value(value);
	char *end;

	*out = json_integer_value(value);
	if (!text)
		return json_is_integer(value) || json_is_null(value);
	errno = 0;
	*out = strtoll(text, &end, 10);
	return !errno && *text && !*end;
}

static bool take_count(const json_t *value, uint64_t *out)
{
	const char *text = json_string_value(value);
	char *end;

	*out = json_integer_value(value);
	if (!text)
		return (json_is_integer(value) && *out <= INT64_MAX) ||
		       json_is_null(value);
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && *text && *text != '-' && !*end;
}

static bool take_int(const json_t *value, int none, int *out)
{
	json_int_t wide = json_integer_value(value);

	*out = json_is_null(value) ? none : (int)wide;
	return json_is_null(value) ||
	       (json_is_integer(value) && wide >= INT_MIN && wide <= INT_MAX);
}

static bool take_number(const json_t *value, double *out)
{
	*out = json_is_number(value) ? json_number_value(value) : NAN;
	return json_is_number(value) || json_is_null(value);
}

static bool take_flag(const json_t *value, bool *out)
{
	*out = json_is_true(value);
	return json_is_boolean(value);
}

static bool take(const json_t *value, enum summary_kind kind, void *out)
{
	switch (kind) {
	case SUMMARY_TEXT:
		return take_text(value, out);
	case SUMMARY_COUNT:
		return take_count(value, out);
	case SUMMARY_SIGNED:
		return take_signed(value, out);
	case SUMMARY_INT:
		return take_int(value, 0, out);
	case SUMMARY_INDEX:
		return take_int(value, -1, out);
	case SUMMARY_NUMBER:
		return take_number(value, out);
	default:
		return take_flag(value, out);
	}
}

void summary_fields(struct summary *s, const json_t *object,
		    const struct summary_field *field, void *out)
{
	for (; field->key; field++) {
		const json_t *value = summary_member(s, object, field->key);

		if (value && !take(value, field->kind, (char *)out + field->at))
			note_wrong(s, field->key);
	}
}
