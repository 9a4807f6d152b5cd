/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The settings of an interface that xrtt changes for a run: ethtool's interrupt
 * moderation, NAPI's deferral and the NIC's receive stamps, and for --prepare
 * what can keep native XDP out; all as one number each.
 */
#ifndef XRTT_HOST_TUNABLE_H
#define XRTT_HOST_TUNABLE_H

#include "host/iface.h"

/* In the order in which they are set; they are put back the other way round,
 * because a driver takes times and counts only while it does not adapt them. */
enum tunable {
	TUNABLE_ADAPTIVE_RX, /* 0 off, 1 on */
	TUNABLE_ADAPTIVE_TX,
	TUNABLE_RX_FRAMES, /* packets that wait for one another */
	TUNABLE_TX_FRAMES,
	TUNABLE_RX_USECS, /* how long they wait, µs */
	TUNABLE_TX_USECS,
	TUNABLE_NAPI_DEFER, /* empty polls before interrupts are let in again */
	TUNABLE_GRO_FLUSH,  /* and the timer that does it in any case, ns */
	TUNABLE_MTU_IP6,    /* follows the next, down and up */
	TUNABLE_MTU,
	TUNABLE_CHANNELS_RX,
	TUNABLE_CHANNELS_COMBINED,
	TUNABLE_LRO, /* 0 off, 1 on */
	TUNABLE_GRO_HW,
	TUNABLE_HWTSTAMP, /* who is stamped by the NIC: see hwtstamp.h */
	TUNABLES,
};

/* As ethtool and sysfs call it: "rx-usecs". */
const char *tunable_name(enum tunable what);

/* The other way; TUNABLES if there is none of that name. */
enum tunable tunable_find(const char *name);

/* "20", or "on" and "off", or "rx all, tx off". */
const char *tunable_format(enum tunable what, uint64_t value, char text[24]);

/* 0, -EOPNOTSUPP or -ENOENT where the interface or the kernel has none,
 * -EXDEV where sysfs shows another namespace, or -errno. */
int tunable_read(const struct iface *iface, enum tunable what, uint64_t *value);
int tunable_write(const struct iface *iface, enum tunable what, uint64_t value);

/* Whether a driver refuses it while an XDP program is attached: what a killed
 * run left goes only some time after the run. */
bool tunable_is_barred_by_xdp(enum tunable what);

#endif
