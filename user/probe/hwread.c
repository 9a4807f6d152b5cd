// SPDX-License-Identifier: GPL-2.0-only
#include "probe/hwread.h"

#include <unistd.h>

#include "host/clock.h"

/* Of so many requests the one with the tightest bracket is kept, which gives
 * ten readings and 40 requests a second: ENA grants 125 to all who ask. */
#define TRIES 4
#define TRY_NS (25 * NSEC_PER_MSEC)

/* A request takes a NIC some microseconds; one that takes longer shows it. */
#define ROOM_NS (30 * NSEC_PER_USEC)
#define OVERDUE_NS (100 * NSEC_PER_MSEC)

void hwread_init(struct hwread *h)
{
	h->phc = -1;
	h->tries = 0;
	h->due = (mono_t){ 0 };
	h->took = 0;
	hwclock_init(&h->clock);
}

int hwread_open(struct hwread *h, int index)
{
	struct phc_reading r;

	h->phc = phc_open_index(index);
	return h->phc < 0 ? h->phc : phc_read_once(h->phc, &r);
}

void hwread_close(struct hwread *h)
{
	if (h->phc >= 0)
		close(h->phc);
	h->phc = -1;
}

static bool request(struct hwread *h, int (*ask)(int, struct phc_reading *))
{
	struct phc_reading r;

	if (ask(h->phc, &r))
		return false;
	if (!h->tries || mono_sub(r.after, r.before).ns <
				 mono_sub(h->best.after, h->best.before).ns)
		h->best = r;
	return true;
}

static void keep(struct hwread *h)
{
	const struct hwclock_reading r = { .before = h->best.before,
					   .after = h->best.after,
					   .nic = { h->best.phc_ns } };

	hwclock_add(&h->clock, &r);
	h->tries = 0;
}

void hwread_now(struct hwread *h)
{
	if (h->tries)
		keep(h);
	if (request(h, phc_read))
		keep(h);
}

void hwread_poll(struct hwread *h, mono_t now, bool has_room)
{
	int64_t took;

	if (mono_before(now, h->due) ||
	    (!has_room && mono_sub(now, h->due).ns < OVERDUE_NS))
		return;
	h->due = mono_add(now, span_ns(TRY_NS));
	if (request(h, phc_read_once) && ++h->tries == TRIES)
		keep(h);
	took = mono_sub(mono_now(), now).ns;
	h->took -= h->took / 8;
	if (took > h->took)
		h->took = took;
}

int64_t hwread_room_ns(const struct hwread *h)
{
	return 2 * h->took > ROOM_NS ? 2 * h->took : ROOM_NS;
}
