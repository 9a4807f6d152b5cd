/* SPDX-License-Identifier: GPL-2.0-only */
/* What doctor found as JSON, schema "xrtt-doctor/1": every key is always there,
 * null is what is not known; within the schema keys are only added. */
#ifndef XRTT_OUT_DOCTOR_JSON_H
#define XRTT_OUT_DOCTOR_JSON_H

#include <stdio.h>

#include "model/doctor.h"

/* Writes it and a newline, and flushes. 0, -ENOMEM, or -errno if not all of it
 * could be written. */
int doctor_json_write(FILE *to, const struct doctor *doctor);

#endif
