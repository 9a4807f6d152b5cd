/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values for the summary: each function gives a new reference, or NULL if there
 * was no memory. What is not known, not finite or not text becomes null.
 */
#ifndef XRTT_OUT_JSON_VALUE_H
#define XRTT_OUT_JSON_VALUE_H

#include <stdio.h>

#include <jansson.h>

#include "model/result.h"

/* The first integer that a double cannot tell from its neighbour. */
#define JSON_INTEGER_END (INT64_C(1) << 53)

struct json_pair {
	const char *key;
	json_t *value;
};

/* An object of the pairs up to a NULL key. Takes all the values; NULL if one of
 * them is NULL, so that an object is whole or not there. */
json_t *json_value_object(const struct json_pair *pair);

/* The object with these as well; takes all, NULL if any is NULL. */
json_t *json_value_with(json_t *object, const struct json_pair *pair);

/* Appends and gives the array back; NULL, the array gone, if either is NULL. */
json_t *json_value_append(json_t *array, json_t *value);

/* An integer; from 2^53 on a string. */
json_t *json_value_signed(int64_t value);
json_t *json_value_unsigned(uint64_t value);

/* A number, without a fraction where it has none. */
json_t *json_value_number(double value);

/* A string; NULL is null, octets that are not UTF-8 become '?'. */
json_t *json_value_text(const char *text);

/* The same, "" being null as well. */
json_t *json_value_known_text(const char *text);

/* {planned,sent,...}: what the two identities are about. */
json_t *json_value_probes(const struct probes *p);

/* The same with duplicates and reordering; and what of `sent` was lost
 * (json_account.c). */
json_t *json_value_all_probes(const struct probes *p);
json_t *json_value_loss(const struct loss *l, uint64_t sent);

/* [lo, hi], an end that is not finite being null. */
json_t *json_value_interval(const struct ci *ci);

/* {value,minus,plus,bounded,left_out[]}: nulls and false for what is not known,
 * an end without a bound being null; `left_out` has the common terms' names. */
json_t *json_value_difference(const struct difference *d);

/* DESIGN's duration object; null with n == 0. */
json_t *json_value_duration(const struct duration *d);

/* The text of it, which it takes; free() it. NULL: no memory, or no value. */
char *json_value_dump(json_t *value);

/* On one line, every number as exact as it is: for a program to read back. */
char *json_value_dump_exact(json_t *value);

/* Writes that text and a line end, and flushes. 0 or -errno. */
int json_value_write(FILE *to, json_t *value);

#endif
