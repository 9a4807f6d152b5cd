/* SPDX-License-Identifier: GPL-2.0-only */
/* A floor with two cells, one measured and one not, every field filled. */
#ifndef XRTT_UNIT_NULL_FIXTURE_H
#define XRTT_UNIT_NULL_FIXTURE_H

#include "model/null.h"

void null_fixture(struct null_floor *floor);

#endif
