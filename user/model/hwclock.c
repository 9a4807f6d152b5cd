// SPDX-License-Identifier: GPL-2.0-only
#include "model/hwclock.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* A change of rate that is taken for the clocks' wandering. */
#define WANDER 2e-6

/* A neighbour nearer than this share of a piece says nothing of its bend. */
#define NEAR_SHARE 2

/* Two ways of making nanoseconds of one number of ticks differ by less. */
#define TICKS_NS 1000

void hwclock_init(struct hwclock *c)
{
	memset(c, 0, sizeof(*c));
}

static const struct hwclock_reading *reading(const struct hwclock *c,
					     uint64_t number)
{
	return &c->at[number % HWCLOCK_READINGS];
}

/* The oldest that is kept. */
static uint64_t oldest(const struct hwclock *c)
{
	return c->count > HWCLOCK_READINGS ? c->count - HWCLOCK_READINGS : 0;
}

static int64_t middle(const struct hwclock_reading *r)
{
	return r->before.ns + mono_sub(r->after, r->before).ns / 2;
}

static double half_width(const struct hwclock_reading *r)
{
	return (double)mono_sub(r->after, r->before).ns / 2;
}

static int64_t length(const struct hwclock_reading *a,
		      const struct hwclock_reading *b)
{
	return middle(b) - middle(a);
}

/* How far along the line from a to b, from 0 to 1. */
static double share(const struct hwclock_reading *a,
		    const struct hwclock_reading *b, nic_t at)
{
	return (double)(at.ns - a->nic.ns) / (double)(b->nic.ns - a->nic.ns);
}

/* The distance of reading `i` from the line between `l` and `r`, in ns; not
 * finite if it is beyond explanation. */
static double bend(const struct hwclock_reading *l,
		   const struct hwclock_reading *i,
		   const struct hwclock_reading *r)
{
	double a = length(l, i), b = length(i, r), off, explained, w;

	if (l->nic.ns >= i->nic.ns || i->nic.ns >= r->nic.ns)
		return INFINITY;
	w = share(l, r, i->nic);
	off = fabs(a - w * (double)length(l, r));
	explained = half_width(i) + (1 - w) * half_width(l) +
		    w * half_width(r) + WANDER * a * b / (a + b);
	return off <= explained ? off : INFINITY;
}

int hwclock_add(struct hwclock *c, const struct hwclock_reading *r)
{
	bool is_bent;

	if (mono_before(r->after, r->before) ||
	    (c->count &&
	     mono_before(r->before, reading(c, c->count - 1)->after)))
		return -EINVAL;
	if (!c->count)
		c->first = *r;
	c->at[c->count++ % HWCLOCK_READINGS] = *r;
	if (c->count < 3)
		return 0;
	is_bent = !isfinite(
		bend(reading(c, c->count - 3), reading(c, c->count - 2), r));
	/* A step bends the line where its piece begins and where it ends. */
	c->steps += is_bent && !c->is_bent;
	c->is_bent = is_bent;
	return 0;
}

/* The last reading that had begun by then; there is one. */
static uint64_t find_before(const struct hwclock *c, mono_t seen)
{
	uint64_t lo = oldest(c), hi = c->count;

	while (hi - lo > 1) {
		uint64_t half = lo + (hi - lo) / 2;

		if (mono_before(seen, reading(c, half)->before))
			hi = half;
		else
			lo = half;
	}
	return lo;
}

/* The piece that a stamp fits into, the last one before it was seen: its first
 * reading's number. Behind a clock that was set back nothing is looked for. */
static int find_piece(const struct hwclock *c, nic_t stamp, mono_t seen,
		      uint64_t *out)
{
	int64_t earliest = seen.ns - HWCLOCK_REACH_NS;
	const struct hwclock_reading *a, *b;
	uint64_t i;

	if (!c->count || mono_before(seen, reading(c, oldest(c))->before))
		return -ENOENT;
	i = find_before(c, seen);
	if (i == c->count - 1 && stamp.ns >= reading(c, i)->nic.ns)
		return -EAGAIN;
	i += i < c->count - 1;
	for (; i > oldest(c); i--) {
		a = reading(c, i - 1);
		b = reading(c, i);
		if (a->nic.ns >= b->nic.ns)
			return -EILSEQ;
		if (a->nic.ns <= stamp.ns && stamp.ns < b->nic.ns) {
			*out = i - 1;
			return 0;
		}
		if (middle(a) < earliest)
			break;
	}
	return -ENOENT;
}

/* Both give the nearest one far enough away, or NULL. */
static const struct hwclock_reading *
neighbour_before(const struct hwclock *c, uint64_t piece, int64_t far)
{
	for (uint64_t i = piece; i-- > oldest(c);) {
		if (length(reading(c, i), reading(c, piece)) >= far)
			return reading(c, i);
	}
	return NULL;
}

static const struct hwclock_reading *neighbour_after(const struct hwclock *c,
						     uint64_t end, int64_t far)
{
	for (uint64_t i = end + 1; i < c->count; i++) {
		if (length(reading(c, end), reading(c, i)) >= far)
			return reading(c, i);
	}
	return NULL;
}

int hwclock_locate(const struct hwclock *c, nic_t stamp, mono_t seen,
		   struct hwclock_place *out)
{
	const struct hwclock_reading *a, *b, *l, *r;
	double before, after, w;
	uint64_t piece = 0;
	int err;

	err = find_piece(c, stamp, seen, &piece);
	if (err)
		return err;
	a = reading(c, piece);
	b = reading(c, piece + 1);
	l = neighbour_before(c, piece, length(a, b) / NEAR_SHARE);
	r = neighbour_after(c, piece + 1, length(a, b) / NEAR_SHARE);
	if (!l && !r)
		return -EAGAIN;
	before = l ? bend(l, a, b) : 0;
	after = r ? bend(a, b, r) : 0;
	if (!isfinite(before) || !isfinite(after))
		return -EILSEQ;
	w = share(a, b, stamp);
	out->at.ns = middle(a) + llround(w * (double)length(a, b));
	out->bar.ns = ceil((1 - w) * half_width(a) + w * half_width(b) +
			   fmax(before, after));
	out->is_settled = r;
	return 0;
}

/* Drivers make nanoseconds of the NIC's ticks at a rate that is set anew now
 * and then, of a stamp's not always as of a reading's. */
bool hwclock_spans(const struct hwclock *c, nic_t stamp)
{
	return c->count && stamp.ns >= c->first.nic.ns - TICKS_NS &&
	       stamp.ns <= reading(c, c->count - 1)->nic.ns + TICKS_NS;
}

double hwclock_rate_ppm(const struct hwclock *c)
{
	const struct hwclock_reading *last;
	double nic;

	if (c->count < 2 || c->steps)
		return NAN;
	last = reading(c, c->count - 1);
	nic = (double)(last->nic.ns - c->first.nic.ns);
	return nic > 0 ? ((double)length(&c->first, last) - nic) / nic * 1e6
		       : NAN;
}
