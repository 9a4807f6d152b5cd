// SPDX-License-Identifier: GPL-2.0-only
#include "host/processor.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/cpu.h"
#include "host/netdev_attr.h"

#define CPU_DIR "sys/devices/system/cpu/"
#define STATES_MAX 16
#define CPUS_ASKED 1024 /* about their governors */
#define STAT_TEXT (1 << 20)

/* proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal. */
#define COLUMNS 8
#define STEAL 7

static bool number_read(const char *root, const char *path, int64_t *out)
{
	char text[64], *end;

	if (!line_file_read(root, path, text, sizeof(text)))
		return false;
	*out = strtoll(text, &end, 10);
	return end != text;
}

/* ---- sleep states -------------------------------------------------------- */

/* CPUs of one machine have the same; cpu0's stand for all. */
static void read_states(const char *root, struct processor_facts *out)
{
	for (int i = 0; i < STATES_MAX; i++) {
		int64_t latency_us, disabled;
		char path[96], name[32];

		snprintf(path, sizeof(path), CPU_DIR "cpu0/cpuidle/state%d/%s",
			 i, "latency");
		if (!number_read(root, path, &latency_us))
			return;
		snprintf(path, sizeof(path), CPU_DIR "cpu0/cpuidle/state%d/%s",
			 i, "disable");
		if (number_read(root, path, &disabled) && disabled)
			continue;
		snprintf(path, sizeof(path), CPU_DIR "cpu0/cpuidle/state%d/%s",
			 i, "name");
		line_file_read(root, path, name, sizeof(name));
		if (out->idle_ns.known &&
		    latency_us * NSEC_PER_USEC < out->idle_ns.value)
			continue;
		out->idle_ns = fact_of(latency_us * NSEC_PER_USEC);
		memcpy(out->idle_state, name, sizeof(name));
	}
}

/* ---- frequency ----------------------------------------------------------- */

static void read_governors(const char *root, struct processor_facts *out)
{
	for (unsigned int cpu = 0; cpu < CPUS_ASKED; cpu++) {
		char path[96], name[32];

		snprintf(path, sizeof(path),
			 CPU_DIR "cpu%u/cpufreq/scaling_governor", cpu);
		if (!line_file_read(root, path, name, sizeof(name)))
			continue;
		if (!*out->governor)
			snprintf(out->governor, sizeof(out->governor), "%s",
				 name);
		else if (strcmp(out->governor, name))
			strcpy(out->governor, "mixed");
	}
}

static unsigned int count_online(const char *root)
{
	struct cpu_set online;
	char text[FACT_TEXT];

	if (!line_file_read(root, CPU_DIR "online", text, sizeof(text)) ||
	    cpu_set_parse_list(text, &online))
		return sysconf(_SC_NPROCESSORS_ONLN);
	return cpu_set_count(&online);
}

void processor_read(const char *root, struct processor_facts *out)
{
	memset(out, 0, sizeof(*out));
	out->online = count_online(root);
	line_file_read(root, CPU_DIR "isolated", out->isolated,
		       sizeof(out->isolated));
	line_file_read(root, CPU_DIR "nohz_full", out->nohz_full,
		       sizeof(out->nohz_full));
	/* Older kernels print a set that is not there as "(null)". */
	if (*out->nohz_full == '(' || *out->nohz_full == ' ')
		*out->nohz_full = '\0';
	line_file_read(root, CPU_DIR "cpuidle/current_driver", out->idle_driver,
		       sizeof(out->idle_driver));
	read_states(root, out);
	read_governors(root, out);
}

/* ---- time ---------------------------------------------------------------- */

void cpu_time_read(const char *root, struct cpu_time *out)
{
	char path[512], *text = malloc(STAT_TEXT), *at, *end;

	*out = (struct cpu_time){ false };
	snprintf(path, sizeof(path), "%s/proc/stat", root);
	if (!text || text_file_read(AT_FDCWD, path, text, STAT_TEXT) ||
	    strncmp(text, "cpu ", 4))
		goto out;
	at = text + 4;
	for (int i = 0; i < COLUMNS; i++) {
		int64_t ticks = strtoll(at, &end, 10);

		if (end == at)
			goto out;
		at = end;
		out->all += ticks;
		if (i == STEAL)
			out->stolen = ticks;
	}
	out->known = true;
out:
	free(text);
}

void processor_take_time(struct processor_facts *out,
			 const struct cpu_time *before,
			 const struct cpu_time *after)
{
	int64_t tick_ns = NSEC_PER_SEC / sysconf(_SC_CLK_TCK);

	if (!before->known || !after->known)
		return;
	out->stolen_ns = fact_of((after->stolen - before->stolen) * tick_ns);
	out->looked_ns = (after->all - before->all) * tick_ns;
	if (after->all)
		out->stolen_boot =
			fact_of(after->stolen * 1000000 / after->all);
}

/* ---- interrupts ---------------------------------------------------------- */

void processor_read_runner(const struct iface *iface,
			   struct processor_facts *out)
{
	struct cpu_facts facts;
	char how[FACT_TEXT];
	int cpu;

	if (cpu_facts_read(iface, &facts))
		return;
	cpu = cpu_pick(&facts, how, sizeof(how));
	if (cpu < 0)
		return;
	out->runner = fact_of(cpu);
	out->interrupts_known = facts.interrupts_known;
	out->runner_interrupted = cpu_set_has(&facts.interrupted, cpu);
	cpu_set_format(&facts.interrupted, out->interrupted,
		       sizeof(out->interrupted));
}
