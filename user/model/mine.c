// SPDX-License-Identifier: GPL-2.0-only
#include "model/mine.h"

static void classify(struct mine *m, const struct flow_class *class,
		     size_t classes)
{
	int at = (int)classes;

	m->flow_class = -1;
	m->hosts_ns = 0;
	m->faster_hosts_ns = -1;
	if (!m->min_rtt_ns)
		return;
	while (at-- > 0) {
		const struct flow_class *c = &class[at];

		if (c->min_ns - c->below_ns <= m->min_rtt_ns + MINE_GRAIN_NS)
			break;
	}
	if (at < 0)
		return;
	m->flow_class = at;
	if (m->min_rtt_ns > class[at].min_ns)
		m->hosts_ns = m->min_rtt_ns - class[at].min_ns;
	if (at == 0)
		return;
	m->faster_hosts_ns = m->min_rtt_ns > class[at - 1].min_ns
				     ? m->min_rtt_ns - class[at - 1].min_ns
				     : 0;
}

void mine_classify(struct mine *mine, size_t mines,
		   const struct flow_class *class, size_t classes)
{
	for (size_t i = 0; i < mines; i++)
		classify(&mine[i], class, classes);
}
