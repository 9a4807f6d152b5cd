/* SPDX-License-Identifier: GPL-2.0-only */
/* Which machine this is. */
#ifndef XRTT_HOST_MACHINE_H
#define XRTT_HOST_MACHINE_H

#include "model/machine.h"

/* Never fails: what cannot be read is "". Source: uname(2),
 * /proc/sys/kernel/random/boot_id, /proc/cpuinfo. */
void machine_read(struct machine *out);

#endif
