// SPDX-License-Identifier: GPL-2.0-only
/*
 * The facts of interfaces: of real ones in a network namespace of the test's,
 * compared with what ip and ethtool were told to make of them; and of such as a
 * test machine's kernel need not have (bond, 802.1Q), from a message as
 * rtnetlink sends it. And whose ssh session this is.
 */
#include "unit.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>

#include "host/mtu.h"
#include "host/offload.h"
#include "host/preflight.h"
#include "host/ssh_session.h"
#include "host/stacked.h"
#include "tune_world.h"

#define ASK "whose-session"

static struct preflight_facts read_facts(const char *name)
{
	const struct iface iface = world_iface(name);
	struct preflight_facts f;

	assert_int_equal(preflight_read(&iface, &f), 0);
	return f;
}

static void test_veth(void **state)
{
	struct preflight_facts f;

	(void)state;
	world_shell("ip link set veth1 mtu 9001 && ip link set veth0 mtu 1400");
	f = read_facts(WORLD_VETH);
	assert_string_equal(f.ifname, WORLD_VETH);
	assert_string_equal(f.kind, "veth");
	assert_string_equal(f.driver, "veth");
	assert_true(f.is_ethernet && f.has_carrier);
	assert_int_equal(f.mtu, 1400);
	assert_true(f.peer.known && f.peer.is_here && !f.peer.has_xdp);
	assert_string_equal(f.peer.name, "veth1");
	assert_int_equal(f.peer.mtu, 9001);
	assert_true(f.channels.known && f.channels.rx >= 1);
	assert_string_equal(f.lower, "");
	world_shell("ip link set veth1 mtu 1500 && ip link set veth0 mtu 1500");
}

static void test_peer_elsewhere(void **state)
{
	struct preflight_facts f;

	(void)state;
	world_shell("unshare -n sh -c 'sleep 5 & echo $!' >/run/pid; "
		    "ip link add out0 type veth peer name in0 mtu 4000 netns "
		    "$(cat /run/pid)");
	f = read_facts("out0");
	world_shell("kill $(cat /run/pid)");
	assert_true(f.peer.known && !f.peer.is_here);
	assert_string_equal(f.peer.name, "in0");
	assert_int_equal(f.peer.mtu, 4000);
}

static void test_bridge_and_tap(void **state)
{
	struct preflight_facts f;

	(void)state;
	world_shell("ip link add br0 type bridge && "
		    "ip link set " WORLD_TAP " master br0");
	f = read_facts("br0");
	assert_string_equal(f.kind, "bridge");
	f = read_facts(WORLD_TAP);
	assert_string_equal(f.kind, "tun");
	assert_string_equal(f.master, "br0");
	assert_string_equal(f.master_kind, "bridge");
	assert_false(f.peer.known);
	world_shell("ip link del br0");
	f = read_facts(WORLD_TAP);
	assert_string_equal(f.master, "");
}

static void test_tc_programs(void **state)
{
	struct preflight_facts f;

	(void)state;
	f = read_facts(WORLD_VETH);
	assert_int_equal(f.tc_ingress + f.tc_egress, 0);
	if (system("tc qdisc add dev veth0 clsact && tc filter add dev veth0 "
		   "egress bpf da bytecode '1,6 0 0 0' 2>/dev/null"))
		skip();
	f = read_facts(WORLD_VETH);
	assert_int_equal(f.tc_ingress, 0);
	assert_int_equal(f.tc_egress, 1);
	world_shell("tc qdisc del dev veth0 clsact");
}

static void test_macvlan_stands_on_it(void **state)
{
	int uppers[STACKED_UPPERS];
	struct preflight_facts f;

	(void)state;
	if (system("ip link add link veth0 name mac0 type macvlan 2>/dev/null"))
		skip();
	f = read_facts("mac0");
	assert_string_equal(f.kind, "macvlan");
	assert_string_equal(f.lower, WORLD_VETH);
	assert_int_equal(
		stacked_above(world_iface(WORLD_VETH).index, 1400, uppers), 1);
	assert_int_equal(uppers[0], world_iface("mac0").index);
	assert_int_equal(
		stacked_above(world_iface(WORLD_VETH).index, 1500, uppers), 0);
	world_shell("ip link del mac0");
}

