// SPDX-License-Identifier: GPL-2.0-only
/* What doctor says of each stamp, from what was tried where. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "model/doctor_host.h"
#include "out/doctor_json.h"
#include "out/doctor_text.h"
#include "out/format.h"
#include "out/page.h"
#include "unit.h"

#define ALL ((1u << STAMPS) - 1)
#define NO_HARDWARE (ALL & ~(1u << STAMP_HW_RX))
#define BYPASS \
	(1u << STAMP_DRV_TX | 1u << STAMP_REMOTE_RX | 1u << STAMP_REMOTE_TX | \
	 1u << STAMP_XDP_RX)

static struct doctor doctor;
static struct host_facts host;
static struct stamp_facts stamps;

static void fill_cell(struct null_cell *c, enum engine engine,
		      uint32_t delivered, int64_t jitter)
{
	*c = (struct null_cell){ .engine = engine,
				 .tx = STAMP_DRV_TX,
				 .rx = STAMP_XDP_RX };
	c->probes.planned = c->probes.sent = c->probes.received = 100;
	for (int i = 0; i < STAMPS; i++)
		c->delivered[i] = delivered & (1u << i) ? 100 : 0;
	for (int i = 0; i < STAGES; i++)
		c->stage[i] = (struct null_figure){ .n = 100,
						    .p50 = 1000 * (i + 1),
						    .p99 = 1000 * (i + 1) +
							   jitter + i };
	c->lateness = (struct null_figure){ .n = 100,
					    .p50 = 5,
					    .p99 = 5 + jitter + STAGES };
}

static void fill_look(struct stamp_look *look, const char *link, int64_t jitter)
{
	look->tried = look->measured = true;
	strcpy(look->link, link);
	fill_cell(&look->cell[ENGINE_SOCKET], ENGINE_SOCKET, NO_HARDWARE,
		  jitter);
	fill_cell(&look->cell[ENGINE_BYPASS], ENGINE_BYPASS, BYPASS, jitter);
}

/* An interface with hardware, looked at without a target. */
static int look(void **state)
{
	(void)state;
	memset(&doctor, 0, sizeof(doctor));
	memset(&host, 0, sizeof(host));
	memset(&stamps, 0, sizeof(stamps));
	host.timekeeping.state.source = "none";
	host.timekeeping.state.reading = (struct clock_reading){
		.known = true,
		.p50_ns = 25,
	};
	host.nic.there = host.nic.has_device = true;
	strcpy(host.nic.name, "ens5");
	host.nic.rx_filters = fact_of(1);
	fill_look(&stamps.cable, "veth", 100);
	for (int i = 0; i < BUDGET_PROGRAMS; i++)
		stamps.program[i] = 60 + i;
	stamps.program[BUDGET_SOCKET] = NAN;
	stamps.cable_tx = (struct tx_stamp_facts){ .tried = true,
						   .asked = 200,
						   .stamped = 200,
						   .has_cost = true,
						   .cost_ns = 330 };
	stamps.nic_tx = (struct tx_stamp_facts){
		.tried = true, .asked = 20, .stamped = 20, .jitter_ns = 700
	};
	return 0;
}

static const struct doctor_stamp *judge(enum stamp which)
{
	memset(&doctor, 0, sizeof(doctor));
	doctor_judge_stamps(&doctor, &stamps, &host);
	return &doctor.stamp[which];
}

static const struct finding *find(const char *id)
{
	for (size_t i = 0; i < doctor.findings; i++) {
		if (!strcmp(doctor.finding[i].id, id))
			return &doctor.finding[i];
	}
	return NULL;
}

static void test_cable(void **state)
{
	const struct doctor_stamp *s = judge(STAMP_TC_TX);

	(void)state;
	assert_true(s->known && s->delivered);
	assert_string_equal(s->where, "veth");
	assert_true(s->has_cost && s->cost_ns == 60 + BUDGET_TC_EGRESS);
	assert_true(s->has_jitter && s->jitter_ns == 100 + STAGE_APP_TO_TC);
	assert_true(judge(STAMP_APP_TX)->jitter_ns == 100 + STAGES);
	assert_true(judge(STAMP_APP_TX)->cost_ns == 25);
	assert_true(judge(STAMP_REMOTE_TX)->cost_ns ==
		    1000 * (STAGE_REMOTE + 1));
	assert_false(judge(STAMP_REMOTE_RX)->has_cost);
	assert_false(judge(STAMP_REMOTE_RX)->has_jitter);
	assert_false(judge(STAMP_SOCK_RX)->has_cost);
	assert_int_equal(doctor_worst(&doctor), FINDING_GOOD);
}

