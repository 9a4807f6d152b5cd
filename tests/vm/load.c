// SPDX-License-Identifier: GPL-2.0-only
/*
 * load [prober] [bypass] [reflector]: loads every BPF program (of these
 * objects) in every configuration that xrtt gives it, with the privileges of
 * whoever runs this, and prints a line a program: its name, and the most
 * instructions that the verifier walked through for it, or `-` where it is
 * not to be loaded so; why is on stderr then, and the exit status is 1.
 * Attaches nothing.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "door.h"
#include "order.h"
#include "slot.h"
#include "bypass.skel.h"
#include "prober.skel.h"
#include "reflector.skel.h"

#define PROGRAMS 16
#define ORDERS 64

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

static void fail(const struct bpf_program *program, const char *what, int err)
{
	fprintf(stderr, "cannot load %s, %s: %s\n", bpf_program__name(program),
		what, strerror(-err));
	failures++;
}

/* The nth program that the object is to load, and no other: one that is refused
 * hides none. 0 if it has not so many. */
static int load_nth(struct bpf_object *obj, int nth, const char *what)
{
	struct bpf_program *program, *chosen = NULL;
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);
	int n = 0, err;

	bpf_object__for_each_program(program, obj)
	{
		if (bpf_program__autoload(program) && n++ == nth)
			chosen = program;
		else
			bpf_program__set_autoload(program, false);
	}
	if (!chosen)
		return 0;
	err = bpf_object__load(obj);
	if (!err)
		err = bpf_obj_get_info_by_fd(bpf_program__fd(chosen), &info,
					     &length);
	if (err)
		fail(chosen, what, err);
	note(bpf_program__name(chosen), err ? 0 : info.verified_insns);
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
		for (nth = 0; load_prober(&config, nth); nth++)
			;
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
		for (nth = 0; load_bypass(&config, nth); nth++)
			;
	}
}

static int wanted(int argc, char **argv, const char *what)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], what))
			return 1;
	}
	return argc < 2;
}

int main(int argc, char **argv)
{
	int has_tai =
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP,
					BPF_FUNC_ktime_get_tai_ns, NULL) == 1;

	if (wanted(argc, argv, "prober"))
		load_probers();
	if (wanted(argc, argv, "bypass"))
		load_bypasses();
	if (wanted(argc, argv, "reflector")) {
		/* XDP has no packets without a link header. */
		load_reflector(1, 14, has_tai);
		load_reflector(0, 14, has_tai);
		load_reflector(0, 0, has_tai);
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
