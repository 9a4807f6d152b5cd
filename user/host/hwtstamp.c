// SPDX-License-Identifier: GPL-2.0-only
#include "host/hwtstamp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>

#include "host/netdev_ioctl.h"

#define RX_BITS 0xff
#define TX_SHIFT 8
#define TX_BITS 0xff
#define FLAGS_SHIFT 16

int hwtstamp_read_info(const char *ifname, struct hwtstamp_info *out)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	int err = netdev_ioctl(ifname, SIOCETHTOOL, &info);

	if (err)
		return err;
	*out = (struct hwtstamp_info){
		.flags = info.so_timestamping,
		.rx_filters = info.rx_filters,
		.phc = info.phc_index < 0 ? -1 : info.phc_index,
		.can_stamp_all = info.rx_filters & 1u << HWTSTAMP_FILTER_ALL,
	};
	return 0;
}

int hwtstamp_read(const char *ifname, uint64_t *value)
{
	struct hwtstamp_config config = {};
	int err = netdev_ioctl(ifname, SIOCGHWTSTAMP, &config);

	/* A driver with neither may say that there is no such ioctl. */
	if (err == -ENOTTY)
		err = -EOPNOTSUPP;
	if (err)
		return err;
	if (config.rx_filter < 0 || config.rx_filter > RX_BITS ||
	    config.tx_type < 0 || config.tx_type > TX_BITS || config.flags < 0)
		return -EPROTO;
	*value = (uint64_t)config.rx_filter |
		 (uint64_t)config.tx_type << TX_SHIFT |
		 (uint64_t)config.flags << FLAGS_SHIFT;
	return 0;
}

int hwtstamp_write(const char *ifname, uint64_t value)
{
	struct hwtstamp_config config = {
		.rx_filter = value & RX_BITS,
		.tx_type = value >> TX_SHIFT & TX_BITS,
		.flags = value >> FLAGS_SHIFT,
	};

	if (value >> FLAGS_SHIFT > INT32_MAX)
		return -ERANGE;
	return netdev_ioctl(ifname, SIOCSHWTSTAMP, &config);
}

uint64_t hwtstamp_with_all(uint64_t value)
{
	return (value & ~(uint64_t)RX_BITS) | HWTSTAMP_FILTER_ALL;
}

bool hwtstamp_has_all(uint64_t value)
{
	return (value & RX_BITS) == HWTSTAMP_FILTER_ALL;
}

const char *hwtstamp_format(uint64_t value, char text[24])
{
	static const char *const tx_name[] = {
		[HWTSTAMP_TX_OFF] = "off",
		[HWTSTAMP_TX_ON] = "on",
	};
	unsigned int rx = value & RX_BITS, tx = value >> TX_SHIFT & TX_BITS;
	char rx_number[4], tx_number[4];
	const char *rx_text = rx_number, *tx_text = tx_number;

	snprintf(rx_number, sizeof(rx_number), "%u", rx);
	snprintf(tx_number, sizeof(tx_number), "%u", tx);
	if (rx == HWTSTAMP_FILTER_NONE)
		rx_text = "off";
	else if (rx == HWTSTAMP_FILTER_ALL)
		rx_text = "all";
	if (tx < sizeof(tx_name) / sizeof(*tx_name))
		tx_text = tx_name[tx];
	snprintf(text, 24, "rx %s, tx %s", rx_text, tx_text);
	return text;
}

bool scm_stamp_read(const struct cmsghdr *cm, enum scm_stamp which, int64_t *ns)
{
	struct scm_timestamping ts;

	if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_TIMESTAMPING ||
	    cm->cmsg_len < CMSG_LEN(sizeof(ts)))
		return false;
	memcpy(&ts, CMSG_DATA(cm), sizeof(ts));
	if (!ts.ts[which].tv_sec && !ts.ts[which].tv_nsec)
		return false;
	*ns = ts.ts[which].tv_sec * NSEC_PER_SEC + ts.ts[which].tv_nsec;
	return true;
}

bool hwtstamp_of_message(struct msghdr *msg, nic_t *out)
{
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm;
	     cm = CMSG_NXTHDR(msg, cm)) {
		if (scm_stamp_read(cm, SCM_STAMP_NIC, &out->ns))
			return true;
	}
	return false;
}
