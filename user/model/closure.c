// SPDX-License-Identifier: GPL-2.0-only
#include "model/closure.h"

#include <math.h>

#include "model/budget.h"

/* How far the sampling interval reaches; not finite without that end. */
static double reach_up(const struct duration *d)
{
	const struct bound *hi = &d->ci95[LEVEL_P50].hi;

	return hi->finite ? hi->value - d->quantile[LEVEL_P50] : INFINITY;
}

static double reach_down(const struct duration *d)
{
	const struct bound *lo = &d->ci95[LEVEL_P50].lo;

	return lo->finite ? d->quantile[LEVEL_P50] - lo->value : INFINITY;
}

static struct verdict blame_bypass(void)
{
	return (struct verdict){
		"bypass_longer",
		"bypass's is longer than both bars explain: what follows its "
		"stamp is more than tx_gap says, or the driver stamps socket's "
		"frames after they left and tc → driver holds part of their "
		"network",
	};
}

static struct verdict blame_socket(const struct result *socket)
{
	static const char code[] = "socket_longer";

	if (socket->hooks.tx == STAMP_DRV_TX)
		return (struct verdict){
			code,
			"socket's is longer than both bars explain: its frames "
			"waited after the driver's stamp, and tc → driver "
			"lacks what network has too much",
		};
	return (struct verdict){
		code,
		"socket's is longer than both bars explain: without driver "
		"stamps it begins at tc egress, and tc → driver is in it",
	};
}

static struct verdict judge(const struct result *bypass,
			    const struct result *socket,
			    const struct difference *d)
{
	bool longer = d->value > 0;
	double bar = longer ? d->minus : d->plus;
	double sampling;

	if (!d->known)
		return (struct verdict){ "unknown", NULL };
	if (!isfinite(bar))
		return (struct verdict){
			"unbounded",
			"whether they agree cannot be told: a gap of this run "
			"has no bound",
		};
	if (fabs(d->value) <= bar)
		return (struct verdict){
			"agree",
			"they agree within the bars that they do not share",
		};
	sampling = longer ? hypot(reach_down(&bypass->network),
				  reach_up(&socket->network))
			  : hypot(reach_up(&bypass->network),
				  reach_down(&socket->network));
	if (fabs(d->value) <= bar + sampling)
		return (struct verdict){
			"chance",
			"more than their bars explain, but these are medians "
			"of different probes, too few to tell it from chance",
		};
	return longer ? blame_bypass() : blame_socket(socket);
}

void closure_judge(struct result *both)
{
	const struct result *bypass = &both->engines[ENGINE_BYPASS];
	const struct result *socket = &both->engines[ENGINE_SOCKET];

	both->closure = budget_difference(&bypass->network, &socket->network,
					  BUDGET_P50);
	both->closure_verdict = judge(bypass, socket, &both->closure);
}
