/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is answered: the reflector's maps, its allow list, sessions and rates.
 */
#ifndef XRTT_BPF_ADMIT_H
#define XRTT_BPF_ADMIT_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "door.h"
#include "clock.h"
#include "parse.h"
#include "request.h"

#define ADMIT_TRIES 8
#define SET_BACK_NS NS_PER_SECOND

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct door_prefix);
	__type(value, __u32);
} allow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct door_address);
	__type(value, __u32);
} local SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct door_session);
	__type(value, struct door_state);
} sessions SEC(".maps");

/* Theoretical arrival time of each source's next answer, on the clock of the
 * stamps. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct door_address);
	__type(value, __u64);
} sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DOOR_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Keys of the maps above are put together here and not on the stack, where
 * without CAP_PERFMON 6.1 refuses a store of less than eight octets next to an
 * earlier one. */
struct admit_keys {
	struct door_prefix source;
	struct door_address local;
	struct door_session session;
};

/* A function of its own, as its key is on the stack too. */
static __noinline void admit_count(__u32 counter)
{
	__u64 *count = bpf_map_lookup_elem(&counters, &counter);

	if (count)
		(*count)++;
}

/* `to` is 16 octets, word-aligned; IPv4 becomes ::ffff:a.b.c.d. */
static __always_inline void admit_map_ip4(void *to, __be32 address)
{
	__be32 *word = to;

	word[0] = 0;
	word[1] = 0;
	word[2] = bpf_htonl(0xffff);
	word[3] = address;
}

static __always_inline void admit_copy_source(void *to, const struct packet *p)
{
	if (p->version == 4)
		admit_map_ip4(to, p->ip4->saddr);
	else
		__builtin_memcpy(to, &p->ip6->saddr, sizeof(p->ip6->saddr));
}

static __always_inline int admit_is_local(const struct packet *p,
					  struct door_address *key)
{
	if (p->version == 4)
		admit_map_ip4(key->address, p->ip4->daddr);
	else
		__builtin_memcpy(key->address, &p->ip6->daddr,
				 sizeof(key->address));
	return bpf_map_lookup_elem(&local, key) != 0;
}

/* A group or the unspecified address cannot have sent anything; an answer to
 * one would reach many who did not ask. */
static __always_inline int admit_is_nobody(const __u8 *address)
{
	const __be32 *word = (const void *)address;

	if (word[0] || word[1] || word[2] != bpf_htonl(0xffff))
		return address[0] == 0xff ||
		       !(word[0] | word[1] | word[2] | word[3]);
	return address[12] == 0 || address[12] >= 224;
}

static __always_inline int admit_is_allowed(struct door_prefix *key)
{
	if (admit_is_nobody(key->address))
		return 0;
	key->length = 8 * sizeof(key->address);
	return bpf_map_lookup_elem(&allow, key) != 0;
}

/* Counts of a session that is new; 0 if the map will not have it. */
static __always_inline struct door_state *
admit_make_session(const struct door_session *key)
{
	struct door_state fresh = {};

	bpf_map_update_elem(&sessions, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sessions, key);
}

static __always_inline __u64 *admit_find_source(const void *address)
{
	__u64 *arrival = bpf_map_lookup_elem(&sources, address);
	__u64 never = 0;

	if (arrival)
		return arrival;
	bpf_map_update_elem(&sources, address, &never, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sources, address);
}

/*
 * The generic cell rate algorithm, one cell a token. An arrival SET_BACK_NS
 * further ahead than the burst lets it be is of before the clock was set back;
 * less is another CPU, which read its clock a moment later. A caller that
 * loses every try lost to answers on other CPUs.
 */
static __always_inline int admit_take_token(const void *address, __u64 now)
{
	__u64 *arrival, seen, due;
	int i;

	if (!config.token_ns)
		return DOOR_ANSWERED;
	arrival = admit_find_source(address);
	if (!arrival)
		return DOOR_FAILED;
#pragma unroll
	for (i = 0; i < ADMIT_TRIES; i++) {
		seen = *(volatile __u64 *)arrival;
		due = seen > now ? seen : now;
		if (due - now > config.burst_ns + config.token_ns + SET_BACK_NS)
			due = now;
		if (due - now > config.burst_ns)
			break;
		if (__sync_val_compare_and_swap(arrival, seen,
						due + config.token_ns) == seen)
			return DOOR_ANSWERED;
	}
	return DOOR_REFUSED_RATE;
}

#endif
