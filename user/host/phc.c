// SPDX-License-Identifier: GPL-2.0-only
#include "host/phc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/ptp_clock.h>

#include "host/clock.h"

#define READS 4
#define ENA_NAME "ena-ptp" /* drivers/net/ethernet/amazon/ena/ena_phc.c */

int phc_slope_between(const struct phc_reading *first,
		      const struct phc_reading *last, struct phc_slope *out)
{
	int64_t phc = last->phc_ns - first->phc_ns;
	double most = (double)mono_sub(last->after, first->before).ns;
	double least = (double)mono_sub(last->before, first->after).ns;

	if (phc <= 0 || least <= 0)
		return -EINVAL;
	out->ppm = ((most + least) / 2 - (double)phc) / (double)phc * 1e6;
	out->uncertainty_ppm = (most - least) / 2 / (double)phc * 1e6;
	return 0;
}

static bool is_disciplined(const char *clock)
{
	char path[300], name[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/ptp/%s/clock_name", clock);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(name, sizeof(name), f))
		*name = '\0';
	fclose(f);
	return !strncmp(name, ENA_NAME, strlen(ENA_NAME));
}

int phc_open(const char *ifname)
{
	char path[300];
	struct dirent *entry;
	int fd = -ENODEV;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device/ptp", ifname);
	dir = opendir(path);
	if (!dir)
		return -ENODEV;
	while (fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !is_disciplined(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	closedir(dir);
	return fd;
}

int phc_open_index(int index)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/ptp%d", index);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int64_t time_ns(const struct ptp_clock_time *t)
{
	return t->sec * NSEC_PER_SEC + t->nsec;
}

/* The kernel brackets it with REALTIME, which `offset` moves to MONOTONIC. */
static int read_once(int fd, span_t offset, struct phc_reading *out)
{
	struct ptp_sys_offset_extended request = { .n_samples = 1 };

	if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &request))
		return -errno;
	out->before.ns = time_ns(&request.ts[0][0]) - offset.ns;
	out->phc_ns = time_ns(&request.ts[0][1]);
	out->after.ns = time_ns(&request.ts[0][2]) - offset.ns;
	return 0;
}

static int read_narrowest(int fd, int reads, struct phc_reading *out)
{
	struct realmap_source source;
	struct realmap before, after;
	int64_t narrowest = INT64_MAX;
	int err;

	realmap_init(&source, clock_read_coarse, NULL);
	err = realmap_read(&source, &before);
	for (int i = 0; !err && i < reads; i++) {
		struct phc_reading r;

		err = read_once(fd, before.offset, &r);
		if (err || mono_sub(r.after, r.before).ns >= narrowest)
			continue;
		narrowest = mono_sub(r.after, r.before).ns;
		*out = r;
	}
	if (!err)
		err = realmap_read(&source, &after);
	return !err && source.steps ? -EAGAIN : err;
}

int phc_read(int fd, struct phc_reading *out)
{
	return read_narrowest(fd, READS, out);
}

int phc_read_once(int fd, struct phc_reading *out)
{
	return read_narrowest(fd, 1, out);
}