/* By the generic receive offload, which every kernel's veth can switch. */
static void test_offload(void **state)
{
	uint64_t on;

	(void)state;
	assert_int_equal(offload_read(WORLD_VETH, "rx-gro", &on), 0);
	assert_int_equal(on, 1);
	assert_int_equal(offload_write(WORLD_VETH, "rx-gro", 0), 0);
	world_shell("ethtool -k " WORLD_VETH
		    " | grep -q 'generic-receive-offload: off'");
	assert_int_equal(offload_write(WORLD_VETH, "rx-gro", 1), 0);
	world_shell("ethtool -k " WORLD_VETH
		    " | grep -q 'generic-receive-offload: on'");
	assert_int_equal(offload_read(WORLD_VETH, OFFLOAD_LRO, &on), 0);
	assert_int_equal(on, 0);
	assert_int_equal(offload_read(WORLD_VETH, "no-such", &on), -EOPNOTSUPP);
	assert_int_equal(offload_read("nosuch0", OFFLOAD_LRO, &on), -ENODEV);
}

static void test_mtu(void **state)
{
	int index = world_iface(WORLD_VETH).index;
	uint64_t value;

	(void)state;
	assert_int_equal(mtu_write(index, 1300), 0);
	world_shell("ip link show " WORLD_VETH " | grep -q 'mtu 1300 '");
	assert_int_equal(mtu_read(index, &value), 0);
	assert_int_equal(value, 1300);
	assert_int_equal(mtu_write(index, 10), -EINVAL);
	assert_int_equal(mtu_write(index, 1500), 0);
	assert_int_equal(mtu_write(1 << 20, 1500), -ENODEV);
	assert_int_equal(mtu_read_ip6("nosuch0", &value), -ENOENT);
	if (mtu_read_ip6(WORLD_VETH, &value) == -ENOENT)
		return; /* a kernel without IPv6 */
	assert_int_equal(mtu_write_ip6(WORLD_VETH, 1400), 0);
	assert_int_equal(mtu_write(index, 1450), 0);
	assert_int_equal(mtu_read_ip6(WORLD_VETH, &value), 0);
	assert_int_equal(value, 1450);
	assert_int_equal(mtu_write(index, 1500), 0);
}

/* ---- what rtnetlink sends of others -------------------------------------- */

static struct preflight_facts parse(const char *kind, const char *slave_kind,
				    int lower)
{
	struct preflight_facts f = {};
	struct preflight_link link = { .facts = &f, .lower_netns = -1 };
	char buf[1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	struct nlattr *nest;

	nlh->nlmsg_type = RTM_NEWLINK;
	info->ifi_type = ARPHRD_ETHER;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "x0");
	mnl_attr_put_u32(nlh, IFLA_MTU, 1500);
	mnl_attr_put_u8(nlh, IFLA_CARRIER, 1);
	if (lower)
		mnl_attr_put_u32(nlh, IFLA_LINK, lower);
	if (slave_kind)
		mnl_attr_put_u32(nlh, IFLA_MASTER, 9);
	nest = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	if (kind)
		mnl_attr_put_strz(nlh, IFLA_INFO_KIND, kind);
	if (slave_kind)
		mnl_attr_put_strz(nlh, IFLA_INFO_SLAVE_KIND, slave_kind);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, IFLA_XDP);
	mnl_attr_put_u8(nlh, IFLA_XDP_ATTACHED, XDP_ATTACHED_SKB);
	mnl_attr_put_u32(nlh, IFLA_XDP_PROG_ID, 77);
	mnl_attr_nest_end(nlh, nest);
	assert_int_equal(preflight_link_read(nlh, &link), MNL_CB_OK);
	assert_int_equal(link.lower, lower);
	assert_int_equal(link.master, slave_kind ? 9 : 0);
	return f;
}

