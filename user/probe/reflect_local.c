// SPDX-License-Identifier: GPL-2.0-only
#include "probe/reflect_local.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "door.h"
#include "host/local.h"

/* The value of each entry is the round in which the address was last seen. */
struct refresh {
	int map;
	uint32_t round;
	int err;
};

static void take_address(void *data, const struct address *a)
{
	struct refresh *refresh = data;

	if (bpf_map_update_elem(refresh->map, a->octets, &refresh->round,
				BPF_ANY))
		refresh->err = -errno;
}

static void forget_others(const struct refresh *refresh)
{
	struct door_address key, next;
	bool more = !bpf_map_get_next_key(refresh->map, NULL, &next);
	uint32_t round;

	while (more) {
		key = next;
		more = !bpf_map_get_next_key(refresh->map, &key, &next);
		if (!bpf_map_lookup_elem(refresh->map, &key, &round) &&
		    round != refresh->round)
			bpf_map_delete_elem(refresh->map, &key);
	}
}

int reflect_local_refresh(int map_fd)
{
	static uint32_t round;
	struct refresh refresh = { .map = map_fd, .round = ++round };
	int err;

	err = local_list(take_address, &refresh);
	if (!err)
		err = refresh.err;
	if (!err)
		forget_others(&refresh);
	return err;
}