/* Without a target nothing is said of an interface that was not tried. */
static void test_interface(void **state)
{
	const struct doctor_stamp *s = judge(STAMP_DRV_TX);

	(void)state;
	assert_true(s->delivered);
	assert_string_equal(s->where, "ens5");
	assert_true(s->jitter_ns == 700 && s->cost_ns == 330);
	assert_int_equal(find("tx_stamps")->level, FINDING_GOOD);
	s = judge(STAMP_XDP_RX);
	assert_false(s->known);
	assert_string_equal(s->where, "ens5");
	assert_non_null(strstr(s->why, "not tried"));
	host.nic.xdp_features = fact_of(0);
	s = judge(STAMP_XDP_RX);
	assert_true(s->known && !s->delivered);
	host.nic.xdp_features.known = false;
	host.nic.xdp_program = 5;
	assert_non_null(strstr(judge(STAMP_XDP_RX)->why, "somebody else's"));
	s = judge(STAMP_HW_RX);
	assert_true(s->known && !s->delivered);
	assert_non_null(strstr(s->why, "rx_filters"));
	host.nic.rx_filters.value |= 2;
	assert_false(judge(STAMP_HW_RX)->known);
}

static void test_no_driver_stamps(void **state)
{
	const struct doctor_stamp *s;

	(void)state;
	stamps.nic_tx.stamped = 19;
	s = judge(STAMP_DRV_TX);
	assert_true(s->delivered);
	assert_string_equal(s->why, "with 19 of 20 frames");
	stamps.nic_tx.stamped = 0;
	host.nic.tx_software = fact_of(1);
	s = judge(STAMP_DRV_TX);
	assert_true(s->known && !s->delivered && !s->has_jitter);
	assert_int_equal(find("tx_stamps")->level, FINDING_COSTS);
	assert_non_null(strstr(find("tx_stamps")->fix, "ethtool -T ens5"));
	/* Not tried: the cable speaks for the programs, nobody for the NIC. */
	stamps.nic_tx.tried = false;
	assert_string_equal(judge(STAMP_DRV_TX)->where, "veth");
	assert_null(find("tx_stamps"));
	strcpy(stamps.nic_tx.why, "not tried: for a reason");
	assert_false(judge(STAMP_DRV_TX)->known);
	assert_string_equal(judge(STAMP_DRV_TX)->where, "ens5");
	assert_non_null(strstr(judge(STAMP_DRV_TX)->why, "a reason"));
	assert_null(find("tx_stamps"));
}

static void test_peer(void **state)
{
	(void)state;
	fill_look(&stamps.peer, "ens5", 40);
	assert_string_equal(judge(STAMP_TC_TX)->where, "ens5");
	assert_true(judge(STAMP_TC_TX)->jitter_ns == 40 + STAGE_APP_TO_TC);
	/* What the path does is no jitter of a stamp. */
	assert_true(judge(STAMP_XDP_RX)->jitter_ns == 100 + STAGE_NETWORK);
	assert_true(judge(STAMP_XDP_RX)->delivered);
	assert_int_equal(find("peer")->level, FINDING_GOOD);
	assert_non_null(strstr(judge(STAMP_HW_RX)->why, "rx_filters"));
	stamps.peer.cell[ENGINE_SOCKET].rx = STAMP_TC_RX;
	stamps.peer.cell[ENGINE_SOCKET].delivered[STAMP_XDP_RX] = 0;
	stamps.peer.cell[ENGINE_BYPASS] = (struct null_cell){
		.engine = ENGINE_BYPASS,
		.why = "no native XDP on ens5",
	};
	strcpy(stamps.peer.cell[ENGINE_SOCKET].rx_why, "the MTU is too large");
	assert_string_equal(judge(STAMP_XDP_RX)->why, "the MTU is too large");
	assert_false(doctor.stamp[STAMP_XDP_RX].delivered);
	assert_int_equal(find("engine")->level, FINDING_COSTS);
	assert_string_equal(find("engine")->value, "bypass");
	assert_true(doctor.stamp[STAMP_TC_RX].jitter_ns ==
		    100 + STAGE_XDP_TO_TC);
}

