// SPDX-License-Identifier: GPL-2.0-only
#include "host/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define LINE_MAX_OCTETS 4096 /* x86 lists its flags on one line */

static void read_boot_id(char *out)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f)
		return;
	if (!fgets(out, MACHINE_TEXT, f))
		*out = '\0';
	out[strcspn(out, "\n")] = '\0';
	fclose(f);
}

/* What follows the colon if the line begins with the key, else NULL. */
static const char *value_of(char *line, const char *key)
{
	char *colon = strchr(line, ':');

	if (strncmp(line, key, strlen(key)) || !colon)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return colon + 1 + strspn(colon + 1, " ");
}

/* x86 has a name; arm64 has numbers, which together say as much. */
static const struct {
	const char *key;
	const char *label;
} parts[] = {
	{ "model name", "" },
	{ "CPU implementer", "implementer " },
	{ "CPU part", "part " },
};

/* The first CPU's lines end with a blank one. */
static void read_cpu(char *out)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[LINE_MAX_OCTETS];
	const char *value;
	size_t length = 0;

	while (f && fgets(line, sizeof(line), f) && *line != '\n') {
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
			value = value_of(line, parts[i].key);
			if (!value)
				continue;
			snprintf(out + length, MACHINE_TEXT - length, "%s%s%s",
				 length ? ", " : "", parts[i].label, value);
			length = strlen(out);
		}
	}
	if (f)
		fclose(f);
}

void machine_read(struct machine *out)
{
	struct utsname uts;

	memset(out, 0, sizeof(*out));
	if (!uname(&uts))
		snprintf(out->kernel, sizeof(out->kernel), "%s", uts.release);
	read_boot_id(out->boot_id);
	read_cpu(out->cpu);
}
