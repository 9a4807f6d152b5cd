// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the observer is seen: the same probes over the same veth with more
 * and fewer of the product's hooks, and the hooks by themselves. Prints raw
 * figures as CSV; report.py makes the table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observer_cost.h"
#include "observer_lane.h"

/* Short blocks, so that the machine is the same for all of a round. */
#define BLOCK_WARM_UP 20
#define BLOCK_PROBES 80
#define BLOCK_INTERVAL_NS NSEC_PER_MSEC
#define NEIGHBOUR_PATIENCE_NS (3 * NSEC_PER_SEC)

static const struct variant variants[] = {
	{ .name = "bare" },
	{ .name = "hooks", .all_hooks = true },
	{ .name = "stamps", .all_hooks = true, .tx_stamps = true },
	{ .name = "ring",
	  .all_hooks = true,
	  .tx_stamps = true,
	  .wakes_ring = true },
	{ .name = "sleeper",
	  .all_hooks = true,
	  .tx_stamps = true,
	  .wakes_socket = true },
};

#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

struct observer {
	struct plan plan;
	struct route route;
	struct iface iface;
	struct rig rig;
	struct lane_place place;
	struct lane lane[VARIANTS];
	unsigned int lanes;
	unsigned int round;
};

static int complain(const char *what, int err)
{
	fprintf(stderr, "observer: %s: %s\n", what, strerror(-err));
	return err;
}

static void print_span(const struct sample *s, enum stamp from, enum stamp to)
{
	if (sample_has(s, from) && sample_has(s, to))
		printf(",%lld", (long long)mono_sub(s->at[to], s->at[from]).ns);
	else
		putchar(',');
}

static void print_probe(void *data, const struct lane *lane,
			const struct sample *s)
{
	const struct observer *o = data;

	if (!o->round)
		return;
	printf("%u,%s,%u", o->round, lane->variant->name, s->seq);
	print_span(s, STAMP_TC_TX, STAMP_XDP_RX);
	print_span(s, STAMP_APP_TX, STAMP_APP_RX);
	putchar('\n');
}

/* Each sends from the same CPU; whoever is woken is on another, if any. */
static int choose_cpus(struct lane_place *place)
{
	cpu_set_t all, mine;
	int cpu = sched_getcpu();

	if (cpu < 0 || sched_getaffinity(0, sizeof(all), &all))
		return -errno;
	CPU_ZERO(&mine);
	CPU_SET(cpu, &mine);
	place->helper_cpus = all;
	if (CPU_COUNT(&all) > 1)
		CPU_CLR(cpu, &place->helper_cpus);
	return sched_setaffinity(0, sizeof(mine), &mine) ? -errno : 0;
}

static int find_target(struct observer *o, const char *target)
{
	uint8_t mac[6];
	int err;

	o->plan.target = target;
	o->plan.port = STAMP_PORT;
	o->plan.size = PACKET_PAYLOAD_MIN;
	if (address_resolve(target, AF_INET, &o->plan.address)) {
		fprintf(stderr, "observer: %s is no IPv4 address\n", target);
		return -EINVAL;
	}
	err = route_lookup(&o->plan.address, NULL, 0, &o->route);
	if (!err)
		err = iface_read_index(o->route.ifindex, &o->iface);
	if (!err)
		err = neighbour_resolve(o->iface.index, &o->route.next_hop,
					span_ns(NEIGHBOUR_PATIENCE_NS), -1,
					mac);
	return err ? complain(target, err) : 0;
}

static int open_lanes(struct observer *o)
{
	char why[WHY_SIZE];
	int err = choose_cpus(&o->place);

	if (err)
		return complain("cannot stay on one CPU", err);
	o->place.rig = &o->rig;
	o->place.plan = &o->plan;
	o->place.route = &o->route;
	while (!err && o->lanes < VARIANTS) {
		err = lane_open(&o->lane[o->lanes], &o->place,
				&variants[o->lanes], o->lanes, why);
		o->lanes++;
	}
	if (err)
		fprintf(stderr, "observer: %s\n", why);
	return err;
}

static int run_round(struct observer *o)
{
	const struct block block = {
		.warm_up = BLOCK_WARM_UP,
		.probes = BLOCK_PROBES,
		.interval = span_ns(BLOCK_INTERVAL_NS),
		.each = print_probe,
		.data = o,
	};
	int err = 0;

	for (size_t i = 0; !err && i < VARIANTS; i++) {
		err = rig_attach(&o->rig, &o->iface, &variants[i]);
		if (err)
			return complain("cannot attach", err);
		err = lane_run(&o->lane[i], &block);
		if (err)
			complain(variants[i].name, err);
	}
	return err;
}

/* Round 0 warms up and is not printed. */
static int measure_wire(const char *target, unsigned int rounds)
{
	static struct observer o;
	int err = find_target(&o, target);

	if (err)
		return err;
	err = rig_open(&o.rig, VARIANTS);
	if (!err)
		err = rig_attach_xdp(&o.rig, &o.iface);
	if (err)
		complain("cannot load, or attach native XDP", err);
	if (!err)
		err = open_lanes(&o);
	printf("round,variant,seq,wire_ns,rtt_ns\n");
	for (o.round = 0; !err && o.round <= rounds; o.round++)
		err = run_round(&o);
	while (o.lanes > 0)
		lane_close(&o.lane[--o.lanes]);
	rig_close(&o.rig);
	return err;
}

static int measure_cost(unsigned int rounds)
{
	char why[WHY_SIZE];
	int err = cost_measure(stdout, rounds, why);

	if (err)
		fprintf(stderr, "observer: %s\n", why);
	return err;
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 2 ? strtoul(argv[argc - 1], NULL, 10) : 0;

	if (argc == 4 && !strcmp(argv[1], "wire") && rounds)
		return measure_wire(argv[2], rounds) ? 1 : 0;
	if (argc == 3 && !strcmp(argv[1], "cost") && rounds)
		return measure_cost(rounds) ? 1 : 0;
	fprintf(stderr, "usage: observer wire TARGET ROUNDS\n"
			"       observer cost ROUNDS\n");
	return 2;
}
