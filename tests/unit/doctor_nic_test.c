// SPDX-License-Identifier: GPL-2.0-only
/* What doctor makes of an interface's facts. No ENA is here: its facts are
 * written down below as the driver and ethtool give them. */
#include <math.h>
#include <string.h>

#include "host/nic_counters.h"
#include "model/doctor_host.h"
#include "unit.h"

static struct doctor doctor;
static struct nic_facts nic;

/* An EC2 instance's as it comes up: adaptive moderation, MTU 9001. */
static int plug(void **state)
{
	(void)state;
	memset(&doctor, 0, sizeof(doctor));
	memset(&nic, 0, sizeof(nic));
	nic.there = nic.has_device = nic.is_up = nic.has_carrier = true;
	strcpy(nic.name, "ens5");
	strcpy(nic.driver, "ena");
	strcpy(nic.version, "6.1.141");
	strcpy(nic.bus, "0000:00:05.0");
	nic.mtu = 9001;
	nic.page_size = 4096;
	nic.xdp_features = fact_of(1 | 2);
	nic.queues = fact_of(8);
	nic.queues_max = fact_of(8);
	nic.rss_queues = fact_of(8);
	nic.moderation.adaptive = true;
	nic.moderation.doubt = MODERATION_ADAPTIVE;
	nic.moderation.held_ns = 20 * NSEC_PER_USEC;
	strcpy(nic.moderation.why, "moderation is adaptive");
	nic.lro = nic.gro_hw = fact_of(0);
	nic.tx_software = fact_of(1);
	nic.rx_filters = fact_of(1);
	nic.stamps_all = fact_of(0);
	nic.phc = fact_of(-1);
	strcpy(nic.qdisc.kind, "mq");
	strcpy(nic.qdisc.leaf, "fq_codel");
	return 0;
}

static const struct finding *find(const char *id)
{
	for (size_t i = 0; i < doctor.findings; i++) {
		if (!strcmp(doctor.finding[i].id, id))
			return &doctor.finding[i];
	}
	return NULL;
}

static const struct finding *judge(const char *id)
{
	doctor.findings = 0;
	doctor_judge_nic(&doctor, &nic);
	doctor_judge_traffic(&doctor, &nic);
	return find(id);
}

static void assert_finding(const char *id, enum finding_level level,
			   const char *value, const char *in_fix)
{
	const struct finding *f = judge(id);

	assert_non_null(f);
	assert_int_equal(f->level, level);
	assert_string_equal(f->value, value);
	if (in_fix)
		assert_non_null(strstr(f->fix, in_fix));
	else
		assert_string_equal(f->fix, "");
}

static void test_mtu(void **state)
{
	(void)state;
	assert_finding("mtu", FINDING_COSTS, "9001",
		       "--prepare, or: ip link set dev ens5 mtu 3498");
	/* A veth: what the other end may send. */
	strcpy(nic.peer, "far0");
	nic.peer_mtu = 1500;
	assert_finding("mtu", FINDING_GOOD, "9001", NULL);
	nic.peer_mtu = 4000;
	judge("mtu");
	assert_string_equal(find("mtu")->fix, "ip link set dev far0 mtu 3498, "
					      "in its network namespace");
	nic.peer_is_here = true;
	assert_finding("mtu", FINDING_COSTS, "4000",
		       "--prepare, or: ip link set dev far0 mtu 3498");
	*nic.peer = '\0';
	nic.mtu = 3498;
	assert_finding("mtu", FINDING_GOOD, "3498", NULL);
	nic.mtu = 3499;
	assert_finding("mtu", FINDING_COSTS, "3499", "mtu 3498");
	/* arm64 with pages of 64 KiB: ena uses 16 KiB of each. */
	nic.page_size = 65536;
	nic.mtu = 9001;
	assert_finding("mtu", FINDING_GOOD, "9001", NULL);
	nic.page_size = 4096;
	nic.is_loopback = true;
	nic.mtu = 65536;
	assert_finding("mtu", FINDING_GOOD, "65536", NULL);
}

