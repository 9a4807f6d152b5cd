/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long an interface may keep a packet to itself before it says so.
 *
 * Interrupt moderation is what ethtool calls coalescing (ETHTOOL_GCOALESCE, and
 * linux/ethtool.h for the meaning of each field). NAPI's own deferral
 * (napi_defer_hard_irqs and gro_flush_timeout in sysfs, the kernel's
 * Documentation/networking/napi.rst) has the same effect: while nobody polls, a
 * packet can wait for the timer.
 */
#ifndef XRTT_HOST_COALESCE_H
#define XRTT_HOST_COALESCE_H

#include "host/iface.h"
#include "model/moderation.h"
#include "model/time.h"

enum coalesce_field {
	COALESCE_ADAPTIVE_RX, /* 0 or 1 */
	COALESCE_ADAPTIVE_TX, /* 0 or 1 */
	COALESCE_RX_FRAMES,
	COALESCE_TX_FRAMES,
	COALESCE_RX_USECS,
	COALESCE_TX_USECS,
	COALESCE_FIELDS,
};

/* 0; -EOPNOTSUPP where the driver has nothing to tell, -ENODEV, or -errno. */
int coalesce_read(const char *ifname, uint32_t value[COALESCE_FIELDS]);

/* Changes one field and leaves the others. 0; -EOPNOTSUPP where the driver does
 * not have it, -EPERM without CAP_NET_ADMIN, -EINVAL or -ERANGE for a value
 * that it refuses, or -errno. */
int coalesce_write(const char *ifname, enum coalesce_field field,
		   uint32_t value);

/*
 * A received packet is held for at most `held`, if `is_known`. It is not known
 * where the driver does not answer although there is hardware, where the
 * interface is stacked on another one (whose moderation counts: ask for that),
 * where its NAPI runs in a thread (sysfs: threaded),
 * where packets wait for a count of others without a time, where sysfs does not
 * show this namespace, and where `is_adaptive`: the driver then chooses as it
 * goes and nothing in the kernel tells its upper end; `held` is then only the
 * largest of rx-usecs, rx-usecs-low and rx-usecs-high, which it may exceed.
 * An interface without hardware and not on top of another (veth, tap) has no
 * interrupt to moderate: known, and 0 but for NAPI's deferral.
 */
struct moderation {
	bool is_known;
	bool is_adaptive;
	span_t held;
	span_t deferred; /* NAPI's part of `held` */
	enum moderation_doubt doubt;
	const char *why; /* it is not known, in words; else NULL */
};

void moderation_read(const struct iface *iface, struct moderation *out);

#endif
