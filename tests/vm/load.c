// SPDX-License-Identifier: GPL-2.0-only
/*
 * load prober|bypass|path|reflector|hwstamp=IFACE..: loads every BPF program of
 * these objects in every configuration that xrtt gives it, with the privileges
 * of whoever runs this, and prints a line a program: its name, and the most
 * instructions that the verifier walked through for it, or `-` where it is
 * not to be loaded so; why is on stderr then, and the exit status is 1.
 * Attaches nothing; that of hwstamp is bound to IFACE, as it cannot be loaded
 * otherwise.
 */
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "door.h"
#include "order.h"
#include "probe/hwprog.h"
#include "slot.h"
#include "bypass.skel.h"
#include "path.skel.h"
#include "prober.skel.h"
#include "reflector.skel.h"

#define PROGRAMS 32
#define ORDERS 64
#define WHOLE (-1)
#define BOUND_PROGRAM "xrtt_hw_rx"

static struct {
	char name[64];
	uint32_t instructions;
	int refused;
} walked[PROGRAMS];

static int failures;

/* Refused: no instructions. */
static void note(const char *name, uint32_t instructions)
{
	int n = 0;

	while (walked[n].name[0] && strcmp(walked[n].name, name))
		n++;
	snprintf(walked[n].name, sizeof(walked[n].name), "%s", name);
	if (instructions > walked[n].instructions)
		walked[n].instructions = instructions;
	if (!instructions)
		walked[n].refused = 1;
}

static void fail(const char *name, const char *what, const char *why)
{
	fprintf(stderr, "cannot load %s, %s: %s\n", name, what, why);
	failures++;
}

/* 0, or -errno. */
static int note_fd(const char *name, int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &length);

	note(name, err ? 0 : info.verified_insns);
	return err;
}

/* 0, or what is in the way of one of them. */
static int load_whole(struct bpf_object *obj)
{
	struct bpf_program *program;
	int err = bpf_object__load(obj);

	if (err)
		return err;
	bpf_object__for_each_program(program, obj)
	{
		if (bpf_program__autoload(program))
			err = err
				      ?: note_fd(bpf_program__name(program),
						 bpf_program__fd(program));
	}
	return err;
}

/* WHOLE: all that the object is to load, and 0 if it could; else the nth of
 * these and no other, so that one that is refused hides none, and 0 if it has
 * not so many. */
static int load_nth(struct bpf_object *obj, int nth, const char *what)
{
	struct bpf_program *program, *chosen = NULL;
	const char *name;
	int n = 0, err;

	if (nth == WHOLE)
		return load_whole(obj);
	bpf_object__for_each_program(program, obj)
	{
		if (bpf_program__autoload(program) && n++ == nth)
			chosen = program;
		else
			bpf_program__set_autoload(program, false);
	}
	if (!chosen)
		return 0;
	name = bpf_program__name(chosen);
	err = bpf_object__load(obj);
	if (err)
		note(name, 0);
	else
		err = note_fd(name, bpf_program__fd(chosen));
	if (err)
		fail(name, what, strerror(-err));
	return 1;
}

static int load_prober(const struct prober_config *config, int nth)
{
	struct prober_bpf *bpf = prober_bpf__open();
	char what[80];
	int more;

	snprintf(what, sizeof(what),
		 "link_header %u, rx_at_tc %u, is_tcp %u, is_vlan %u",
		 config->link_header, config->rx_at_tc, config->is_tcp,
		 config->is_vlan);
	memcpy((void *)&bpf->rodata->config, config, sizeof(*config));
	bpf_program__set_autoload(bpf->progs.xrtt_xdp_rx, !config->rx_at_tc);
	more = load_nth(bpf->obj, nth, what);
	prober_bpf__destroy(bpf);
	return more;
}

static int load_bypass(const struct bypass_config *config, int nth)
{
	struct bypass_bpf *bpf = bypass_bpf__open();
	char what[80];
	int more;

	snprintf(what, sizeof(what),
		 "head %u, udp_at %u, is_syn %u, flood %u, hop_at_tc %u",
		 config->head, config->udp_at, config->is_syn, config->flood,
		 config->hop_at_tc);
	bpf->rodata->config = *config;
	bpf_map__set_max_entries(bpf->maps.orders, ORDERS);
	bpf_map__set_max_entries(bpf->maps.frames, 1);
	bpf_map__set_max_entries(bpf->maps.slots, ORDERS);
	more = load_nth(bpf->obj, nth, what);
	bypass_bpf__destroy(bpf);
	return more;
}

static int load_path(const struct prober_config *config, int nth)
{
	struct path_bpf *bpf = path_bpf__open();
	char what[80];
	int more;

	snprintf(what, sizeof(what), "link_header %u, rx_at_tc %u, is_vlan %u",
		 config->link_header, config->rx_at_tc, config->is_vlan);
	memcpy((void *)&bpf->rodata->config, config, sizeof(*config));
	bpf_program__set_autoload(bpf->progs.xrtt_path_xdp, !config->rx_at_tc);
	bpf_program__set_autoload(bpf->progs.xrtt_path_ingress,
				  config->rx_at_tc);
	more = load_nth(bpf->obj, nth, what);
	path_bpf__destroy(bpf);
	return more;
}

