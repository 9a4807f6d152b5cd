// SPDX-License-Identifier: GPL-2.0-only
/* The rules of pre-flight, each with the facts that provoke it. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "model/preflight.h"

/* ENA as an instance of VPC has it: the in-tree driver, all queues in use. */
static struct preflight_facts ena(void)
{
	return (struct preflight_facts){
		.wanted = PREFLIGHT_XDP,
		.ifname = "ens5",
		.driver = "ena",
		.is_ethernet = true,
		.has_carrier = true,
		.mtu = 9001,
		.channels = { .known = true, .combined = 8, .max_combined = 8 },
		.page_size = 4096,
	};
}

static struct preflight_facts veth(void)
{
	return (struct preflight_facts){
		.wanted = PREFLIGHT_XDP,
		.ifname = "near0",
		.driver = "veth",
		.kind = "veth",
		.is_ethernet = true,
		.has_carrier = true,
		.mtu = 1500,
		.peer = { .known = true,
			  .name = "far0",
			  .mtu = 1500,
			  .tx_queues = 1,
			  .has_xdp = true },
		.channels = { .known = true,
			      .rx = 1,
			      .tx = 1,
			      .max_rx = 4,
			      .max_tx = 4 },
		.page_size = 4096,
	};
}

static void refuse(struct preflight_facts *f, int err, const char *reason)
{
	strcpy(f->reason, reason);
	f->refusal_errno = err;
	f->refusal = preflight_classify(f, err, reason);
}

/* The finding of that id, with its level; its cure, unless NULL. */
static void expect(const struct preflight_facts *f, const char *id,
		   enum preflight_level level, const char *fix)
{
	const struct preflight_finding *finding;
	struct preflight all;

	preflight_judge(f, &all);
	finding = preflight_find(&all, id);
	if (!finding) {
		print_error("no finding %s\n", id);
		fail();
	}
	assert_int_equal(finding->level, level);
	if (fix)
		assert_string_equal(finding->fix, fix);
}

static void expect_none(const struct preflight_facts *f, const char *id)
{
	struct preflight all;

	preflight_judge(f, &all);
	if (preflight_find(&all, id)) {
		print_error("there is a finding %s\n", id);
		fail();
	}
}

/* The kernel's words, as the drivers' sources have them. */
static void test_words_decide(void **state)
{
	static const struct {
		int err;
		const char *words;
		enum preflight_refusal refusal;
	} said[] = {
		{ -EINVAL,
		  "ena: Failed to set xdp program, the current MTU is larger "
		  "than the maximum allowed MTU. Check the dmesg for more info",
		  PREFLIGHT_MTU },
		{ -EINVAL,
		  "ena: Failed to set xdp program, the Rx/Tx channel count "
		  "should be at most half of the maximum allowed channel count",
		  PREFLIGHT_QUEUES },
		{ -ERANGE, "veth: Peer MTU is too large to set XDP",
		  PREFLIGHT_MTU },
		{ -ENOSPC,
		  "veth: XDP expects number of rx queues not less than peer tx "
		  "queues",
		  PREFLIGHT_QUEUES },
		{ -EOPNOTSUPP,
		  "virtio_net: Can't set XDP while host is implementing "
		  "GRO_HW/CSUM, disable GRO_HW/CSUM first",
		  PREFLIGHT_GRO_HW },
		{ -EINVAL, "XDP is not allowed with LRO", PREFLIGHT_LRO },
		{ -EINVAL, "Too few free TX rings available",
		  PREFLIGHT_QUEUES },
		{ -EEXIST,
		  "Native and generic XDP can't be active at the same time",
		  PREFLIGHT_TAKEN },
		{ -EBUSY, "XDP program already attached", PREFLIGHT_TAKEN },
		{ -EINVAL, "Setup failed during reset", PREFLIGHT_OTHER },
		{ -EOPNOTSUPP,
		  "Underlying driver does not support XDP in native mode",
		  PREFLIGHT_NONE },
		{ -EOPNOTSUPP, "", PREFLIGHT_NONE },
		{ -EBUSY, "", PREFLIGHT_TAKEN },
		{ -ERANGE, "", PREFLIGHT_MTU },
		{ -ENOSPC, "", PREFLIGHT_QUEUES },
		{ -EIO, "", PREFLIGHT_OTHER },
	};
	struct preflight_facts f = ena();

	(void)state;
	f.mtu = 1500;
	f.channels.combined = 2;
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		if (preflight_classify(&f, said[i].err, said[i].words) ==
		    said[i].refusal)
			continue;
		print_error("misread: %d %s\n", said[i].err, said[i].words);
		fail();
	}
}

