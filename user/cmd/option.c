// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/option.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out/format.h"

#define ROWS_MAX 64

/* getopt's values for rows without a letter. */
#define VALUE_FIRST 256
#define VALUE_HELP 'h'

static bool row_is_last(const struct option_row *row)
{
	return row->kind != OPTION_GAP && !row->name && !row->letter;
}

static bool row_takes_argument(const struct option_row *row)
{
	return row->kind != OPTION_FLAG && row->kind != OPTION_SET;
}

static int parse_number(const struct option_row *row, const char *text,
			uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno ||
	    *out < (uint64_t)row->min || *out > (uint64_t)row->max)
		return -EINVAL;
	return 0;
}

static int parse_choice(const struct option_row *row, const char *text,
			int *out)
{
	for (int i = 0; row->choices[i]; i++) {
		if (!strcmp(text, row->choices[i])) {
			*out = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_list(const char *text, struct option_list *list)
{
	if (list->count == OPTION_LIST_MAX)
		return -EINVAL;
	list->item[list->count++] = text;
	return 0;
}

static int row_store(const struct option_row *row, const char *text,
		     void *config)
{
	void *at = (char *)config + row->offset;
	span_t span;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_SET:
		*(int *)at = row->min;
		return 0;
	case OPTION_NUMBER:
		return parse_number(row, text, at);
	case OPTION_TIME:
		if (time_parse(text, &span) || span.ns < row->min ||
		    span.ns > row->max)
			return -EINVAL;
		*(span_t *)at = span;
		return 0;
	case OPTION_TEXT:
		*(const char **)at = text;
		return 0;
	case OPTION_CHOICE:
		return parse_choice(row, text, at);
	case OPTION_LIST:
		return parse_list(text, at);
	case OPTION_GAP:
		break;
	}
	return -EINVAL;
}

static void print_time(char *text, size_t size, int64_t ns)
{
	if (ns % NSEC_PER_SEC == 0)
		snprintf(text, size, "%gs", ns / 1e9);
	else if (ns >= NSEC_PER_MSEC)
		snprintf(text, size, "%gms", ns / 1e6);
	else
		snprintf(text, size, "%gus", ns / 1e3);
}

static void complain(const struct command_usage *usage,
		     const struct option_row *row, const char *text)
{
	char lo[32], hi[32];

	fprintf(stderr, "xrtt %s: ", usage->name);
	if (row->name)
		fprintf(stderr, "--%s", row->name);
	else
		fprintf(stderr, "-%c", row->letter);
	fprintf(stderr, " %s: ", text);
	switch (row->kind) {
	case OPTION_NUMBER:
		fprintf(stderr, "not a whole number from %lld to %lld\n",
			(long long)row->min, (long long)row->max);
		break;
	case OPTION_TIME:
		print_time(lo, sizeof(lo), row->min);
		print_time(hi, sizeof(hi), row->max);
		fprintf(stderr, "not a time from %s to %s\n", lo, hi);
		break;
	case OPTION_CHOICE:
		fprintf(stderr, "not one of");
		for (int i = 0; row->choices[i]; i++)
			fprintf(stderr, " %s", row->choices[i]);
		fputc('\n', stderr);
		break;
	default:
		fprintf(stderr, "at most %d of them\n", OPTION_LIST_MAX);
	}
}

static void print_help(const struct command_usage *usage)
{
	printf("xrtt %s%s%s [options]: %s\n\n", usage->name,
	       usage->operand ? " " : "", usage->operand ? usage->operand : "",
	       usage->summary);
	for (const struct option_row *row = usage->rows; !row_is_last(row);
	     row++) {
		char left[64] = "";
		int n = 0;

		if (row->kind == OPTION_GAP) {
			putchar('\n');
			continue;
		}
		if (row->letter)
			n = snprintf(left, sizeof(left), "-%c%s", row->letter,
				     row->name ? ", " : "");
		if (row->name)
			n += snprintf(left + n, sizeof(left) - n, "--%s",
				      row->name);
		if (row->argument)
			snprintf(left + n, sizeof(left) - n, " %s",
				 row->argument);
		printf("  %s  %s\n", format_left(left, 26).s, row->help);
	}
	printf("  %-26s  %s\n", "-h, --help", "this");
	if (usage->more)
		printf("\n%s\n", usage->more);
}

struct getopt_tables {
	char letters[2 * ROWS_MAX + 4];
	struct option names[ROWS_MAX + 2];
};

static void make_tables(const struct option_row *rows, struct getopt_tables *t)
{
	char *letter = t->letters;
	struct option *name = t->names;

	*letter++ = ':';
	*letter++ = VALUE_HELP;
	*name++ = (struct option){ "help", no_argument, NULL, VALUE_HELP };
	for (int i = 0; i < ROWS_MAX && !row_is_last(&rows[i]); i++) {
		if (rows[i].letter) {
			*letter++ = rows[i].letter;
			if (row_takes_argument(&rows[i]))
				*letter++ = ':';
		}
		if (rows[i].name)
			*name++ = (struct option){ rows[i].name,
						   row_takes_argument(&rows[i])
							   ? required_argument
							   : no_argument,
						   NULL, VALUE_FIRST + i };
	}
	*letter = '\0';
	*name = (struct option){ 0 };
}

static const struct option_row *find_row(const struct option_row *rows,
					 int value)
{
	if (value >= VALUE_FIRST)
		return &rows[value - VALUE_FIRST];
	while (!row_is_last(rows) &&
	       (rows->kind == OPTION_GAP || rows->letter != value))
		rows++;
	return rows;
}

static int refuse(const struct command_usage *usage, const char *what,
		  const char *argument)
{
	fprintf(stderr, "xrtt %s: %s%s%s (see xrtt %s -h)\n", usage->name, what,
		argument ? ": " : "", argument ? argument : "", usage->name);
	return -EINVAL;
}

/* What is left behind the options. */
static int take_operands(const struct command_usage *usage, int argc,
			 char **argv, const char **operand)
{
	size_t most = usage->operands ? usage->operands : 1;
	const char *first, *last;

	for (size_t i = 0; i < most; i++)
		operand[i] = optind < argc ? argv[optind++] : NULL;
	first = operand[0];
	last = operand[most - 1];
	if (usage->operand && *usage->operand != '[' && !last)
		return refuse(usage, "which one? missing", usage->operand);
	if ((first && !usage->operand) || optind < argc)
		return refuse(usage, "one argument too many",
			      argv[optind < argc ? optind : argc - 1]);
	return 0;
}

int option_parse(const struct command_usage *usage, int argc, char **argv,
		 void *config, const char **operand)
{
	struct getopt_tables tables;
	int value;

	make_tables(usage->rows, &tables);
	optind = 1;
	while ((value = getopt_long(argc, argv, tables.letters, tables.names,
				    NULL)) != -1) {
		const struct option_row *row;

		if (value == VALUE_HELP) {
			print_help(usage);
			return 1;
		}
		if (value == ':')
			return refuse(usage, "an argument is missing",
				      argv[optind - 1]);
		if (value == '?')
			return refuse(usage, "no such option",
				      argv[optind - 1]);
		row = find_row(usage->rows, value);
		if (row_store(row, optarg, config)) {
			complain(usage, row, optarg);
			return -EINVAL;
		}
	}
	return take_operands(usage, argc, argv, operand);
}
