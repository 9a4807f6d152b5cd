// SPDX-License-Identifier: GPL-2.0-only
#include "host/nic_counters.h"

#include <stdio.h>
#include <string.h>

#include "host/ethtool.h"

#define SUFFIX "_allowance_exceeded"

static bool is_ours(const char *name)
{
	size_t length = strlen(name), end = strlen(SUFFIX);

	return length > end &&
	       length < sizeof(((struct nic_counter *)0)->name) &&
	       !strcmp(name + length - end, SUFFIX);
}

static struct nic_counter *find(struct nic_facts *nic, const char *name)
{
	for (size_t i = 0; i < nic->counters; i++) {
		if (!strcmp(nic->counter[i].name, name))
			return &nic->counter[i];
	}
	return NULL;
}

void nic_counters_take(struct nic_facts *nic, const char *name, uint64_t value)
{
	struct nic_counter *c;

	if (!is_ours(name))
		return;
	c = find(nic, name);
	if (!c) {
		if (nic->counters == FACT_COUNTERS)
			return;
		c = &nic->counter[nic->counters++];
		snprintf(c->name, sizeof(c->name), "%s", name);
		c->before = value;
	}
	/* Less than before: the driver was loaded anew. */
	if (value < c->before)
		c->before = 0;
	c->after = value;
}

static void on_counter(void *data, const char *name, uint64_t value)
{
	nic_counters_take(data, name, value);
}

int nic_counters_read(struct nic_facts *nic)
{
	return ethtool_counters(nic->name, on_counter, nic);
}