/* A link's refusal has an errno only. */
static void test_facts_decide_without_words(void **state)
{
	struct preflight_facts f = ena();

	(void)state;
	assert_int_equal(preflight_classify(&f, -EINVAL, ""), PREFLIGHT_MTU);
	f.mtu = 3498;
	assert_int_equal(preflight_classify(&f, -EINVAL, ""), PREFLIGHT_QUEUES);
	f.channels.combined = 4;
	assert_int_equal(preflight_classify(&f, -EINVAL, ""), PREFLIGHT_OTHER);
}

static void test_ena(void **state)
{
	struct preflight_facts f = ena();
	struct preflight all;

	(void)state;
	refuse(&f, -EINVAL, "the current MTU is larger than the maximum");
	expect(&f, "xdp_mtu", PREFLIGHT_BLOCKS,
	       "ip link set dev ens5 mtu 3498");
	preflight_judge(&f, &all);
	assert_non_null(strstr(all.why_not_xdp,
			       "(ip link set dev ens5 mtu 3498,"
			       " or --prepare)"));
	f.offer = "xrtt probe --prepare";
	preflight_judge(&f, &all);
	assert_non_null(strstr(all.why_not_xdp, ", or xrtt probe --prepare)"));
	f.mtu = 3498;
	refuse(&f, -EINVAL, "channel count should be at most half");
	expect(&f, "xdp_queues", PREFLIGHT_BLOCKS,
	       "ethtool -L ens5 combined 4");
	f.channels.combined = 4;
	f.refusal = PREFLIGHT_ACCEPTED;
	expect_none(&f, "xdp_queues");
	expect_none(&f, "xdp_mtu");
	preflight_judge(&f, &all);
	assert_string_equal(all.why_not_xdp, "");
}

/* What nobody has tried is told as what is likely. */
static void test_untried(void **state)
{
	struct preflight_facts f = ena();

	(void)state;
	expect(&f, "xdp_mtu", PREFLIGHT_BLOCKS, NULL);
	f.mtu = 1500;
	expect(&f, "xdp_queues", PREFLIGHT_BLOCKS, NULL);
	f.channels.combined = 4;
	expect_none(&f, "xdp_queues");
	expect(&f, "plan", PREFLIGHT_NOTE, "");
	f.xdp_id = 7;
	expect(&f, "xdp_taken", PREFLIGHT_BLOCKS, NULL);
}

/* The kernel's own limit, else the page's, then what others have. */
static void test_mtu_goes_down_by_rungs(void **state)
{
	struct preflight_facts f = ena();
	struct preflight_step step;
	static const uint32_t rungs[] = { 3498, 3000, 1500 };

	(void)state;
	refuse(&f, -EINVAL, "MTU 9001 above the limit of 3074");
	assert_true(preflight_step(&f, &step));
	assert_int_equal(step.value, 3074);
	refuse(&f, -EINVAL, "MTU too large");
	for (size_t i = 0; i < ARRAY_SIZE(rungs); i++) {
		assert_true(preflight_step(&f, &step));
		assert_int_equal(step.setting, PREFLIGHT_SET_MTU);
		assert_int_equal(step.value, rungs[i]);
		f.mtu = step.value;
	}
	assert_false(preflight_step(&f, &step));
	f.mtu = 65535;
	f.page_size = 65536;
	assert_true(preflight_step(&f, &step));
	assert_int_equal(step.value, 65536 - 598);
}

static void test_veth(void **state)
{
	struct preflight_facts f = veth();

	(void)state;
	f.peer.mtu = 9001;
	refuse(&f, -ERANGE, "");
	expect(&f, "xdp_mtu", PREFLIGHT_BLOCKS,
	       "ip link set dev far0 mtu 3498, in its network namespace");
	f.peer.is_here = true;
	expect(&f, "xdp_mtu", PREFLIGHT_BLOCKS,
	       "ip link set dev far0 mtu 3498");
	f = veth();
	f.peer.tx_queues = 4;
	refuse(&f, -ENOSPC, "");
	expect(&f, "xdp_queues", PREFLIGHT_BLOCKS, "ethtool -L near0 rx 4");
	f.channels.max_rx = 1;
	f.peer.is_here = true;
	expect(&f, "xdp_queues", PREFLIGHT_BLOCKS, "ethtool -L far0 tx 1");
	f = veth();
	f.peer.has_xdp = false;
	expect(&f, "veth_peer", PREFLIGHT_NOTE, NULL);
	f.wanted |= PREFLIGHT_BYPASS;
	expect(&f, "veth_peer", PREFLIGHT_BLOCKS, NULL);
	f.peer.known = false;
	expect(&f, "veth_peer", PREFLIGHT_NOTE, "");
}

