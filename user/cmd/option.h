/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command's options as a table: parsing, range checks and help all come from
 * its rows. Values land in the command's own struct, which holds the defaults.
 */
#ifndef XRTT_CMD_OPTION_H
#define XRTT_CMD_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "model/time.h"

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_SET,    /* int, to the row's `min` */
	OPTION_NUMBER, /* uint64_t within [min, max] */
	OPTION_TIME,   /* span_t within [min, max] ns */
	OPTION_TEXT,   /* const char *, the argument itself */
	OPTION_CHOICE, /* int: position in `choices` */
	OPTION_LIST,   /* struct option_list */
	OPTION_GAP,    /* a blank line in the help */
};

#define OPTION_LIST_MAX 64

struct option_list {
	size_t count;
	const char *item[OPTION_LIST_MAX];
};

struct option_row {
	enum option_kind kind;
	char letter;	      /* 0: none */
	const char *name;     /* NULL: none */
	const char *argument; /* as the help shows it */
	const char *help;
	size_t offset; /* in the command's struct */
	int64_t min, max;
	const char *const *choices; /* NULL-terminated */
};

struct command_usage {
	const char *name;    /* "probe" */
	const char *operand; /* "TARGET", "[TARGET]" if it may be left out, or
					  NULL for none */
	size_t operands;     /* at most; 0: one, where there is any */
	const char *summary; /* what it does, one line */
	const char *more;    /* after the options, or NULL */
	const struct option_row *rows; /* ends with a row of name and letter 0
					  that is no gap */
};

/*
 * Fills `config`. 0; 1 if help was asked for and printed; -EINVAL after one
 * line on stderr. `operand` has room for all there may be; those that were not
 * given are NULL.
 */
int option_parse(const struct command_usage *usage, int argc, char **argv,
		 void *config, const char **operand);

#endif
