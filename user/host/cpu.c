// SPDX-License-Identifier: GPL-2.0-only
#include "host/cpu.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/cpu_busy.h"
#include "host/netdev_attr.h"

#define SYS_CPU "/sys/devices/system/cpu/"
#define BUSY_OVER_NS (100 * NSEC_PER_MSEC)
#define LIST_TEXT 16384 /* 8192 CPUs, every second one */

static int set_read(int dir, const char *path, struct cpu_set *out,
		    int (*parse)(const char *text, struct cpu_set *out))
{
	char text[LIST_TEXT];
	int err;

	memset(out, 0, sizeof(*out));
	err = text_file_read(dir, path, text, sizeof(text));
	return err ? err : parse(text, out);
}

static int affinity_get(struct cpu_set *out)
{
	memset(out, 0, sizeof(*out));
	return sched_getaffinity(0, sizeof(*out), (cpu_set_t *)out) ? -errno
								    : 0;
}

static int affinity_set(const struct cpu_set *set)
{
	return sched_setaffinity(0, sizeof(*set), (const cpu_set_t *)set)
		       ? -errno
		       : 0;
}

/* isolcpus= takes its CPUs out of everybody's affinity, and whoever wants one
 * asks for it. What the cpuset allows of them shows only in trying. */
static void allowed_extend(struct cpu_facts *f, const struct cpu_set *online)
{
	struct cpu_set usual = *online, wanted = f->isolated, got;
	const struct cpu_set before = f->allowed;

	cpu_set_without(&usual, &f->isolated);
	cpu_set_and(&wanted, online);
	if (!cpu_set_count(&wanted) ||
	    memcmp(&usual, &f->allowed, sizeof(usual)) || affinity_set(&wanted))
		return;
	if (!affinity_get(&got))
		cpu_set_or(&f->allowed, &got);
	affinity_set(&before);
}

static int allowed_read(struct cpu_facts *f)
{
	struct cpu_set online;
	int err;

	err = affinity_get(&f->allowed);
	if (err)
		return err;
	set_read(AT_FDCWD, SYS_CPU "isolated", &f->isolated,
		 cpu_set_parse_list);
	if (set_read(AT_FDCWD, SYS_CPU "online", &online, cpu_set_parse_list))
		return 0;
	cpu_set_and(&f->allowed, &online);
	allowed_extend(f, &online);
	return 0;
}

/* ---- the interface's interrupts ------------------------------------------ */

/* A virtio device's interrupts are its parent's. -1 if there are none. */
static int msi_open(int netdev)
{
	int dir = openat(netdev, "device/msi_irqs",
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		dir = openat(netdev, "device/../msi_irqs",
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir;
}

static bool msi_has(int msi, int number)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", number);
	return msi >= 0 && !faccessat(msi, name, F_OK, 0);
}

static void interrupt_add(struct cpu_facts *f, int number)
{
	struct cpu_set on;
	char path[64];

	snprintf(path, sizeof(path), "/proc/irq/%d/effective_affinity_list",
		 number);
	if (set_read(AT_FDCWD, path, &on, cpu_set_parse_list) ||
	    !cpu_set_count(&on)) {
		snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity_list",
			 number);
		if (set_read(AT_FDCWD, path, &on, cpu_set_parse_list))
			return;
	}
	cpu_set_or(&f->interrupted, &on);
	f->interrupts_known = true;
}

static void interrupts_read(struct cpu_facts *f, const struct iface *iface,
			    int netdev)
{
	FILE *file = fopen("/proc/interrupts", "re");
	int number, msi = msi_open(netdev);
	char *line = NULL, name[128];
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		number = interrupt_parse(line, name, sizeof(name));
		if (number >= 0 && interrupt_is_rx(name) &&
		    (msi_has(msi, number) || strstr(name, iface->name)))
			interrupt_add(f, number);
	}
	free(line);
	if (file)
		fclose(file);
	if (msi >= 0)
		close(msi);
}

static void siblings_read(struct cpu_facts *f)
{
	struct cpu_set set;
	char path[96];

	for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
		if (!cpu_set_has(&f->interrupted, cpu))
			continue;
		snprintf(path, sizeof(path),
			 SYS_CPU "cpu%u/topology/thread_siblings_list", cpu);
		if (!set_read(AT_FDCWD, path, &set, cpu_set_parse_list))
			cpu_set_or(&f->sibling, &set);
	}
}

static void steering_read(struct cpu_facts *f, int netdev)
{
	const struct dirent *entry;
	struct cpu_set set;
	char path[300];
	DIR *list;
	int fd;

	fd = openat(netdev, "queues", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd < 0 ? NULL : fdopendir(fd);
	if (!list) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(list))) {
		snprintf(path, sizeof(path), "%s/rps_cpus", entry->d_name);
		if (!strncmp(entry->d_name, "rx-", 3) &&
		    !set_read(dirfd(list), path, &set, cpu_set_parse_mask))
			cpu_set_or(&f->steered, &set);
	}
	closedir(list);
}

int cpu_facts_read(const struct iface *iface, struct cpu_facts *f)
{
	int netdev, err;

	memset(f, 0, sizeof(*f));
	err = allowed_read(f);
	if (err)
		return err;
	netdev = netdev_attr_open(iface);
	if (netdev >= 0) {
		interrupts_read(f, iface, netdev);
		siblings_read(f);
		steering_read(f, netdev);
		set_read(netdev, "device/local_cpulist", &f->local,
			 cpu_set_parse_list);
		if (!netdev_has_device(iface) && !netdev_has_lower(iface))
			f->interrupts_known = true;
		close(netdev);
	}
	cpu_busy_read(span_ns(BUSY_OVER_NS), &f->busy);
	return 0;
}

int cpu_choose(const struct iface *iface, char *how, size_t size)
{
	struct cpu_facts facts;
	int err = cpu_facts_read(iface, &facts);

	return err ? err : cpu_pick(&facts, how, size);
}
