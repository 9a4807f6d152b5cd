// SPDX-License-Identifier: GPL-2.0-only
#include "host/ethtool.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>

#include "host/netdev_ioctl.h"

#define NAMES_MAX 65536 /* more is no driver's answer */
#define TABLE_MAX 65536
#define QUEUES_MAX 4096

int ethtool_ask(const char *ifname, void *command)
{
	return netdev_ioctl(ifname, SIOCETHTOOL, command);
}

static int set_size(const char *ifname, uint32_t set, size_t *count)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t size;
	} ask = { .info = { .cmd = ETHTOOL_GSSET_INFO,
			    .sset_mask = 1ULL << set } };
	int err = ethtool_ask(ifname, &ask);

	if (err)
		return err;
	if (!ask.info.sset_mask || !ask.size)
		return -EOPNOTSUPP;
	if (ask.size > NAMES_MAX)
		return -EFBIG;
	*count = ask.size;
	return 0;
}

int ethtool_names(const char *ifname, uint32_t set,
		  char (**names)[ETH_GSTRING_LEN], size_t *count)
{
	struct ethtool_gstrings *ask;
	int err = set_size(ifname, set, count);

	*names = NULL;
	if (err)
		return err;
	ask = calloc(1, sizeof(*ask) + *count * ETH_GSTRING_LEN);
	*names = calloc(*count, ETH_GSTRING_LEN);
	if (!ask || !*names) {
		err = -ENOMEM;
		goto out;
	}
	ask->cmd = ETHTOOL_GSTRINGS;
	ask->string_set = set;
	ask->len = *count;
	err = ethtool_ask(ifname, ask);
	if (err)
		goto out;
	if (ask->len < *count)
		*count = ask->len;
	memcpy(*names, ask->data, *count * ETH_GSTRING_LEN);
	for (size_t i = 0; i < *count; i++)
		(*names)[i][ETH_GSTRING_LEN - 1] = '\0';
out:
	free(ask);
	if (err) {
		free(*names);
		*names = NULL;
	}
	return err;
}

int ethtool_counters(const char *ifname,
		     void (*each)(void *data, const char *name, uint64_t value),
		     void *data)
{
	char(*names)[ETH_GSTRING_LEN];
	struct ethtool_stats *ask;
	size_t count;
	int err = ethtool_names(ifname, ETH_SS_STATS, &names, &count);

	if (err)
		return err;
	ask = calloc(1, sizeof(*ask) + count * sizeof(ask->data[0]));
	if (!ask) {
		err = -ENOMEM;
		goto out;
	}
	ask->cmd = ETHTOOL_GSTATS;
	ask->n_stats = count;
	err = ethtool_ask(ifname, ask);
	/* Queues that went meanwhile took their counters along. */
	if (!err && ask->n_stats != count)
		err = -EAGAIN;
	for (size_t i = 0; !err && i < count; i++)
		each(data, names[i], ask->data[i]);
out:
	free(ask);
	free(names);
	return err;
}

static uint32_t count_queues(const uint32_t *table, uint32_t size)
{
	bool seen[QUEUES_MAX] = { false };
	uint32_t queues = 0;

	for (uint32_t i = 0; i < size; i++) {
		if (table[i] >= QUEUES_MAX || seen[table[i]])
			continue;
		seen[table[i]] = true;
		queues++;
	}
	return queues;
}

int ethtool_rss_queues(const char *ifname, uint32_t *queues)
{
	struct ethtool_rxfh_indir size = { .cmd = ETHTOOL_GRXFHINDIR };
	struct ethtool_rxfh_indir *ask;
	int err = ethtool_ask(ifname, &size);

	if (err)
		return err;
	if (!size.size)
		return -EOPNOTSUPP;
	if (size.size > TABLE_MAX)
		return -EFBIG;
	ask = calloc(1, sizeof(*ask) + size.size * sizeof(*ask->ring_index));
	if (!ask)
		return -ENOMEM;
	ask->cmd = ETHTOOL_GRXFHINDIR;
	ask->size = size.size;
	err = ethtool_ask(ifname, ask);
	if (!err)
		*queues = count_queues(ask->ring_index, size.size);
	free(ask);
	return err;
}
