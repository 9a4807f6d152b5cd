// SPDX-License-Identifier: GPL-2.0-only
#include "out/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ABSENT "–"
#define MINUS "−"

#define BOUND_DECIMALS 12

/* Beyond this a grouped number says less than an exponent. */
#define GROUPED_MAX 1e18

static void group_by_three(char *out, const char *digits)
{
	size_t whole = strcspn(digits, ".");

	for (size_t i = 0; digits[i]; i++) {
		if (i && i < whole && (whole - i) % 3 == 0)
			*out++ = ' ';
		*out++ = digits[i];
	}
	*out = '\0';
}

static bool is_zero(const char *digits)
{
	return digits[strspn(digits, "0.")] == '\0';
}

struct shown format_number(double value, int decimals)
{
	struct shown shown = { ABSENT };
	char digits[48];
	char *out = shown.s;

	if (!isfinite(value))
		return shown;
	if (fabs(value) >= GROUPED_MAX) {
		snprintf(shown.s, sizeof(shown.s), "%.3e", value);
		return shown;
	}
	snprintf(digits, sizeof(digits), "%.*f", decimals, fabs(value));
	if (value < 0 && !is_zero(digits))
		out = stpcpy(out, MINUS);
	group_by_three(out, digits);
	return shown;
}

struct shown format_us(double ns, int decimals)
{
	return format_number(ns / 1e3, decimals);
}

static struct shown format_end(double ns)
{
	struct shown unknown = { "?" };

	return isfinite(ns) ? format_us(ns, 2) : unknown;
}

struct shown format_bar(double plus, double minus)
{
	struct shown shown;

	snprintf(shown.s, sizeof(shown.s), "+%.40s " MINUS "%.40s",
		 format_end(plus).s, format_end(minus).s);
	return shown;
}

struct shown format_difference(const struct difference *d)
{
	struct shown shown = { ABSENT };

	if (d->known)
		snprintf(shown.s, sizeof(shown.s), "%.32s µs %.56s",
			 format_us(d->value, 2).s,
			 format_bar(d->plus, d->minus).s);
	return shown;
}

struct shown format_count(uint64_t count)
{
	struct shown shown;
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, count);
	if (count < 10000)
		memcpy(shown.s, digits, sizeof(digits));
	else
		group_by_three(shown.s, digits);
	return shown;
}

static void trim_zeros(char *number)
{
	char *end = number + strlen(number);

	if (!strchr(number, '.'))
		return;
	while (end[-1] == '0')
		*--end = '\0';
	if (end[-1] == '.')
		end[-1] = '\0';
}

struct shown format_span(int64_t ns)
{
	static const struct {
		double ns;
		const char *name;
	} unit[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "µs" }, { 1, "ns" } };
	struct shown number;
	struct shown shown;
	size_t i = 0;

	while (i < 3 && fabs((double)ns) < unit[i].ns)
		i++;
	number = format_number((double)ns / unit[i].ns, 3);
	trim_zeros(number.s);
	snprintf(shown.s, sizeof(shown.s), "%.48s %s", number.s, unit[i].name);
	return shown;
}

struct shown format_percent(double ratio)
{
	struct shown shown = { ABSENT };
	double percent = ratio * 100;

	if (!isfinite(percent))
		return shown;
	if (percent == 0 || percent == 100)
		snprintf(shown.s, sizeof(shown.s), "%.0f %%", percent);
	else if (percent > 0 && percent < 0.01)
		snprintf(shown.s, sizeof(shown.s), "< 0.01 %%");
	else
		snprintf(shown.s, sizeof(shown.s), "%.48s %%",
			 format_number(percent, 2).s);
	return shown;
}

struct shown format_bound(double ratio)
{
	double percent = ratio * 100;
	double room = fmin(percent, 100 - percent);
	struct shown shown;
	int decimals = 2;

	if (!isfinite(percent) || room <= 0)
		return format_percent(ratio);
	while (decimals < BOUND_DECIMALS && room * pow(10, decimals) < 9.5)
		decimals++;
	snprintf(shown.s, sizeof(shown.s), "%.48s %%",
		 format_number(percent, decimals).s);
	return shown;
}

struct shown format_ppm(double ppm)
{
	struct shown shown = { ABSENT };

	if (isfinite(ppm))
		snprintf(shown.s, sizeof(shown.s), "%.3g ppm", ppm);
	return shown;
}

int format_columns(const char *text)
{
	int columns = 0;

	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

static struct shown pad(const char *text, int columns, bool before)
{
	int missing = columns - format_columns(text);
	struct shown shown;

	if (missing < 0 || missing > SHOWN_MAX / 2)
		missing = 0;
	if (before)
		snprintf(shown.s, sizeof(shown.s), "%*s%s", missing, "", text);
	else
		snprintf(shown.s, sizeof(shown.s), "%s%*s", text, missing, "");
	return shown;
}

struct shown format_right(const char *text, int columns)
{
	return pad(text, columns, true);
}

struct shown format_left(const char *text, int columns)
{
	return pad(text, columns, false);
}

bool format_wants_colour(int fd)
{
	const char *refused = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (refused && *refused)
		return false;
	return isatty(fd) && term && *term && strcmp(term, "dumb");
}