static void test_xdp(void **state)
{
	(void)state;
	assert_finding("xdp", FINDING_GOOD, "native", NULL);
	assert_null(judge("xdp_program"));
	nic.xdp_features.value |= 4;
	assert_finding("xdp", FINDING_GOOD, "native, redirect", NULL);
	nic.xdp_features.value = 0;
	assert_finding("xdp", FINDING_COSTS, "none", NULL);
	nic.xdp_features.known = false;
	assert_null(judge("xdp"));
	nic.xdp_program = 77;
	assert_finding("xdp_program", FINDING_COSTS, "77",
		       "ip link set dev ens5 xdpdrv off");
	nic.xdp_is_generic = true;
	assert_finding("xdp_program", FINDING_COSTS, "77",
		       "ip link set dev ens5 xdpgeneric off");
}

static void test_queues(void **state)
{
	(void)state;
	assert_finding("queues", FINDING_COSTS, "8 of 8",
		       "--prepare, or: ethtool -L ens5 combined 4");
	nic.queues.value = 4;
	assert_finding("queues", FINDING_GOOD, "4 of 8", NULL);
	nic.queues.value = 8;
	strcpy(nic.driver, "virtio_net");
	assert_finding("queues", FINDING_GOOD, "8 of 8", NULL);
	nic.queues.known = false;
	assert_null(judge("queues"));
	assert_finding("rss", FINDING_GOOD, "8", NULL);
}

static void test_moderation(void **state)
{
	(void)state;
	assert_finding(
		"moderation", FINDING_COSTS, "adaptive",
		"--tune, or: ethtool -C ens5 adaptive-rx off rx-usecs 0");
	assert_true(isnan(find("moderation")->cost_ns));
	nic.moderation =
		(struct moderation_facts){ .known = true, .held_ns = 64000 };
	/* A driver without adaptive moderation refuses the word. */
	assert_finding("moderation", FINDING_COSTS, "held",
		       "ethtool -C ens5 rx-usecs 0");
	assert_true(find("moderation")->cost_ns == 64000);
	assert_non_null(strstr(find("moderation")->text, "64.0 µs"));
	nic.moderation.deferred_ns = 14000;
	assert_finding("moderation", FINDING_COSTS, "held",
		       "rx-usecs 0; and: echo 0 > /sys/class/net/ens5/"
		       "napi_defer_hard_irqs");
	nic.moderation.deferred_ns = 64000;
	judge("moderation");
	assert_string_equal(
		find("moderation")->fix,
		"echo 0 > /sys/class/net/ens5/napi_defer_hard_irqs");
	nic.moderation.held_ns = 0;
	assert_finding("moderation", FINDING_GOOD, "0", NULL);
}

