/* SPDX-License-Identifier: GPL-2.0-only */
/* What doctor found, for people: one screen. */
#ifndef XRTT_OUT_DOCTOR_TEXT_H
#define XRTT_OUT_DOCTOR_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/doctor.h"

/* 0, or -errno if not all of it could be written. */
int doctor_text(FILE *to, const struct doctor *doctor, bool colour);

#endif