static void load_reflector(int xdp, uint32_t link_header, uint32_t has_tai)
{
	struct reflector_bpf *bpf = reflector_bpf__open();
	volatile struct reflector_config *config = (void *)&bpf->rodata->config;
	char what[80];

	snprintf(what, sizeof(what), "link_header %u, has_tai %u", link_header,
		 has_tai);
	config->link_header = link_header;
	config->has_tai = has_tai;
	config->token_ns = 1000;
	config->burst_ns = 1000000;
	bpf_program__set_autoload(bpf->progs.xrtt_reflect_xdp, xdp);
	bpf_program__set_autoload(bpf->progs.xrtt_reflect_tc, !xdp);
	load_nth(bpf->obj, 0, what);
	reflector_bpf__destroy(bpf);
}

static void load_probers(void)
{
	struct prober_config config = { 0 };
	int nth;

	for (uint32_t k = 0; k < 12; k++) {
		config.link_header = k & 1 ? 0 : 14;
		config.rx_at_tc = k >> 1 & 1;
		config.is_tcp = k > 3;
		config.is_vlan = k > 7;
		nth = WHOLE;
		while (load_prober(&config, nth))
			nth++;
	}
}

static void load_paths(void)
{
	struct prober_config config = { 0 };
	int nth;

	for (uint32_t k = 0; k < 8; k++) {
		config.link_header = k & 1 ? 0 : 14;
		config.rx_at_tc = k >> 1 & 1;
		config.is_vlan = k >> 2;
		nth = WHOLE;
		while (load_path(&config, nth))
			nth++;
	}
}

static void load_bypasses(void)
{
	static const struct {
		uint32_t head, udp_at, is_syn;
	} shape[] = {
#define SHAPE(octets, at) { octets, at, 0 },
		BYPASS_HEADS(SHAPE)
#define SYN_SHAPE(octets, at) { octets, 0, 1 },
			BYPASS_SYN_HEADS(SYN_SHAPE)
	};
	struct bypass_config config = { .ifindex = 1,
					.order_mask = ORDERS - 1,
					.flows = 1 };
	int nth;

	for (size_t i = 0; i < sizeof(shape) / sizeof(*shape); i++) {
		config.head = shape[i].head;
		config.udp_at = shape[i].udp_at;
		config.is_syn = shape[i].is_syn;
		config.flood = config.hop_at_tc = i & 1;
		nth = WHOLE;
		while (load_bypass(&config, nth))
			nth++;
	}
}

static void load_reflectors(void)
{
	int has_tai =
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP,
					BPF_FUNC_ktime_get_tai_ns, NULL) == 1;

	/* XDP has no packets without a link header. */
	load_reflector(1, 14, has_tai);
	load_reflector(0, 14, has_tai);
	load_reflector(0, 0, has_tai);
}

/* Its maps are the prober's, whose programs it needs not. */
static int load_maps(struct prober_bpf *bpf, struct hwprog_maps *out)
{
	struct bpf_program *program;
	int err;

	bpf_object__for_each_program(program, bpf->obj)
		bpf_program__set_autoload(program, false);
	err = prober_bpf__load(bpf);
	if (err)
		return err;
	*out = (struct hwprog_maps){
		.ports = bpf_map__fd(bpf->maps.ports),
		.sessions = bpf_map__fd(bpf->maps.sessions),
		.slots = bpf_map__fd(bpf->maps.slots),
		.records = bpf_map__fd(bpf->maps.records),
		.counters = bpf_map__fd(bpf->maps.counters),
	};
	return 0;
}

/* Why it cannot be loaded, or NULL. */
static const char *load_bound(const struct iface *iface,
			      const struct hwprog_maps *maps)
{
	const char *why;
	struct hwprog *prog = hwprog_open(iface, maps, &why);
	int err;

	if (!prog)
		return why;
	err = note_fd(BOUND_PROGRAM, hwprog_fd(prog));
	hwprog_close(prog);
	return err ? strerror(-err) : NULL;
}

static void load_hwstamp(const char *ifname)
{
	const struct iface iface = { .index = if_nametoindex(ifname),
				     .link_header = 14 };
	struct prober_bpf *bpf = prober_bpf__open();
	struct hwprog_maps maps;
	const char *why;
	int err;

	err = load_maps(bpf, &maps);
	why = err ? strerror(-err) : load_bound(&iface, &maps);
	if (why) {
		note(BOUND_PROGRAM, 0);
		fail(BOUND_PROGRAM, ifname, why);
	}
	prober_bpf__destroy(bpf);
}

static int load_object(const char *what)
{
	static const char bound[] = "hwstamp=";

	if (!strcmp(what, "prober"))
		load_probers();
	else if (!strcmp(what, "bypass"))
		load_bypasses();
	else if (!strcmp(what, "path"))
		load_paths();
	else if (!strcmp(what, "reflector"))
		load_reflectors();
	else if (!strncmp(what, bound, strlen(bound)))
		load_hwstamp(what + strlen(bound));
	else
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (load_object(argv[i]) == 0)
			continue;
		fprintf(stderr, "usage: load prober|bypass|path|reflector|"
				"hwstamp=IFACE..\n");
		return 2;
	}
	for (int n = 0; walked[n].name[0]; n++) {
		if (walked[n].refused)
			printf("%s -\n", walked[n].name);
		else
			printf("%s %u\n", walked[n].name,
			       walked[n].instructions);
	}
	return failures != 0;
}
