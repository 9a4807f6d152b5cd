// SPDX-License-Identifier: GPL-2.0-only
#include "host/offload.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <stdlib.h>
#include <string.h>

#include "host/ethtool.h"

#define BLOCK_BITS 32
#define BLOCKS_MAX 16 /* 512 features; Linux 6.18 has 64 */

struct features {
	struct ethtool_gfeatures head;
	struct ethtool_get_features_block block[BLOCKS_MAX];
};

/* The kernel's number of the feature, and how many there are. */
static int feature_find(const char *ifname, const char *feature,
			uint32_t *number, uint32_t *count)
{
	char(*names)[ETH_GSTRING_LEN];
	size_t all;
	int err = ethtool_names(ifname, ETH_SS_FEATURES, &names, &all);

	if (err)
		return err;
	err = -EOPNOTSUPP;
	for (size_t i = 0; i < all && all <= BLOCKS_MAX * BLOCK_BITS; i++) {
		if (strcmp(names[i], feature))
			continue;
		*number = i;
		*count = all;
		err = 0;
		break;
	}
	free(names);
	return err;
}

static uint32_t blocks_of(uint32_t count)
{
	return (count + BLOCK_BITS - 1) / BLOCK_BITS;
}

static int feature_read(const char *ifname, const char *feature,
			struct features *all, uint32_t *number)
{
	uint32_t count;
	int err = feature_find(ifname, feature, number, &count);

	if (err)
		return err;
	memset(all, 0, sizeof(*all));
	all->head.cmd = ETHTOOL_GFEATURES;
	all->head.size = blocks_of(count);
	return ethtool_ask(ifname, all);
}

int offload_read(const char *ifname, const char *feature, uint64_t *is_on)
{
	struct features all;
	uint32_t number;
	int err = feature_read(ifname, feature, &all, &number);

	if (!err)
		*is_on = all.block[number / BLOCK_BITS].active >>
				 (number % BLOCK_BITS) &
			 1;
	return err;
}

bool offload_is_fixed(const char *ifname, const char *feature)
{
	struct features all;
	uint32_t number;

	return !feature_read(ifname, feature, &all, &number) &&
	       !(all.block[number / BLOCK_BITS].available >>
			 (number % BLOCK_BITS) &
		 1);
}

int offload_write(const char *ifname, const char *feature, uint64_t on)
{
	struct {
		struct ethtool_sfeatures head;
		struct ethtool_set_features_block block[BLOCKS_MAX];
	} all = { .head = { .cmd = ETHTOOL_SFEATURES } };
	uint32_t number, count, bit;
	int err = feature_find(ifname, feature, &number, &count);

	if (err)
		return err;
	bit = UINT32_C(1) << (number % BLOCK_BITS);
	all.head.size = blocks_of(count);
	all.block[number / BLOCK_BITS].valid = bit;
	all.block[number / BLOCK_BITS].requested = on ? bit : 0;
	return ethtool_ask(ifname, &all);
}
