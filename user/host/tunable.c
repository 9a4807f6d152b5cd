// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/channels.h"
#include "host/coalesce.h"
#include "host/hwtstamp.h"
#include "host/mtu.h"
#include "host/netdev_attr.h"
#include "host/offload.h"

enum source {
	SOURCE_COALESCE,
	SOURCE_SYSFS,
	SOURCE_HWTSTAMP,
	SOURCE_MTU_IP6,
	SOURCE_MTU,
	SOURCE_CHANNELS,
	SOURCE_OFFLOAD,
};

struct tunable_row {
	const char *name;
	const char *attr;   /* of sysfs, or the offload's name */
	unsigned int field; /* enum coalesce_field or channels_field */
	bool is_switch;
	enum source source;
};

#define COALESCE(name, field, is_switch) \
	{ \
		name, NULL, field, is_switch, SOURCE_COALESCE \
	}
#define SYSFS(name) \
	{ \
		name, name, 0, false, SOURCE_SYSFS \
	}

static const struct tunable_row rows[TUNABLES] = {
	[TUNABLE_ADAPTIVE_RX] =
		COALESCE("adaptive-rx", COALESCE_ADAPTIVE_RX, true),
	[TUNABLE_ADAPTIVE_TX] =
		COALESCE("adaptive-tx", COALESCE_ADAPTIVE_TX, true),
	[TUNABLE_RX_FRAMES] = COALESCE("rx-frames", COALESCE_RX_FRAMES, false),
	[TUNABLE_TX_FRAMES] = COALESCE("tx-frames", COALESCE_TX_FRAMES, false),
	[TUNABLE_RX_USECS] = COALESCE("rx-usecs", COALESCE_RX_USECS, false),
	[TUNABLE_TX_USECS] = COALESCE("tx-usecs", COALESCE_TX_USECS, false),
	[TUNABLE_NAPI_DEFER] = SYSFS("napi_defer_hard_irqs"),
	[TUNABLE_GRO_FLUSH] = SYSFS("gro_flush_timeout"),
	[TUNABLE_MTU_IP6] = { "ipv6-mtu", NULL, 0, false, SOURCE_MTU_IP6 },
	[TUNABLE_MTU] = { "mtu", NULL, 0, false, SOURCE_MTU },
	[TUNABLE_CHANNELS_RX] = { "rx-channels", NULL, CHANNELS_RX, false,
				  SOURCE_CHANNELS },
	[TUNABLE_CHANNELS_COMBINED] = { "combined-channels", NULL,
					CHANNELS_COMBINED, false,
					SOURCE_CHANNELS },
	[TUNABLE_LRO] = { "lro", OFFLOAD_LRO, 0, true, SOURCE_OFFLOAD },
	[TUNABLE_GRO_HW] = { "rx-gro-hw", OFFLOAD_GRO_HW, 0, true,
			     SOURCE_OFFLOAD },
	[TUNABLE_HWTSTAMP] = { "hwtstamp", NULL, 0, false, SOURCE_HWTSTAMP },
};

const char *tunable_name(enum tunable what)
{
	return rows[what].name;
}

enum tunable tunable_find(const char *name)
{
	for (unsigned int i = 0; i < TUNABLES; i++) {
		if (!strcmp(rows[i].name, name))
			return i;
	}
	return TUNABLES;
}

const char *tunable_format(enum tunable what, uint64_t value, char text[24])
{
	if (what == TUNABLE_HWTSTAMP)
		return hwtstamp_format(value, text);
	if (rows[what].is_switch && value < 2)
		return value ? "on" : "off";
	snprintf(text, 24, "%" PRIu64, value);
	return text;
}

static int coalesce_value(const struct iface *iface, unsigned int field,
			  uint64_t *value)
{
	uint32_t all[COALESCE_FIELDS];
	int err = coalesce_read(iface->name, all);

	if (!err)
		*value = all[field];
	return err;
}

static int channels_value(const struct iface *iface, unsigned int field,
			  uint64_t *value)
{
	struct preflight_channels all;
	int err = channels_read(iface->name, &all);

	if (!err)
		*value = field == CHANNELS_RX ? all.rx : all.combined;
	return err;
}

int tunable_read(const struct iface *iface, enum tunable what, uint64_t *value)
{
	const struct tunable_row *row = &rows[what];

	switch (row->source) {
	case SOURCE_COALESCE:
		return coalesce_value(iface, row->field, value);
	case SOURCE_SYSFS:
		return netdev_attr_read(iface, row->attr, value);
	case SOURCE_HWTSTAMP:
		return hwtstamp_read(iface->name, value);
	case SOURCE_MTU_IP6:
		return mtu_read_ip6(iface->name, value);
	case SOURCE_MTU:
		return mtu_read(iface->index, value);
	case SOURCE_CHANNELS:
		return channels_value(iface, row->field, value);
	default:
		return offload_read(iface->name, row->attr, value);
	}
}

int tunable_write(const struct iface *iface, enum tunable what, uint64_t value)
{
	const struct tunable_row *row = &rows[what];

	if (row->source != SOURCE_SYSFS && row->source != SOURCE_HWTSTAMP &&
	    value > UINT32_MAX)
		return -ERANGE;
	switch (row->source) {
	case SOURCE_COALESCE:
		return coalesce_write(iface->name, row->field, value);
	case SOURCE_SYSFS:
		return netdev_attr_write(iface, row->attr, value);
	case SOURCE_HWTSTAMP:
		return hwtstamp_write(iface->name, value);
	case SOURCE_MTU_IP6:
		return mtu_write_ip6(iface->name, value);
	case SOURCE_MTU:
		return mtu_write(iface->index, value);
	case SOURCE_CHANNELS:
		return channels_write(iface->name, row->field, value);
	default:
		return offload_write(iface->name, row->attr, value);
	}
}

bool tunable_is_barred_by_xdp(enum tunable what)
{
	return rows[what].source >= SOURCE_MTU;
}
