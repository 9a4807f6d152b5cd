/* SPDX-License-Identifier: GPL-2.0-only */
/* Places, floors, what a round trip costs an application, and the verdicts, as
 * JSON. */
#ifndef XRTT_OUT_JSON_DISTANCE_H
#define XRTT_OUT_JSON_DISTANCE_H

#include <jansson.h>
#include <stdio.h>

#include "model/result.h"

/* {value,interval[2]}; null where the value is not known. */
json_t *json_range_value(const struct range *range);

/* {from,to,km,floors_ns,inflation,below_vacuum,others_ns,others[]}; null for
 * NULL. */
json_t *json_distance_value(const struct distance *d);

/* {basis,p50,p99}; null where nothing was measured. */
json_t *json_application_value(const struct application_cost *cost);

/* {level{code,text,share{}},tail{code,text,stage,share,probes}} */
json_t *json_verdicts_value(const struct result *r);

/* The whole of `xrtt distance`: schema "xrtt-distance/1". 0 or -errno. */
int json_distance_write(FILE *to, const struct distance *d,
			const struct application_outlook *outlook);

#endif