static void test_silent(void **state)
{
	(void)state;
	stamps.peer.tried = true;
	strcpy(stamps.peer.why, "no probe came back");
	assert_string_equal(judge(STAMP_TC_TX)->where, "veth");
	assert_int_equal(find("peer")->level, FINDING_BLOCKS);
	assert_non_null(strstr(find("peer")->fix, "xrtt reflect"));
	stamps.cable.measured = false;
	for (int i = 0; i < ENGINES; i++)
		stamps.cable.cell[i].probes.received = 0;
	strcpy(stamps.cable.why, "cannot make a veth");
	assert_false(judge(STAMP_TC_TX)->known);
	assert_string_equal(doctor.stamp[STAMP_TC_TX].why,
			    "cannot make a veth");
	assert_int_equal(find("cable")->level, FINDING_COSTS);
}

/* One engine that got nothing back while the other did. */
static void test_one_engine(void **state)
{
	(void)state;
	stamps.cable.cell[ENGINE_BYPASS].probes.received = 0;
	judge(STAMP_TC_TX);
	assert_non_null(strstr(find("engine")->text, "none came back"));
}

static char *render(bool as_json)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_int_equal(as_json ? doctor_json_write(to, &doctor)
				 : doctor_text(to, &doctor, false),
			 0);
	fclose(to);
	return text;
}

static void judge_all(void)
{
	memset(&doctor, 0, sizeof(doctor));
	strcpy(host.kernel.release, "6.12.1-test");
	host.nic.mtu = 9001;
	host.nic.page_size = 4096;
	strcpy(host.timekeeping.source, "tsc");
	doctor_judge_host(&doctor, &host, &stamps);
}

static void test_json(void **state)
{
	json_t *root, *list, *one;
	char *text;
	size_t i;

	(void)state;
	judge_all();
	text = render(true);
	root = json_loads(text, 0, NULL);
	assert_non_null(root);
	list = json_object_get(root, "stamps");
	assert_int_equal(json_array_size(list), STAMPS);
	json_array_foreach(list, i, one)
	{
		assert_string_equal(
			json_string_value(json_object_get(one, "name")),
			stamp_name(i));
		assert_int_equal(json_object_size(one), 6);
	}
	one = json_array_get(list, STAMP_DRV_TX);
	assert_true(json_number_value(json_object_get(one, "jitter_ns")) ==
		    700);
	assert_true(json_is_null(json_object_get(
		json_array_get(list, STAMP_XDP_RX), "delivered")));
	json_array_foreach(json_object_get(root, "findings"), i, one)
	{
		assert_int_equal(json_object_size(one), 7);
		assert_true(json_is_string(json_object_get(one, "text")));
	}
	one = json_object_get(root, "subject");
	assert_string_equal(json_string_value(json_object_get(one, "ifname")),
			    "ens5");
	json_decref(root);
	free(text);
}

/* One screen; what costs first, what is well in a few lines. */
static void test_text(void **state)
{
	char *text, *line, *rest, *costs, *good;
	unsigned int lines = 0;

	(void)state;
	judge_all();
	text = render(false);
	costs = strstr(text, "  costs         ");
	good = strstr(text, "  good          ");
	assert_true(costs && good && costs < good);
	assert_null(strstr(good + 1, "  good   "));
	assert_null(strstr(good, "  costs   "));
	assert_non_null(strstr(costs, "\n                to mend it: "));
	assert_non_null(strstr(good, "clocksource tsc"));
	assert_null(strstr(good, "mtu 9001"));
	assert_non_null(strstr(text, "xdp_rx     ?"));
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		assert_true(format_columns(line) <= PAGE_COLUMNS);
		lines++;
	}
	assert_between(lines, 20, 40);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_cable, look),
		cmocka_unit_test_setup(test_interface, look),
		cmocka_unit_test_setup(test_no_driver_stamps, look),
		cmocka_unit_test_setup(test_peer, look),
		cmocka_unit_test_setup(test_silent, look),
		cmocka_unit_test_setup(test_one_engine, look),
		cmocka_unit_test_setup(test_json, look),
		cmocka_unit_test_setup(test_text, look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
