// SPDX-License-Identifier: GPL-2.0-only
#include "model/fallback.h"

#include <stdio.h>

const char *fallback_stage_name(enum fallback_stage stage)
{
	static const char *const name[FALLBACK_STAGES] = {
		[FALLBACK_ENGINE] = "engine", [FALLBACK_TX] = "tx",
		[FALLBACK_DRV_TX] = "drv_tx", [FALLBACK_RX] = "rx",
		[FALLBACK_HW_RX] = "hw_rx",   [FALLBACK_CLOCK] = "clock",
	};

	return name[stage];
}

void fallback_set(struct fallback *step, const char *wanted, const char *used,
		  const char *why)
{
	step->wanted = wanted;
	step->used = used;
	snprintf(step->why, sizeof(step->why), "%s", why);
}
