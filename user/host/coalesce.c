// SPDX-License-Identifier: GPL-2.0-only
#include "host/coalesce.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/netdev_attr.h"

static const size_t offsets[COALESCE_FIELDS] = {
	[COALESCE_ADAPTIVE_RX] =
		offsetof(struct ethtool_coalesce, use_adaptive_rx_coalesce),
	[COALESCE_ADAPTIVE_TX] =
		offsetof(struct ethtool_coalesce, use_adaptive_tx_coalesce),
	[COALESCE_RX_FRAMES] =
		offsetof(struct ethtool_coalesce, rx_max_coalesced_frames),
	[COALESCE_TX_FRAMES] =
		offsetof(struct ethtool_coalesce, tx_max_coalesced_frames),
	[COALESCE_RX_USECS] =
		offsetof(struct ethtool_coalesce, rx_coalesce_usecs),
	[COALESCE_TX_USECS] =
		offsetof(struct ethtool_coalesce, tx_coalesce_usecs),
};

static uint32_t *field_of(struct ethtool_coalesce *all, enum coalesce_field f)
{
	return (uint32_t *)((char *)all + offsets[f]);
}

static int ethtool_ask(const char *ifname, struct ethtool_coalesce *all,
		       uint32_t command)
{
	struct ifreq ifr = { .ifr_data = (void *)all };
	int fd, err = 0;

	if (strlen(ifname) >= sizeof(ifr.ifr_name))
		return -ENODEV;
	strcpy(ifr.ifr_name, ifname);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	all->cmd = command;
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		err = -errno;
	close(fd);
	return err;
}

int coalesce_read(const char *ifname, uint32_t value[COALESCE_FIELDS])
{
	struct ethtool_coalesce all = {};
	int err;

	err = ethtool_ask(ifname, &all, ETHTOOL_GCOALESCE);
	if (err)
		return err;
	for (unsigned int i = 0; i < COALESCE_FIELDS; i++)
		value[i] = *field_of(&all, i);
	return 0;
}

int coalesce_write(const char *ifname, enum coalesce_field field,
		   uint32_t value)
{
	struct ethtool_coalesce all = {};
	int err;

	err = ethtool_ask(ifname, &all, ETHTOOL_GCOALESCE);
	if (err)
		return err;
	*field_of(&all, field) = value;
	return ethtool_ask(ifname, &all, ETHTOOL_SCOALESCE);
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void moderation_read_deferral(const struct iface *iface,
				     struct moderation *out)
{
	uint64_t defer, timeout, threaded;

	if (netdev_attr_read(iface, "napi_defer_hard_irqs", &defer) ||
	    netdev_attr_read(iface, "gro_flush_timeout", &timeout)) {
		out->why = "sysfs does not show this interface's NAPI deferral";
		return;
	}
	/* Without that file (before 5.12) there are no such threads. */
	if (!netdev_attr_read(iface, "threaded", &threaded) && threaded)
		out->why = "its NAPI runs in a thread: how soon is the "
			   "scheduler's choice";
	if (defer)
		out->deferred =
			span_ns(timeout > INT64_MAX ? INT64_MAX / 2 : timeout);
}

static void moderation_read_hardware(const struct iface *iface,
				     struct moderation *out)
{
	struct ethtool_coalesce all = {};
	uint32_t longest;
	int err;

	err = ethtool_ask(iface->name, &all, ETHTOOL_GCOALESCE);
	if (err) {
		if (netdev_has_lower(iface))
			out->why = "the interface is stacked on another one";
		else if (netdev_has_device(iface))
			out->why = "the driver does not tell its moderation";
		return;
	}
	longest = max_u32(all.rx_coalesce_usecs, all.rx_coalesce_usecs_irq);
	if (all.use_adaptive_rx_coalesce) {
		longest = max_u32(longest, all.rx_coalesce_usecs_low);
		longest = max_u32(longest, all.rx_coalesce_usecs_high);
		out->is_adaptive = true;
		out->why = "moderation is adaptive: the driver goes as high as "
			   "it likes";
	}
	/* linux/ethtool.h: with rx-usecs 0 the count alone decides. */
	if (!longest && all.rx_max_coalesced_frames > 1)
		out->why = "rx-frames without rx-usecs: a packet waits for "
			   "others";
	out->held = span_ns(longest * NSEC_PER_USEC);
}

void moderation_read(const struct iface *iface, struct moderation *out)
{
	memset(out, 0, sizeof(*out));
	moderation_read_hardware(iface, out);
	if (!out->why)
		moderation_read_deferral(iface, out);
	out->held = span_add(out->held, out->deferred);
	out->is_known = !out->why;
}
