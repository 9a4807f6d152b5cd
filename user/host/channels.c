// SPDX-License-Identifier: GPL-2.0-only
#include "host/channels.h"

#include <errno.h>
#include <linux/ethtool.h>

#include "host/ethtool.h"

int channels_read(const char *ifname, struct preflight_channels *out)
{
	struct ethtool_channels all = { .cmd = ETHTOOL_GCHANNELS };
	int err = ethtool_ask(ifname, &all);

	*out = (struct preflight_channels){ .known = !err };
	if (err)
		return err;
	out->rx = all.rx_count;
	out->tx = all.tx_count;
	out->combined = all.combined_count;
	out->max_rx = all.max_rx;
	out->max_tx = all.max_tx;
	out->max_combined = all.max_combined;
	return 0;
}

int channels_write(const char *ifname, enum channels_field field,
		   uint32_t value)
{
	struct ethtool_channels all = { .cmd = ETHTOOL_GCHANNELS };
	int err = ethtool_ask(ifname, &all);

	if (err)
		return err;
	if (field == CHANNELS_RX)
		all.rx_count = value;
	else if (field == CHANNELS_TX)
		all.tx_count = value;
	else
		all.combined_count = value;
	all.cmd = ETHTOOL_SCHANNELS;
	return ethtool_ask(ifname, &all);
}
