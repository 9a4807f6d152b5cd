/* SPDX-License-Identifier: GPL-2.0-only */
/* How many queues an interface uses: ethtool's channels (ETHTOOL_GCHANNELS,
 * struct ethtool_channels in linux/ethtool.h). */
#ifndef XRTT_HOST_CHANNELS_H
#define XRTT_HOST_CHANNELS_H

#include "model/preflight.h"

enum channels_field {
	CHANNELS_RX,
	CHANNELS_TX,
	CHANNELS_COMBINED,
};

/* 0; -EOPNOTSUPP where the driver has none to tell, or -errno. */
int channels_read(const char *ifname, struct preflight_channels *out);

/* Changes one number and leaves the others; a driver may restart its queues. 0,
 * -EINVAL where it refuses (fewer than its XDP program needs), or -errno. */
int channels_write(const char *ifname, enum channels_field field,
		   uint32_t value);

#endif
