// SPDX-License-Identifier: GPL-2.0-only
#include "host/nic_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/ethtool.h"
#include "host/netdev_attr.h"

struct counter {
	char name[ETH_GSTRING_LEN];
	uint64_t value;
};

struct nic_watch {
	struct iface iface;
	size_t count;
	struct counter *counter;
	void (*each)(void *data, const struct nic_change *change);
	void *data;
};

/* linux/if_link.h, struct rtnl_link_stats64 */
static const char *const of_kernel[] = {
	"rx_dropped",	    "tx_dropped",	"rx_errors",
	"tx_errors",	    "rx_missed_errors", "rx_fifo_errors",
	"rx_nohandler",	    "tx_fifo_errors",	"tx_aborted_errors",
	"tx_carrier_errors"
};

#define OF_KERNEL (sizeof(of_kernel) / sizeof(*of_kernel))

bool nic_watch_wants(const char *name)
{
	static const char *const trouble[] = {
		"drop",	   "err",     "exceeded", "miss",   "discard",
		"fail",	   "timeout", "reset",	  "bad_",   "overrun",
		"no_buff", "nobuff",  "overflow", "wd_exp",
	};

	if (strstr(name, "xdp_drop"))
		return false;
	for (size_t i = 0; i < sizeof(trouble) / sizeof(*trouble); i++) {
		if (strstr(name, trouble[i]))
			return true;
	}
	return false;
}

static struct counter *find(struct nic_watch *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++) {
		if (!strncmp(w->counter[i].name, name, ETH_GSTRING_LEN - 1))
			return &w->counter[i];
	}
	return NULL;
}

static void add(struct nic_watch *w, const char *name, uint64_t value)
{
	struct counter *more =
		realloc(w->counter, (w->count + 1) * sizeof(*more));

	if (!more)
		return;
	w->counter = more;
	more += w->count++;
	snprintf(more->name, sizeof(more->name), "%s", name);
	more->value = value;
}

static void take(void *data, const char *name, uint64_t value)
{
	struct nic_watch *w = data;
	struct counter *c;

	if (!nic_watch_wants(name))
		return;
	c = find(w, name);
	if (!c) {
		add(w, name, value);
		return;
	}
	if (value != c->value && w->each)
		w->each(w->data,
			&(struct nic_change){ c->name, c->value, value });
	c->value = value;
}

static void take_kernels(struct nic_watch *w)
{
	int dir = netdev_attr_open(&w->iface);
	char path[64], text[32];

	for (size_t i = 0; dir >= 0 && i < OF_KERNEL; i++) {
		ssize_t n = -1;
		int fd;

		snprintf(path, sizeof(path), "statistics/%s", of_kernel[i]);
		fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		if (n <= 0)
			continue;
		text[n] = '\0';
		take(w, of_kernel[i], strtoull(text, NULL, 10));
	}
	if (dir >= 0)
		close(dir);
}

struct nic_watch *nic_watch_open(const struct iface *iface)
{
	struct nic_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->iface = *iface;
	nic_watch_look(w, NULL, NULL);
	return w;
}

void nic_watch_close(struct nic_watch *w)
{
	if (!w)
		return;
	free(w->counter);
	free(w);
}

void nic_watch_look(struct nic_watch *w,
		    void (*each)(void *data, const struct nic_change *change),
		    void *data)
{
	w->each = each;
	w->data = data;
	take_kernels(w);
	ethtool_counters(w->iface.name, take, w);
}
