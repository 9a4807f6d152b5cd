// SPDX-License-Identifier: GPL-2.0-only
#include "out/page.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "out/format.h"

#define ITEM_BYTES 512
#define NOTE_BYTES 2048

static const char *const escape[] = {
	[STYLE_PLAIN] = "",
	[STYLE_BOLD] = "\033[1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_ALARM] = "\033[1;33m",
};

void page_put(struct page *page, enum style style, const char *text)
{
	bool is_styled = page->colour && style != STYLE_PLAIN && *text;

	fprintf(page->to, "%s%s%s", is_styled ? escape[style] : "", text,
		is_styled ? "\033[0m" : "");
}

int page_columns(const struct page *page)
{
	return page->columns ? page->columns : PAGE_COLUMNS;
}

int page_terminal_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col ||
	    size.ws_col > PAGE_COLUMNS)
		return PAGE_COLUMNS;
	return size.ws_col < PAGE_COLUMNS_MIN ? PAGE_COLUMNS_MIN : size.ws_col;
}

void page_flow(struct page *page, int indent, int gap)
{
	page->indent = indent;
	page->gap = gap;
	page->column = 0;
	page->skip = 0;
}

void page_hang(struct page *page, int indent)
{
	page->indent = indent;
}

void page_item(struct page *page, enum style style, const char *format, ...)
{
	char text[ITEM_BYTES];
	va_list args;
	int columns;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	columns = format_columns(text);
	if (page->column && page->column + page->gap + page->skip + columns >
				    page_columns(page))
		page_end(page);
	if (page->column)
		page->column +=
			fprintf(page->to, "%*s", page->gap + page->skip, "");
	else
		page->column += fprintf(page->to, "%*s", page->indent, "");
	page_put(page, style, text);
	page->column += columns;
	page->skip = 0;
}

void page_skip(struct page *page, int columns)
{
	page->skip = columns > 0 ? columns : 0;
}

void page_end(struct page *page)
{
	if (page->column)
		fputc('\n', page->to);
	page->column = 0;
}

/* A number stays with its groups and its unit. */
static bool can_break(const char *text, const char *space)
{
	bool is_number = space > text && isdigit((unsigned char)space[-1]);

	return !(is_number && (isdigit((unsigned char)space[1]) ||
			       space[1] == '%' || space[1] == '\xc2'));
}

static size_t word_length(const char *text)
{
	const char *end = text;

	while (*end && !(*end == ' ' && can_break(text, end)))
		end++;
	return end - text;
}

static void put_wrapped(struct page *page, char *text, int indent)
{
	int column = indent;

	while (*text) {
		size_t length = word_length(text);
		bool is_last = !text[length];
		int columns;

		text[length] = '\0';
		columns = format_columns(text);
		if (column > indent &&
		    column + 1 + columns > page_columns(page)) {
			fprintf(page->to, "\n%*s", indent, "");
			column = indent;
		}
		if (column > indent)
			column += fprintf(page->to, " ");
		fputs(text, page->to);
		column += columns;
		text += length + !is_last;
	}
	fputc('\n', page->to);
}

void page_note(struct page *page, const char *label, const char *format, ...)
{
	int indent = PAGE_INDENT + PAGE_LABEL;
	char text[NOTE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	fprintf(page->to, "%*s", PAGE_INDENT, "");
	page_put(page, STYLE_DIM, format_left(label, PAGE_LABEL).s);
	put_wrapped(page, text, indent);
}

int page_finish(struct page *page)
{
	errno = 0;
	if (fflush(page->to) || ferror(page->to))
		return errno ? -errno : -EIO;
	return 0;
}
