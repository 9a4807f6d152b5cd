/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a driver stamps what it sends, without anybody to answer: frames of
 * an EtherType for local experiments (IEEE 802, 0x88b5) to the nearest bridge's
 * group address (IEEE 802.1Q, 01-80-c2-00-00-0e), which no bridge passes on,
 * through the qdisc as any packet goes.
 */
#ifndef XRTT_HOST_TX_STAMP_H
#define XRTT_HOST_TX_STAMP_H

#include "host/iface.h"

#define TX_STAMP_PAIRS_MAX 256

struct tx_stamp_report {
	unsigned int asked; /* frames for which a stamp was asked */
	unsigned int stamped;
	bool has_cost;
	double cost_ns;	  /* median send() with a stamp less without */
	double jitter_ns; /* p99 - p50 from send() to the stamp */
};

/*
 * Sends `pairs` of frames, one of each asking for a stamp, and one before each
 * pair, a millisecond apart; the times are those of send(). Takes that long and
 * 20 ms. 0; -EOPNOTSUPP where the link is no Ethernet; -ENETDOWN; -EPERM
 * without CAP_NET_RAW; or -errno.
 */
int tx_stamp_try(const struct iface *iface, unsigned int pairs,
		 struct tx_stamp_report *out);

#endif