static void test_offloads(void **state)
{
	struct preflight_facts f = ena();
	struct preflight_step step;

	(void)state;
	f.mtu = 1500;
	f.lro = true;
	f.refusal = PREFLIGHT_ACCEPTED;
	expect(&f, "lro", PREFLIGHT_NOTE, "ethtool -K ens5 lro off");
	refuse(&f, -EINVAL, "XDP is not allowed with LRO");
	expect(&f, "lro", PREFLIGHT_BLOCKS, "ethtool -K ens5 lro off");
	assert_true(preflight_step(&f, &step));
	assert_int_equal(step.setting, PREFLIGHT_SET_LRO);
	f.lro = false;
	assert_false(preflight_step(&f, &step));
	f.gro_hw = true;
	refuse(&f, -EOPNOTSUPP, "disable GRO_HW/CSUM first");
	expect(&f, "gro_hw", PREFLIGHT_BLOCKS, "ethtool -K ens5 rx-gro-hw off");
	/* virtio refuses only where it cannot turn it off. */
	strcpy(f.driver, "virtio_net");
	f.gro_hw_is_fixed = true;
	expect(&f, "gro_hw", PREFLIGHT_BLOCKS, PREFLIGHT_GUEST_OFFLOADS);
}

static void test_taken(void **state)
{
	struct preflight_facts f = ena();

	(void)state;
	f.xdp_id = 42;
	f.xdp_is_generic = true;
	refuse(&f, -EEXIST, "");
	expect(&f, "xdp_taken", PREFLIGHT_BLOCKS,
	       "ip link set dev ens5 xdpgeneric off, or end whoever holds it "
	       "(bpftool link)");
	f.tc_ingress = 2;
	expect(&f, "tc_shared", PREFLIGHT_NOTE, "bpftool net show dev ens5");
}

static void test_stacked(void **state)
{
	struct preflight_facts f = ena();
	struct preflight all;

	(void)state;
	f.refusal = PREFLIGHT_ACCEPTED;
	strcpy(f.master, "bond0");
	strcpy(f.master_kind, "bond");
	expect(&f, "bond_port", PREFLIGHT_COSTS,
	       "-I bond0; or ip link set dev ens5 nomaster");
	strcpy(f.master_kind, "bridge");
	expect(&f, "bridge_port", PREFLIGHT_COSTS, NULL);
	f = ena();
	strcpy(f.kind, "bond");
	expect(&f, "bond", PREFLIGHT_COSTS, NULL);
	assert_int_equal(preflight_restart(&f), PREFLIGHT_MAY_RESTART);
	strcpy(f.kind, "vlan");
	strcpy(f.lower, "ens5");
	expect(&f, "vlan", PREFLIGHT_COSTS, NULL);
	expect(&f, "xdp_none", PREFLIGHT_BLOCKS, "");
	strcpy(f.kind, "ipvlan");
	expect(&f, "stacked", PREFLIGHT_COSTS,
	       "-I ens5, in the network namespace that has it");
	/* Drivers of hardware need not name a kind. */
	f.kind[0] = '\0';
	preflight_judge(&f, &all);
	assert_non_null(strstr(preflight_find(&all, "stacked")->text,
			       "ens5 is an interface on ens5:"));
	f.has_carrier = false;
	expect(&f, "no_carrier", PREFLIGHT_BLOCKS, NULL);
}

static void test_restart(void **state)
{
	struct preflight_facts f = ena();

	(void)state;
	assert_int_equal(preflight_restart(&f), PREFLIGHT_RESTARTS);
	f.refusal = PREFLIGHT_SPARED;
	expect(&f, "ssh_route", PREFLIGHT_BLOCKS, "--prepare");
	strcpy(f.driver, "virtio_net");
	assert_int_equal(preflight_restart(&f), PREFLIGHT_STAYS_UP);
	strcpy(f.driver, "newnic");
	assert_int_equal(preflight_restart(&f), PREFLIGHT_MAY_RESTART);
	/* Another program is there: its rings are made. */
	f.xdp_id = 1;
	assert_int_equal(preflight_restart(&f), PREFLIGHT_STAYS_UP);
	f = veth();
	assert_int_equal(preflight_restart(&f), PREFLIGHT_STAYS_UP);
}

/* The worst first, and every finding of a run that wants nothing is a note. */
static void test_levels(void **state)
{
	struct preflight_facts f = ena();
	struct preflight all;

	(void)state;
	strcpy(f.master, "br0");
	strcpy(f.master_kind, "bridge");
	preflight_judge(&f, &all);
	assert_int_equal(all.finding[0].level, PREFLIGHT_BLOCKS);
	for (size_t i = 1; i < all.count; i++)
		assert_true(all.finding[i].level <= all.finding[i - 1].level);
	f.wanted = 0;
	expect(&f, "xdp_mtu", PREFLIGHT_NOTE, NULL);
	assert_string_equal(preflight_level_name(PREFLIGHT_COSTS), "costs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_decide),
		cmocka_unit_test(test_facts_decide_without_words),
		cmocka_unit_test(test_ena),
		cmocka_unit_test(test_untried),
		cmocka_unit_test(test_mtu_goes_down_by_rungs),
		cmocka_unit_test(test_veth),
		cmocka_unit_test(test_offloads),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_stacked),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
