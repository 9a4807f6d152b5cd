// SPDX-License-Identifier: GPL-2.0-only
#include "host/preflight.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <net/if_arp.h>
#include <string.h>
#include <unistd.h>

#include "host/channels.h"
#include "host/hook.h"
#include "host/netlink.h"
#include "host/offload.h"
#include "host/ssh_session.h"

/* How deep interfaces are stacked at the most (kernel: MAX_NEST_DEV). */
#define STACKED_MAX 8

static void name_copy(char to[PREFLIGHT_NAME], const char *name)
{
	strncpy(to, name, PREFLIGHT_NAME - 1);
}

static void read_xdp(const struct nlattr *nest, struct preflight_facts *f)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == IFLA_XDP_PROG_ID)
			f->xdp_id = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == IFLA_XDP_ATTACHED)
			f->xdp_is_generic =
				mnl_attr_get_u8(attr) == XDP_ATTACHED_SKB;
	}
}

int preflight_link_read(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[IFLA_MAX + 1];
	struct preflight_link *link = data;
	struct preflight_facts *f = link->facts;

	netlink_attributes(nlh, sizeof(*info), tb, IFLA_MAX);
	f->is_ethernet = info->ifi_type == ARPHRD_ETHER;
	if (tb[IFLA_IFNAME])
		name_copy(f->ifname, mnl_attr_get_str(tb[IFLA_IFNAME]));
	if (tb[IFLA_MTU])
		f->mtu = mnl_attr_get_u32(tb[IFLA_MTU]);
	if (tb[IFLA_CARRIER])
		f->has_carrier = mnl_attr_get_u8(tb[IFLA_CARRIER]);
	name_copy(f->kind,
		  netlink_nested_text(tb[IFLA_LINKINFO], IFLA_INFO_KIND));
	name_copy(f->master_kind,
		  netlink_nested_text(tb[IFLA_LINKINFO], IFLA_INFO_SLAVE_KIND));
	if (tb[IFLA_XDP])
		read_xdp(tb[IFLA_XDP], f);
	if (tb[IFLA_NUM_TX_QUEUES])
		f->peer.tx_queues = mnl_attr_get_u32(tb[IFLA_NUM_TX_QUEUES]);
	if (tb[IFLA_MASTER])
		link->master = mnl_attr_get_u32(tb[IFLA_MASTER]);
	if (tb[IFLA_LINK])
		link->lower = mnl_attr_get_u32(tb[IFLA_LINK]);
	if (tb[IFLA_LINK_NETNSID])
		link->lower_netns = mnl_attr_get_u32(tb[IFLA_LINK_NETNSID]);
	return MNL_CB_OK;
}

static int link_ask(int index, int netns, struct preflight_link *out)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));

	memset(out->facts, 0, sizeof(*out->facts));
	out->master = out->lower = 0;
	out->lower_netns = -1;
	info->ifi_index = index;
	if (netns >= 0)
		mnl_attr_put_u32(nlh, IFLA_TARGET_NETNSID, netns);
	return netlink_ask(nlh, preflight_link_read, out);
}

/* ---- what it is connected to --------------------------------------------- */

static void read_peer(const struct preflight_link *link)
{
	struct preflight_peer *peer = &link->facts->peer;
	struct preflight_channels channels;
	struct preflight_facts there;
	struct preflight_link ask = { .facts = &there };

	memset(peer, 0, sizeof(*peer));
	if (!link->lower || link_ask(link->lower, link->lower_netns, &ask))
		return;
	peer->known = true;
	peer->is_here = link->lower_netns < 0;
	memcpy(peer->name, there.ifname, sizeof(peer->name));
	peer->mtu = there.mtu;
	peer->tx_queues = there.peer.tx_queues;
	peer->has_xdp = there.xdp_id != 0;
	if (peer->is_here && !channels_read(peer->name, &channels) &&
	    channels.tx)
		peer->tx_queues = channels.tx;
}

static void read_lower(const struct preflight_link *link)
{
	char *name = link->facts->lower;

	if (!link->lower ||
	    link->lower == (int)if_nametoindex(link->facts->ifname))
		return;
	if (link->lower_netns >= 0 || !if_indextoname(link->lower, name))
		strcpy(name, "another");
}

static bool carries_ssh(int index, int master)
{
	struct preflight_facts facts;
	struct preflight_link link = { .facts = &facts };
	struct ssh_session session;
	int at;

	if (ssh_session_find(&session))
		return false;
	at = ssh_session_ifindex(&session);
	for (int i = 0; at && i < STACKED_MAX; i++) {
		if (at == index || at == master)
			return true;
		if (link_ask(at, -1, &link) || link.lower_netns >= 0)
			break;
		at = link.lower;
	}
	return false;
}

/* ---- programs of others -------------------------------------------------- */

static int count_filter(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	unsigned int *count = data;

	/* The dump lists each chain's head as well, with handle 0. */
	if (tcm->tcm_handle)
		++*count;
	return MNL_CB_OK;
}

static unsigned int tc_count(int ifindex, bool egress)
{
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh = netlink_request(buf, RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	unsigned int filters = 0;
	uint32_t programs = 0;

	tcm->tcm_ifindex = ifindex;
	tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS
							: TC_H_MIN_INGRESS);
	netlink_ask(nlh, count_filter, &filters);
	if (bpf_prog_query(ifindex, egress ? HOOK_TCX_EGRESS : HOOK_TCX_INGRESS,
			   0, NULL, NULL, &programs))
		programs = 0;
	return filters + programs;
}

int preflight_read(const struct iface *iface, struct preflight_facts *out)
{
	struct preflight_link link = { .facts = out };
	uint64_t on;
	int err = link_ask(iface->index, -1, &link);

	if (err)
		return err;
	memcpy(out->driver, iface->driver, sizeof(out->driver));
	out->page_size = sysconf(_SC_PAGESIZE);
	if (link.master)
		if_indextoname(link.master, out->master);
	if (!strcmp(out->kind, "veth")) {
		read_peer(&link);
	} else {
		memset(&out->peer, 0, sizeof(out->peer));
		read_lower(&link);
	}
	channels_read(out->ifname, &out->channels);
	out->lro = !offload_read(out->ifname, OFFLOAD_LRO, &on) && on;
	out->gro_hw = !offload_read(out->ifname, OFFLOAD_GRO_HW, &on) && on;
	out->lro_is_fixed = offload_is_fixed(out->ifname, OFFLOAD_LRO);
	out->gro_hw_is_fixed = offload_is_fixed(out->ifname, OFFLOAD_GRO_HW);
	out->tc_ingress = tc_count(iface->index, false);
	out->tc_egress = tc_count(iface->index, true);
	out->carries_ssh = carries_ssh(iface->index, link.master);
	return 0;
}
