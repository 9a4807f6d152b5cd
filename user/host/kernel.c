// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/netdev_attr.h"

#define SOURCES "sys/devices/system/clocksource/clocksource0/"
#define STATUS_TEXT 16384

static bool file_read(const char *root, const char *path, char *out,
		      size_t size)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	*out = '\0';
	return !text_file_read(AT_FDCWD, whole, out, size);
}

static void sysctl_read(const char *root, const char *path, struct fact *out)
{
	char text[64], *end;
	long value;

	if (!file_read(root, path, text, sizeof(text)))
		return;
	value = strtol(text, &end, 10);
	if (end != text)
		*out = fact_of(value);
}

/* "none [integrity] confidentiality" */
static void read_lockdown(const char *root, char *out, size_t size)
{
	char text[256], *from, *to;

	if (!file_read(root, "sys/kernel/security/lockdown", text,
		       sizeof(text)))
		return;
	from = strchr(text, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to)
		snprintf(out, size, "%.*s", (int)(to - from - 1), from + 1);
}

static void read_capabilities(const char *root, struct fact *out)
{
	char text[STATUS_TEXT], *line, *end;
	unsigned long long mask;

	if (!file_read(root, "proc/self/status", text, sizeof(text)))
		return;
	line = strstr(text, "\nCapEff:");
	if (!line)
		return;
	line += strlen("\nCapEff:");
	mask = strtoull(line, &end, 16);
	if (end != line)
		*out = fact_of((int64_t)mask);
}

/* Before 5.11 maps count against it, which libbpf mends by itself where it may.
 */
static void try_memlock(struct kernel_facts *out)
{
	struct rlimit limit, nothing;
	int fd, refused;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	out->memlock = fact_of(
		limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur);
	nothing = limit;
	nothing.rlim_cur = 0;
	if (setrlimit(RLIMIT_MEMLOCK, &nothing))
		return;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xrtt_memlock", 4, 4, 1, NULL);
	refused = errno;
	setrlimit(RLIMIT_MEMLOCK, &limit);
	if (fd >= 0) {
		close(fd);
		out->memlock_counts = fact_of(0);
		return;
	}
	/* Without the privilege it is refused for that alone. */
	fd = refused == EPERM ? bpf_map_create(BPF_MAP_TYPE_ARRAY,
					       "xrtt_memlock", 4, 4, 1, NULL)
			      : -1;
	if (fd < 0)
		return;
	close(fd);
	out->memlock_counts = fact_of(1);
}

void kernel_read(const char *root, struct kernel_facts *out)
{
	struct utsname uts;
	char path[512];

	memset(out, 0, sizeof(*out));
	if (!uname(&uts))
		snprintf(out->release, sizeof(out->release), "%s", uts.release);
	read_lockdown(root, out->lockdown, sizeof(out->lockdown));
	snprintf(path, sizeof(path), "%s/sys/kernel/btf/vmlinux", root);
	out->has_btf = !access(path, F_OK);
	sysctl_read(root, "proc/sys/net/core/bpf_jit_enable", &out->jit);
	sysctl_read(root, "proc/sys/net/core/bpf_jit_harden", &out->jit_harden);
	sysctl_read(root, "proc/sys/kernel/unprivileged_bpf_disabled",
		    &out->unprivileged);
	read_capabilities(root, &out->capabilities);
	try_memlock(out);
}

void clocksource_read(const char *root, struct timekeeping_facts *out)
{
	line_file_read(root, SOURCES "current_clocksource", out->source,
		       sizeof(out->source));
	line_file_read(root, SOURCES "available_clocksource", out->available,
		       sizeof(out->available));
}
