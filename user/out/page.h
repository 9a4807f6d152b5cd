/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of text for people: items that flow onto as many lines as they need,
 * notes with a label and a hanging indent, nothing wider than the page unless
 * one word is.
 */
#ifndef XRTT_OUT_PAGE_H
#define XRTT_OUT_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#define PAGE_COLUMNS 110 /* at most */
#define PAGE_COLUMNS_MIN 80
#define PAGE_INDENT 2
#define PAGE_LABEL 14 /* columns of a note's label */

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_ALARM,
};

struct page {
	FILE *to;
	bool colour;
	int columns; /* 0: PAGE_COLUMNS */
	int indent;  /* of the flow under way */
	int gap;     /* columns between its items */
	int skip;    /* and so many more before the next one */
	int column;  /* where the flow under way has come to */
};

/* The page's width. */
int page_columns(const struct page *page);

/* The width for a file: a terminal's own within the two bounds, else
 * PAGE_COLUMNS. */
int page_terminal_columns(int fd);

/* Starts a flow of items `gap` columns apart. */
void page_flow(struct page *page, int indent, int gap);

/* Where further lines of the flow under way begin. */
void page_hang(struct page *page, int indent);

/* One item of the flow; starts a new line where it would not fit. */
__attribute__((format(printf, 3, 4))) void
page_item(struct page *page, enum style style, const char *format, ...);

/* So many columns more before the flow's next item, if on the same line. */
void page_skip(struct page *page, int columns);

/* Ends the line of the flow. */
void page_end(struct page *page);

/* "  label         text", the text wrapped between words. */
__attribute__((format(printf, 3, 4))) void
page_note(struct page *page, const char *label, const char *format, ...);

/* Text in a style, on the line as it stands. */
void page_put(struct page *page, enum style style, const char *text);

/* Flushes; -errno if any of the page could not be written. */
int page_finish(struct page *page);

#endif
