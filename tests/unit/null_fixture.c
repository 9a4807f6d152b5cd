// SPDX-License-Identifier: GPL-2.0-only
#include "null_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct null_figure figure(int64_t base, uint64_t n)
{
	return (struct null_figure){ .n = n,
				     .min = base,
				     .p1 = base + 10,
				     .p50 = base + 500,
				     .p99 = base + 9000,
				     .max = base + 70000 };
}

static void fill_measured(struct null_cell *c)
{
	c->engine = ENGINE_SOCKET;
	c->interval_ns = NSEC_PER_MSEC;
	c->tx = STAMP_DRV_TX;
	c->rx = STAMP_XDP_RX;
	strcpy(c->tx_how, "tcx");
	strcpy(c->rx_how, "native XDP");
	c->probes = (struct probes){ .planned = 1000,
				     .sent = 999,
				     .unsent = 1,
				     .received = 990,
				     .late = 4,
				     .lost = 2,
				     .lost_in_host = 2,
				     .unrecorded = 1 };
	c->achieved_pps = 999.5;
	c->lateness = figure(-40, 990);
	for (int i = 0; i < STAGES; i++)
		c->stage[i] = figure(1000 * (i + 1), 900 + i);
	for (int i = 0; i < STAMPS; i++)
		c->delivered[i] = 990;
	c->stage[STAGE_NIC_TO_XDP] = (struct null_figure){ 0 };
	c->delivered[STAMP_HW_RX] = 0;
	c->delivered[STAMP_DRV_TX] = 900;
}

void null_fixture(struct null_floor *floor)
{
	struct null_cell *refused = &floor->cell[1];

	memset(floor, 0, sizeof(*floor));
	strcpy(floor->date, "2026-01-02T03:04:05.000000006Z");
	strcpy(floor->version, "9.9.9");
	strcpy(floor->machine.kernel, "6.1.0-test");
	strcpy(floor->machine.boot_id, "01234567-89ab-cdef-0123-456789abcdef");
	strcpy(floor->machine.cpu, "Öchsle® 3000");
	floor->duration_ns = 10 * NSEC_PER_SEC;
	floor->cells = 2;
	fill_measured(&floor->cell[0]);
	refused->engine = ENGINE_BYPASS;
	refused->interval_ns = 100 * NSEC_PER_USEC;
	refused->achieved_pps = NAN;
	strcpy(refused->why, "this kernel cannot send from a test-run");
}
