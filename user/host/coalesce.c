// SPDX-License-Identifier: GPL-2.0-only
#include "host/coalesce.h"

#include <linux/ethtool.h>
#include <stddef.h>
#include <string.h>

#include "host/ethtool.h"
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

int coalesce_read(const char *ifname, uint32_t value[COALESCE_FIELDS])
{
	struct ethtool_coalesce all = { .cmd = ETHTOOL_GCOALESCE };
	int err = ethtool_ask(ifname, &all);

	if (err)
		return err;
	for (unsigned int i = 0; i < COALESCE_FIELDS; i++)
		value[i] = *field_of(&all, i);
	return 0;
}

int coalesce_write(const char *ifname, enum coalesce_field field,
		   uint32_t value)
{
	struct ethtool_coalesce all = { .cmd = ETHTOOL_GCOALESCE };
	int err = ethtool_ask(ifname, &all);

	if (err)
		return err;
	*field_of(&all, field) = value;
	all.cmd = ETHTOOL_SCOALESCE;
	return ethtool_ask(ifname, &all);
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void doubt(struct moderation *m, enum moderation_doubt which)
{
	static const char *const words[] = {
		[MODERATION_ADAPTIVE] =
			"moderation is adaptive: the driver goes as high as it "
			"likes",
		[MODERATION_COUNTED] = "rx-frames without rx-usecs: a packet "
				       "waits for others",
		[MODERATION_STACKED] = "the interface is stacked on another "
				       "one",
		[MODERATION_THREADED] = "its NAPI runs in a thread: how soon "
					"is the scheduler's choice",
		[MODERATION_UNTOLD] = "the driver does not tell its moderation",
		[MODERATION_UNSEEN] =
			"sysfs does not show this interface's NAPI deferral",
	};

	m->doubt = which;
	m->why = words[which];
}

static void moderation_read_deferral(const struct iface *iface,
				     struct moderation *out)
{
	uint64_t defer, timeout, threaded;

	if (netdev_attr_read(iface, "napi_defer_hard_irqs", &defer) ||
	    netdev_attr_read(iface, "gro_flush_timeout", &timeout)) {
		doubt(out, MODERATION_UNSEEN);
		return;
	}
	/* Without that file (before 5.12) there are no such threads. */
	if (!netdev_attr_read(iface, "threaded", &threaded) && threaded)
		doubt(out, MODERATION_THREADED);
	if (defer)
		out->deferred =
			span_ns(timeout > INT64_MAX ? INT64_MAX / 2 : timeout);
}

static void moderation_read_hardware(const struct iface *iface,
				     struct moderation *out)
{
	struct ethtool_coalesce all = { .cmd = ETHTOOL_GCOALESCE };
	uint32_t longest;

	if (ethtool_ask(iface->name, &all)) {
		if (netdev_has_lower(iface))
			doubt(out, MODERATION_STACKED);
		else if (netdev_has_device(iface))
			doubt(out, MODERATION_UNTOLD);
		return;
	}
	longest = max_u32(all.rx_coalesce_usecs, all.rx_coalesce_usecs_irq);
	if (all.use_adaptive_rx_coalesce) {
		longest = max_u32(longest, all.rx_coalesce_usecs_low);
		longest = max_u32(longest, all.rx_coalesce_usecs_high);
		out->is_adaptive = true;
		doubt(out, MODERATION_ADAPTIVE);
	}
	/* linux/ethtool.h: with rx-usecs 0 the count alone decides. */
	if (!longest && all.rx_max_coalesced_frames > 1)
		doubt(out, MODERATION_COUNTED);
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