/* Each doubt has its own cure, and what cannot be mended none. */
static void test_moderation_doubts(void **state)
{
	static const struct {
		enum moderation_doubt doubt;
		const char *fix;
	} cases[] = {
		{ MODERATION_COUNTED, "ethtool -C ens5 rx-frames 1" },
		{ MODERATION_STACKED, "doctor -I" },
		{ MODERATION_THREADED,
		  "echo 0 > /sys/class/net/ens5/threaded" },
		{ MODERATION_UNSEEN, "ip netns exec" },
		{ MODERATION_UNTOLD, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		nic.moderation = (struct moderation_facts){
			.doubt = cases[i].doubt,
			.why = "why",
		};
		assert_finding("moderation", FINDING_COSTS, "unknown",
			       cases[i].fix);
	}
}

static void test_merging(void **state)
{
	(void)state;
	assert_finding("lro", FINDING_GOOD, "off", NULL);
	nic.lro.value = nic.gro_hw.value = 1;
	assert_finding("lro", FINDING_COSTS, "on",
		       "--prepare, or: ethtool -K ens5 lro off");
	/* Turned off by the driver itself, if it can. */
	assert_finding("gro_hw", FINDING_GOOD, "on", NULL);
	nic.gro_hw_is_fixed = true;
	assert_finding("gro_hw", FINDING_GOOD, "on", NULL);
	strcpy(nic.driver, "virtio_net");
	assert_finding("gro_hw", FINDING_COSTS, "on", "ctrl_guest_offloads");
	nic.lro.known = false;
	assert_null(judge("lro"));
}

/* By what it filters: an ENA that stamps only what it receives does not show
 * the flag for hardware stamps at all. */
static void test_hardware(void **state)
{
	(void)state;
	assert_finding("hw_stamps", FINDING_COSTS, "none", "amzn-drivers");
	nic.rx_filters.value = 1 | 1 << 1;
	assert_finding("hw_stamps", FINDING_GOOD, "all",
		       "xrtt probe --hw-stamps");
	assert_non_null(strstr(find("hw_stamps")->text, "now off"));
	nic.stamps_all.value = 1;
	assert_non_null(strstr(judge("hw_stamps")->text, "now on"));
	nic.rx_filters.value = 1 | 1 << 12;
	assert_non_null(strstr(judge("hw_stamps")->text, "some protocols"));
	nic.rx_filters.known = false;
	assert_finding("hw_stamps", FINDING_COSTS, "unknown", "amzn-drivers");
	assert_finding("phc", FINDING_COSTS, "none",
		       "devlink dev reload pci/0000:00:05.0");
	nic.phc.value = 0;
	assert_finding("phc", FINDING_GOOD, "ptp0", NULL);
	nic.has_device = false;
	assert_null(judge("hw_stamps"));
}

static void test_around(void **state)
{
	struct preflight_facts f = {
		.wanted = PREFLIGHT_XDP | PREFLIGHT_BYPASS,
		.ifname = "ens5",
		.driver = "ena",
		.is_ethernet = true,
		.has_carrier = true,
		.refusal = PREFLIGHT_SPARED,
		.carries_ssh = true,
		.master = "bond0",
		.master_kind = "bond",
		.tc_ingress = 1,
	};

	(void)state;
	preflight_judge(&f, &nic.around);
	assert_finding("bond_port", FINDING_COSTS, "", "-I bond0");
	judge("ssh_route");
	assert_string_equal(find("ssh_route")->fix, "xrtt probe --prepare");
	/* Notes are none of its findings. */
	assert_non_null(preflight_find(&nic.around, "tc_shared"));
	assert_null(find("tc_shared"));
	assert_null(find("plan"));
}

static void test_link(void **state)
{
	(void)state;
	assert_finding("link", FINDING_GOOD, "up", NULL);
	nic.has_carrier = false;
	assert_finding("link", FINDING_BLOCKS, "no carrier", NULL);
	nic.is_up = false;
	assert_finding("link", FINDING_BLOCKS, "down", "ip link set dev ens5");
	assert_int_equal(doctor_worst(&doctor), FINDING_BLOCKS);
	assert_finding("driver", FINDING_GOOD, "ena 6.1.141", NULL);
	nic.there = false;
	assert_finding("interface", FINDING_COSTS, "", "xrtt doctor -I");
	assert_int_equal(doctor.findings, 1);
}

static void test_qdisc(void **state)
{
	(void)state;
	assert_finding("qdisc", FINDING_GOOD, "mq fq_codel", NULL);
	strcpy(nic.qdisc.leaf, "netem");
	nic.qdisc.delay_ns = fact_of(27500 * NSEC_PER_USEC);
	assert_finding("qdisc", FINDING_COSTS, "mq netem",
		       "tc qdisc del dev ens5 root");
	assert_true(find("qdisc")->cost_ns == 27.5e6);
	nic.qdisc = (struct qdisc_facts){ .kind = "tbf" };
	assert_finding("qdisc", FINDING_COSTS, "tbf", "tc qdisc del");
	nic.qdisc = (struct qdisc_facts){ .kind = "fq" };
	assert_finding("qdisc", FINDING_GOOD, "fq", NULL);
	nic.qdisc.flow_bytes = fact_of(86000000);
	assert_finding("qdisc", FINDING_COSTS, "fq",
		       "tc qdisc change dev ens5 root fq maxrate 34gbit");
	assert_true(fabs(find("qdisc")->cost_ns - 1000) < 1);
	strcpy(nic.qdisc.kind, "mq");
	strcpy(nic.qdisc.leaf, "fq");
	assert_finding("qdisc", FINDING_COSTS, "mq fq", "parent PARENT fq");
	/* What the cure leaves: tc has no word for "no limit". */
	nic.qdisc.flow_bytes = fact_of(INT64_C(34000000000) / 8);
	assert_finding("qdisc", FINDING_GOOD, "mq fq", NULL);
	nic.qdisc = (struct qdisc_facts){ .kind = "" };
	assert_null(judge("qdisc"));
}

/* What ena's ethtool -S prints, in its order, before and after a look. */
static void take_counters(uint64_t pps, uint64_t conntrack)
{
	const struct {
		const char *name;
		uint64_t value;
	} answer[] = {
		{ "total_resets", 3 },
		{ "bw_in_allowance_exceeded", 0 },
		{ "bw_out_allowance_exceeded", 0 },
		{ "pps_allowance_exceeded", pps },
		{ "conntrack_allowance_exceeded", conntrack },
		{ "linklocal_allowance_exceeded", 0 },
		{ "conntrack_allowance_available", 136812 },
		{ "queue_0_tx_cnt", 12345 },
		{ "_allowance_exceeded", 9 },
		{ "a_name_that_is_much_longer_than_a_driver_may_allowance_"
		  "exceeded",
		  9 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(answer); i++)
		nic_counters_take(&nic, answer[i].name, answer[i].value);
}

static void test_counters(void **state)
{
	const struct finding *f;

	(void)state;
	assert_null(judge("allowance"));
	take_counters(0, 0);
	assert_int_equal(nic.counters, 5);
	assert_finding("allowance", FINDING_GOOD, "0", NULL);
	take_counters(17, 0);
	f = judge("allowance");
	assert_int_equal(f->level, FINDING_COSTS);
	assert_string_equal(f->value, "pps_allowance_exceeded 17");
	assert_non_null(strstr(f->text, "17 of them while"));
	nic.counter[2].before = 10;
	assert_non_null(strstr(judge("allowance")->text, "7 of them while"));
	assert_null(strstr(judge("allowance")->text, "17 of them while"));
	nic.counter[2].before = 17;
	f = judge("allowance");
	assert_int_equal(f->level, FINDING_GOOD);
	assert_string_equal(f->value, "pps_allowance_exceeded 17");
	assert_non_null(strstr(f->text, ", 0 of them while"));
	take_counters(17, 4);
	judge("allowance");
	assert_non_null(strstr(doctor.finding[doctor.findings - 1].fix,
			       "security groups"));
	/* The driver was loaded anew, and counts from 0. */
	nic.counter[2].before = 100;
	take_counters(5, 0);
	assert_non_null(strstr(judge("allowance")->text, "5 of them while"));
}

static void test_many_counters(void **state)
{
	char name[40];

	(void)state;
	for (int i = 0; i < 2 * FACT_COUNTERS; i++) {
		snprintf(name, sizeof(name), "x%d_allowance_exceeded", i);
		nic_counters_take(&nic, name, 1);
	}
	assert_int_equal(nic.counters, FACT_COUNTERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_mtu, plug),
		cmocka_unit_test_setup(test_xdp, plug),
		cmocka_unit_test_setup(test_queues, plug),
		cmocka_unit_test_setup(test_moderation, plug),
		cmocka_unit_test_setup(test_moderation_doubts, plug),
		cmocka_unit_test_setup(test_merging, plug),
		cmocka_unit_test_setup(test_hardware, plug),
		cmocka_unit_test_setup(test_around, plug),
		cmocka_unit_test_setup(test_link, plug),
		cmocka_unit_test_setup(test_qdisc, plug),
		cmocka_unit_test_setup(test_counters, plug),
		cmocka_unit_test_setup(test_many_counters, plug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
