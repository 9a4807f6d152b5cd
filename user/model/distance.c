// SPDX-License-Identifier: GPL-2.0-only
#include "model/distance.h"

#include <math.h>

#include "model/result.h"

#define LIGHT_KM_S 299792.458

static const struct {
	const char *name;
	double index;
} floors[FLOORS] = {
	[FLOOR_VACUUM] = { "vacuum", 1 },
	[FLOOR_FIBRE_MIN] = { "fibre_min", 1.4606 },
	[FLOOR_FIBRE_NOMINAL] = { "fibre_nominal", 1.4682 },
};

static const struct range unknown = { NAN, NAN, NAN };

const char *floor_name(enum floor which)
{
	return floors[which].name;
}

double floor_index(enum floor which)
{
	return floors[which].index;
}

/* A round trip over one of them; unknown where that may be 0. */
static struct range over(const struct range *floor, const struct range *ns)
{
	if (!(floor->lo > 0) || !isfinite(ns->value))
		return unknown;
	return (struct range){ ns->lo / floor->hi, ns->value / floor->value,
			       ns->hi / floor->lo };
}

static void fill_others(struct distance *d)
{
	double lo, hi;

	if (d->from.region && d->to.region)
		d->reference = reference_find(d->from.region->code,
					      d->to.region->code);
	if (!d->reference)
		return;
	if (reference_range(d->reference, &lo, &hi))
		d->others_ns = (struct range){ lo * 1e6, NAN, hi * 1e6 };
	for (int i = 0; i < REFERENCE_MEASUREMENTS; i++) {
		double ns = d->reference->ms[i] * 1e6;
		struct range exact = { ns, ns, ns };

		d->others_inflation[i] =
			over(&d->floor_ns[FLOOR_FIBRE_NOMINAL], &exact);
	}
}

void distance_fill(struct distance *out, const struct site *from,
		   const struct site *to)
{
	double km = geodesic_km(&from->at, &to->at);
	double slack = from->uncertainty_km + to->uncertainty_km;

	*out = (struct distance){
		.from = *from,
		.to = *to,
		.km = { fmax(km - slack, 0), km,
			fmin(km + slack, GEODESIC_KM_MAX) },
		.inflation = unknown,
		.others_ns = unknown,
	};
	for (int i = 0; i < FLOORS; i++) {
		double ns = 2 * floors[i].index / LIGHT_KM_S * 1e9;

		out->floor_ns[i] =
			(struct range){ ns * out->km.lo, ns * out->km.value,
					ns * out->km.hi };
	}
	fill_others(out);
}

/* The least that was measured, and where it truly lies; no sampling interval
 * goes with a minimum. */
static struct range least(const struct duration *network)
{
	const struct instrument *in = &network->at_p50;
	double min = (double)network->min;

	if (!network->n)
		return unknown;
	return (struct range){
		in->known && in->bounded ? min - in->minus : NAN,
		min,
		in->known && isfinite(in->plus) ? min + in->plus : NAN,
	};
}

struct range distance_over(const struct distance *d, enum floor which,
			   const struct duration *network)
{
	struct range min = least(network);

	return over(&d->floor_ns[which], &min);
}

struct range distance_inflation(const struct distance *d,
				const struct duration *network)
{
	return distance_over(d, FLOOR_FIBRE_NOMINAL, network);
}

void distance_judge(struct result *r)
{
	struct distance *d = &r->distance;

	for (size_t i = 0; i < r->segments; i++)
		r->segment[i].inflation =
			r->has_distance
				? distance_inflation(d, &r->segment[i].network)
				: unknown;
	if (!r->has_distance)
		return;
	d->inflation = distance_inflation(d, &r->network);
	d->below_vacuum = least(&r->network).hi < d->floor_ns[FLOOR_VACUUM].lo;
}
