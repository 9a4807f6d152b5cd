/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions to a driver, over SIOCETHTOOL (linux/ethtool.h). Nothing here
 * changes anything. Each returns 0, -EOPNOTSUPP where the driver does not
 * answer that, -ENODEV, or -errno.
 */
#ifndef XRTT_HOST_ETHTOOL_H
#define XRTT_HOST_ETHTOOL_H

#include <linux/ethtool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any command: a struct that begins with its number. */
int ethtool_ask(const char *ifname, void *command);

/* The names of a set (ETH_SS_*), `count` of them; *names is the caller's to
 * free. */
int ethtool_names(const char *ifname, uint32_t set,
		  char (**names)[ETH_GSTRING_LEN], size_t *count);

/* Calls `each` for every counter of ethtool -S. */
int ethtool_counters(const char *ifname,
		     void (*each)(void *data, const char *name, uint64_t value),
		     void *data);

/* How many different queues the RSS indirection table names. */
int ethtool_rss_queues(const char *ifname, uint32_t *queues);

#endif
