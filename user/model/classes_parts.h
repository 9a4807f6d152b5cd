/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What classes.c and classes_link.c share, and nobody else sees.
 */
#ifndef XRTT_MODEL_CLASSES_PARTS_H
#define XRTT_MODEL_CLASSES_PARTS_H

#include <stddef.h>

/* A path's own time is in [least, min]. */
struct classes_member {
	size_t segment;
	size_t group;
	double min, least;
};

/* Of several: the least of the one, the greatest of the other. */
struct classes_group {
	double min, least;
	size_t id;
};

struct classes_work {
	size_t members;
	struct classes_member *member; /* the sure ones first, by min */
	size_t sure;		       /* known to a bar */
	size_t groups;
	struct classes_group *group; /* room for as many as members */
};

/* The most by which two members of both are sure to differ. */
double classes_spread(const struct classes_group *g,
		      const struct classes_group *h);

void classes_join(struct classes_group *g, const struct classes_group *h);

/* Complete linkage of the sure ones. 0 or -ENOMEM. */
int classes_link(struct classes_work *w, double bar);

#endif
