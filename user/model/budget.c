/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/budget.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int budget_add(struct budget *budget, const struct budget_term *term)
{
	bool is_kind = term->kind == 'A' || term->kind == 'B';

	if (!term->name || !term->how || !is_kind || term->ns < 0)
		return -EINVAL;
	if (budget->terms == BUDGET_TERMS)
		return -ENOSPC;
	budget->term[budget->terms++] = *term;
	return 0;
}

int budget_combine(const struct budget *budget, struct instrument *out)
{
	size_t bytes = budget->terms * sizeof(*out->term);
	double squares = 0, lengthening = 0;
	bool bounded = true;

	*out = (struct instrument){ 0 };
	out->term = malloc(bytes ? bytes : 1);
	if (!out->term)
		return -ENOMEM;
	memcpy(out->term, budget->term, bytes);
	out->terms = budget->terms;
	out->known = out->bounded = true;
	for (size_t i = 0; i < out->terms; i++) {
		const struct budget_term *t = &out->term[i];

		if (!isfinite(t->ns)) {
			out->bounded = false;
			bounded = bounded && t->lengthens;
		} else if (t->lengthens) {
			lengthening += t->ns;
		} else {
			squares += t->ns * t->ns;
		}
	}
	out->minus = sqrt(squares) + lengthening;
	out->plus = bounded ? sqrt(squares) : INFINITY;
	return 0;
}

void budget_release(struct instrument *in)
{
	free(in->term);
	*in = (struct instrument){ 0 };
}

/* ---- differences --------------------------------------------------------- */

struct sides {
	double squares;
	double lengthening[2]; /* of a, of b */
};

static const struct instrument *level_of(const struct duration *d,
					 enum budget_level level)
{
	return level == BUDGET_P50 ? &d->at_p50 : &d->at_p99;
}

static double quantile_of(const struct duration *d, enum budget_level level)
{
	return d->quantile[level == BUDGET_P50 ? LEVEL_P50 : LEVEL_P99];
}

static const struct budget_term *find_common(const struct instrument *in,
					     const struct budget_term *like)
{
	for (size_t i = 0; i < in->terms; i++) {
		const struct budget_term *t = &in->term[i];

		if (t->common && t->lengthens == like->lengthens &&
		    !strcmp(t->name, like->name))
			return t;
	}
	return NULL;
}

/* ns of a term of `a` or, if negative, of `b`; either may be infinite. */
static void add_side(struct sides *sides, const struct budget_term *t,
		     double ns)
{
	if (t->lengthens)
		sides->lengthening[ns < 0] += fabs(ns);
	else
		sides->squares += ns * ns;
}

static double size_of(const struct budget_term *t)
{
	return isfinite(t->ns) ? t->ns : INFINITY;
}

static void add_common(struct difference *out, struct sides *sides,
		       const struct budget_term *a, const struct budget_term *b)
{
	bool alike = !isfinite(a->ns) && !isfinite(b->ns);

	add_side(sides, a, alike ? 0 : size_of(a) - size_of(b));
	if (out->left_out < DIFFERENCE_COMMON)
		out->common[out->left_out++] = a->name;
}

struct difference budget_difference(const struct duration *a,
				    const struct duration *b,
				    enum budget_level level)
{
	const struct instrument *of_a = level_of(a, level);
	const struct instrument *of_b = level_of(b, level);
	struct difference out = { 0 };
	struct sides sides = { 0 };

	if (!a->n || !b->n || !of_a->known || !of_b->known)
		return out;
	for (size_t i = 0; i < of_a->terms; i++) {
		const struct budget_term *t = &of_a->term[i];
		const struct budget_term *other =
			t->common ? find_common(of_b, t) : NULL;

		if (other)
			add_common(&out, &sides, t, other);
		else
			add_side(&sides, t, size_of(t));
	}
	for (size_t i = 0; i < of_b->terms; i++) {
		const struct budget_term *t = &of_b->term[i];

		if (!t->common || !find_common(of_a, t))
			add_side(&sides, t, -size_of(t));
	}
	out.known = true;
	out.value = quantile_of(a, level) - quantile_of(b, level);
	out.minus = sqrt(sides.squares) + sides.lengthening[0];
	out.plus = sqrt(sides.squares) + sides.lengthening[1];
	return out;
}
