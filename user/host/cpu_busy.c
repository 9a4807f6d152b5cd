// SPDX-License-Identifier: GPL-2.0-only
#include "host/cpu_busy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal. */
#define COLUMNS 8
#define IDLE 3
#define IOWAIT 4
#define BUSY_ONE_IN 5

struct ticks {
	unsigned long all;
	unsigned long idle;
};

static bool line_take(const char *line, unsigned int *cpu, struct ticks *out)
{
	int length;

	if (sscanf(line, "cpu%u%n", cpu, &length) != 1 || *cpu >= CPU_MAX)
		return false;
	*out = (struct ticks){};
	for (int i = 0; i < COLUMNS; i++) {
		char *end;
		unsigned long value = strtoul(line + length, &end, 10);

		length = end - line;
		out->all += value;
		if (i == IDLE || i == IOWAIT)
			out->idle += value;
	}
	return true;
}

static void ticks_read(struct ticks *ticks)
{
	FILE *file = fopen("/proc/stat", "re");
	struct ticks found;
	char *line = NULL;
	unsigned int cpu;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		if (line_take(line, &cpu, &found))
			ticks[cpu] = found;
	}
	free(line);
	if (file)
		fclose(file);
}

void cpu_busy_read(span_t over, struct cpu_set *out)
{
	const struct timespec ts = { .tv_sec = over.ns / NSEC_PER_SEC,
				     .tv_nsec = over.ns % NSEC_PER_SEC };
	struct ticks *before = calloc(2 * CPU_MAX, sizeof(*before));
	struct ticks *after = before + CPU_MAX;

	memset(out, 0, sizeof(*out));
	if (!before)
		return;
	ticks_read(before);
	nanosleep(&ts, NULL);
	ticks_read(after);
	for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
		unsigned long all = after[cpu].all - before[cpu].all;
		unsigned long idle = after[cpu].idle - before[cpu].idle;

		if ((all - idle) * BUSY_ONE_IN > all)
			cpu_set_add(out, cpu);
	}
	free(before);
}
