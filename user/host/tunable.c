// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/coalesce.h"
#include "host/netdev_attr.h"

struct tunable_row {
	const char *name;
	const char *attr; /* of sysfs; else it is ethtool's */
	enum coalesce_field field;
	bool is_switch;
};

static const struct tunable_row rows[TUNABLES] = {
	[TUNABLE_ADAPTIVE_RX] = { "adaptive-rx", NULL, COALESCE_ADAPTIVE_RX,
				  true },
	[TUNABLE_ADAPTIVE_TX] = { "adaptive-tx", NULL, COALESCE_ADAPTIVE_TX,
				  true },
	[TUNABLE_RX_FRAMES] = { "rx-frames", NULL, COALESCE_RX_FRAMES, false },
	[TUNABLE_TX_FRAMES] = { "tx-frames", NULL, COALESCE_TX_FRAMES, false },
	[TUNABLE_RX_USECS] = { "rx-usecs", NULL, COALESCE_RX_USECS, false },
	[TUNABLE_TX_USECS] = { "tx-usecs", NULL, COALESCE_TX_USECS, false },
	[TUNABLE_NAPI_DEFER] = { "napi_defer_hard_irqs", "napi_defer_hard_irqs",
				 0, false },
	[TUNABLE_GRO_FLUSH] = { "gro_flush_timeout", "gro_flush_timeout", 0,
				false },
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
	if (rows[what].is_switch && value < 2)
		return value ? "on" : "off";
	snprintf(text, 24, "%" PRIu64, value);
	return text;
}

int tunable_read(const struct iface *iface, enum tunable what, uint64_t *value)
{
	uint32_t all[COALESCE_FIELDS];
	int err;

	if (rows[what].attr)
		return netdev_attr_read(iface, rows[what].attr, value);
	err = coalesce_read(iface->name, all);
	if (!err)
		*value = all[rows[what].field];
	return err;
}

int tunable_write(const struct iface *iface, enum tunable what, uint64_t value)
{
	if (rows[what].attr)
		return netdev_attr_write(iface, rows[what].attr, value);
	if (value > UINT32_MAX)
		return -ERANGE;
	return coalesce_write(iface->name, rows[what].field, value);
}