static void test_kinds_that_need_no_kernel(void **state)
{
	struct preflight_facts f = parse("bond", NULL, 0);

	(void)state;
	assert_string_equal(f.kind, "bond");
	assert_int_equal(f.xdp_id, 77);
	assert_true(f.xdp_is_generic && f.has_carrier && f.is_ethernet);
	f = parse(NULL, "bond", 0);
	assert_string_equal(f.kind, "");
	assert_string_equal(f.master_kind, "bond");
	f = parse("vlan", NULL, 3);
	assert_string_equal(f.kind, "vlan");
}

/* ---- ssh ----------------------------------------------------------------- */

static void test_ssh_parse(void **state)
{
	static const char *const bad[] = { "",
					   "10.0.0.1 1 10.0.0.2",
					   "10.0.0.1 1 10.0.0.2 22 x",
					   "10.0.0.1 1 fd00::1 22",
					   "10.0.0.1/8 1 10.0.0.2 22",
					   "here 1 there 22" };
	struct ssh_session s;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(ssh_session_parse("10.0.0.1 5 10.0.0.2 22", &s), 0);
	address_format(&s.client, text);
	assert_string_equal(text, "10.0.0.1");
	address_format(&s.server, text);
	assert_string_equal(text, "10.0.0.2");
	assert_int_equal(
		ssh_session_parse("fe80::1%veth0 5 fe80::2%veth0 22", &s), 0);
	assert_int_equal(s.client.scope, world_iface(WORLD_VETH).index);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(ssh_session_parse(bad[i], &s), -EINVAL);
}

/* As a process of its own: 0 if it finds the session. */
static int ask_for_session(void)
{
	char text[ADDRESS_TEXT];
	struct ssh_session s;

	if (getenv("SSH_CONNECTION") || ssh_session_find(&s))
		return 1;
	address_format(&s.server, text);
	return strcmp(text, "10.9.0.2") != 0;
}

/* Through a shell and sudo's like, which drop the variable. */
static void test_ssh_of_an_ancestor(void **state)
{
	char self[512] = "", command[1024];
	struct preflight_facts f;

	(void)state;
	world_shell("ip addr add 10.9.0.2/24 dev " WORLD_VETH);
	unsetenv("SSH_CONNECTION");
	assert_false(read_facts(WORLD_VETH).carries_ssh);
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(command, sizeof(command),
		 "SSH_CONNECTION='10.9.0.1 5 10.9.0.2 22' sh -c "
		 "'env -u SSH_CONNECTION %s " ASK "; exit $?'",
		 self);
	world_shell(command);
	setenv("SSH_CONNECTION", "10.9.0.1 5 10.9.0.2 22", 1);
	f = read_facts(WORLD_VETH);
	assert_true(f.carries_ssh);
	assert_false(read_facts(WORLD_TAP).carries_ssh);
	/* Another namespace's session: its address is none of ours. */
	setenv("SSH_CONNECTION", "10.9.0.1 5 10.9.0.3 22", 1);
	assert_false(read_facts(WORLD_VETH).carries_ssh);
	/* To this host itself: no link carries it. */
	setenv("SSH_CONNECTION", "10.9.0.2 5 10.9.0.2 22", 1);
	assert_false(read_facts(WORLD_VETH).carries_ssh);
	unsetenv("SSH_CONNECTION");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_veth),
		cmocka_unit_test(test_peer_elsewhere),
		cmocka_unit_test(test_bridge_and_tap),
		cmocka_unit_test(test_tc_programs),
		cmocka_unit_test(test_macvlan_stands_on_it),
		cmocka_unit_test(test_offload),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_kinds_that_need_no_kernel),
		cmocka_unit_test(test_ssh_parse),
		cmocka_unit_test(test_ssh_of_an_ancestor),
	};

	if (argc == 2 && !strcmp(argv[1], ASK))
		return ask_for_session();
	if (!world_enter())
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
