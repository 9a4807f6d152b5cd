// SPDX-License-Identifier: GPL-2.0-only
/* What a driver's refusal means, and what would change its mind. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/preflight.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

/* IPv6 does without a link of less. */
#define MTU_LEAST 1280

/* What of a page is not the IP packet's where a driver receives into one page:
 * headroom, skb_shared_info, Ethernet's header, a VLAN tag and the FCS; the
 * figure of ENA's ENA_XDP_MAX_MTU and of veth_xdp_set(), rounded up. */
#define MTU_PAGE_LESS 598

/* Then Intel's buffers of 3 KiB, and what every driver takes. */
static const uint32_t mtu_ladder[] = { 3000, 1500 };

/* Each refusal that drivers put into words, by the words; in this order, for
 * virtio's "disable GRO_HW/CSUM first" is about nothing else. */
static const struct {
	const char *word;
	enum preflight_refusal refusal;
} words[] = {
	{ "gro_hw", PREFLIGHT_GRO_HW },
	{ "gro-hw", PREFLIGHT_GRO_HW },
	{ "lro", PREFLIGHT_LRO },
	{ "mtu", PREFLIGHT_MTU },
	{ "queue", PREFLIGHT_QUEUES },
	{ "channel", PREFLIGHT_QUEUES },
	{ "ring", PREFLIGHT_QUEUES },
	{ "already", PREFLIGHT_TAKEN },
	{ "at the same time", PREFLIGHT_TAKEN },
	{ "not support XDP in native", PREFLIGHT_NONE },
};

/* As a whole word: "ring" is not in "during". */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	const char *at = text;

	while ((at = strcasestr(at, word))) {
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
		    (!isalnum((unsigned char)at[length]) || at[length] == 's'))
			return true;
		at++;
	}
	return false;
}

static uint32_t mtu_in_question(const struct preflight_facts *f)
{
	return f->peer.known ? f->peer.mtu : f->mtu;
}

static uint32_t mtu_of_page(const struct preflight_facts *f)
{
	return f->page_size > 2 * MTU_PAGE_LESS ? f->page_size - MTU_PAGE_LESS
						: 0;
}

static bool is_short_of_queues(const struct preflight_channels *c)
{
	return c->known && 2 * c->combined > c->max_combined;
}

enum preflight_refusal preflight_classify(const struct preflight_facts *f,
					  int err, const char *reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (has_word(reason, words[i].word))
			return words[i].refusal;
	}
	switch (err) {
	case -EBUSY:
	case -EEXIST:
		return PREFLIGHT_TAKEN;
	case -EOPNOTSUPP:
		return *reason ? PREFLIGHT_OTHER : PREFLIGHT_NONE;
	case -ERANGE:
	case -EMSGSIZE:
		return PREFLIGHT_MTU;
	case -ENOSPC:
		return PREFLIGHT_QUEUES;
	case -EINVAL:
	case -EFAULT: /* ENA's, at first */
		if (mtu_in_question(f) > mtu_of_page(f))
			return PREFLIGHT_MTU;
		if (is_short_of_queues(&f->channels))
			return PREFLIGHT_QUEUES;
		return PREFLIGHT_OTHER;
	default:
		return PREFLIGHT_OTHER;
	}
}

/* The largest number in the kernel's words that could be a limit. */
static uint32_t mtu_told(const struct preflight_facts *f, uint32_t below)
{
	const char *at = f->reason;
	unsigned long best = 0, number;
	char *end;

	while (*at) {
		if (!isdigit((unsigned char)*at)) {
			at++;
			continue;
		}
		number = strtoul(at, &end, 10);
		if (number >= MTU_LEAST && number < below && number > best)
			best = number;
		at = end;
	}
	return best;
}

/* The next lower rung: what the kernel named, else what drivers have in
 * common; 0 where there is none. */
static uint32_t mtu_next(const struct preflight_facts *f, uint32_t now)
{
	uint32_t told = mtu_told(f, now), page = mtu_of_page(f);

	if (told)
		return told;
	if (page >= MTU_LEAST && page < now)
		return page;
	for (size_t i = 0; i < ARRAY_SIZE(mtu_ladder); i++) {
		if (mtu_ladder[i] < now)
			return mtu_ladder[i];
	}
	return 0;
}

static bool step_mtu(const struct preflight_facts *f,
		     struct preflight_step *out)
{
	out->setting = PREFLIGHT_SET_MTU;
	out->on_peer = f->peer.known;
	out->value = mtu_next(f, mtu_in_question(f));
	return out->value != 0;
}

/* veth wants a receive queue for each of the other end's; others free ones to
 * send from, beside those they have. */
static bool step_queues(const struct preflight_facts *f,
			struct preflight_step *out)
{
	const struct preflight_channels *c = &f->channels;

	if (!c->known)
		return false;
	if (f->peer.known) {
		out->setting = PREFLIGHT_SET_RX;
		out->value = f->peer.tx_queues < c->max_rx ? f->peer.tx_queues
							   : c->max_rx;
		return out->value > c->rx;
	}
	out->setting = PREFLIGHT_SET_COMBINED;
	out->value = c->max_combined / 2;
	return is_short_of_queues(c) && out->value;
}

bool preflight_step(const struct preflight_facts *f, struct preflight_step *out)
{
	*out = (struct preflight_step){ .value = 0 };
	switch (f->refusal) {
	case PREFLIGHT_MTU:
		return step_mtu(f, out);
	case PREFLIGHT_QUEUES:
		return step_queues(f, out);
	case PREFLIGHT_LRO:
		out->setting = PREFLIGHT_SET_LRO;
		return f->lro && !f->lro_is_fixed;
	case PREFLIGHT_GRO_HW:
		out->setting = PREFLIGHT_SET_GRO_HW;
		return f->gro_hw && !f->gro_hw_is_fixed;
	default:
		return false;
	}
}

/* From the drivers' sources: their ndo_bpf closes and opens the device, or, as
 * virtio's, only holds NAPI still. */
static const struct {
	const char *driver;
	enum preflight_restart restart;
} drivers[] = {
	{ "ena", PREFLIGHT_RESTARTS },
	{ "ixgbe", PREFLIGHT_RESTARTS },
	{ "i40e", PREFLIGHT_RESTARTS },
	{ "ice", PREFLIGHT_RESTARTS },
	{ "igb", PREFLIGHT_RESTARTS },
	{ "igc", PREFLIGHT_RESTARTS },
	{ "mlx5_core", PREFLIGHT_RESTARTS },
	{ "bnxt_en", PREFLIGHT_RESTARTS },
	{ "gve", PREFLIGHT_RESTARTS },
	{ "virtio_net", PREFLIGHT_STAYS_UP },
};

enum preflight_restart preflight_restart(const struct preflight_facts *f)
{
	/* Only a first program makes rings. */
	if (f->xdp_id && !f->xdp_is_generic)
		return PREFLIGHT_STAYS_UP;
	if (!strcmp(f->kind, "bond") || !strcmp(f->kind, "team"))
		return PREFLIGHT_MAY_RESTART;
	if (*f->kind || !f->is_ethernet)
		return PREFLIGHT_STAYS_UP;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (!strcmp(f->driver, drivers[i].driver))
			return drivers[i].restart;
	}
	return PREFLIGHT_MAY_RESTART;
}
