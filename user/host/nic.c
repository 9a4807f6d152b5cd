// SPDX-License-Identifier: GPL-2.0-only
#include "host/nic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/net_tstamp.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/coalesce.h"
#include "host/ethtool.h"
#include "host/genetlink.h"
#include "host/hwtstamp.h"
#include "host/netdev_attr.h"
#include "host/preflight.h"
#include "host/qdisc.h"
#include "host/route.h"

/* linux/netdev.h, which the headers of Debian 12 do not have. */
#define NETDEV_DEV_GET 1
#define NETDEV_DEV_IFINDEX 1
#define NETDEV_DEV_XDP_FEATURES 3

static void read_driver(struct nic_facts *n)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	if (ethtool_ask(n->name, &info))
		return;
	snprintf(n->driver, sizeof(n->driver), "%.31s", info.driver);
	snprintf(n->version, sizeof(n->version), "%.31s", info.version);
	snprintf(n->firmware, sizeof(n->firmware), "%.31s", info.fw_version);
	snprintf(n->bus, sizeof(n->bus), "%.31s", info.bus_info);
	/* The kernel's word for "none" (net/ethtool/ioctl.c). */
	if (!strcmp(n->firmware, "N/A"))
		*n->firmware = '\0';
}

/* What pre-flight looks at, by its reading. */
static void read_preflight(const struct iface *iface, struct nic_facts *n)
{
	struct preflight_facts f;
	const struct preflight_channels *c = &f.channels;

	if (preflight_read(iface, &f))
		return;
	f.wanted = PREFLIGHT_XDP | PREFLIGHT_BYPASS;
	if (f.carries_ssh && preflight_restart(&f) != PREFLIGHT_STAYS_UP)
		f.refusal = PREFLIGHT_SPARED;
	preflight_judge(&f, &n->around);
	n->xdp_program = f.xdp_id;
	n->xdp_is_generic = f.xdp_is_generic;
	n->lro = fact_of(f.lro);
	n->gro_hw = fact_of(f.gro_hw);
	n->gro_hw_is_fixed = f.gro_hw_is_fixed;
	if (c->known) {
		n->queues = fact_of((int64_t)c->rx + c->combined);
		n->queues_max =
			fact_of(c->max_combined > c->max_rx ? c->max_combined
							    : c->max_rx);
	}
	if (f.peer.known) {
		memcpy(n->peer, f.peer.name, sizeof(f.peer.name));
		n->peer_mtu = f.peer.mtu;
		n->peer_is_here = f.peer.is_here;
	}
}

static void read_rss(struct nic_facts *n)
{
	uint32_t queues;

	if (!ethtool_rss_queues(n->name, &queues))
		n->rss_queues = fact_of(queues);
}

static void read_moderation(const struct iface *iface,
			    struct moderation_facts *out)
{
	struct moderation m;

	moderation_read(iface, &m);
	out->known = m.is_known;
	out->adaptive = m.is_adaptive;
	out->held_ns = m.held.ns;
	out->deferred_ns = m.deferred.ns;
	out->doubt = m.doubt;
	snprintf(out->why, sizeof(out->why), "%s", m.why ? m.why : "");
}

static void read_stamping(struct nic_facts *n)
{
	struct hwtstamp_info info;
	uint64_t setting;

	if (!hwtstamp_read_info(n->name, &info)) {
		n->tx_software =
			fact_of(!!(info.flags & SOF_TIMESTAMPING_TX_SOFTWARE));
		n->rx_filters = fact_of(info.rx_filters);
		n->phc = fact_of(info.phc);
	}
	if (!hwtstamp_read(n->name, &setting))
		n->stamps_all = fact_of(hwtstamp_has_all(setting));
}

static int on_features(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	struct fact *out = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == NETDEV_DEV_XDP_FEATURES)
			*out = fact_of((int64_t)mnl_attr_get_u64(attr));
	}
	return MNL_CB_OK;
}

static void read_xdp(const struct iface *iface, struct nic_facts *n)
{
	const struct netdev_question question = {
		.command = NETDEV_DEV_GET,
		.ifindex_attr = NETDEV_DEV_IFINDEX,
		.ifindex = iface->index,
	};

	if (netdev_ask(&question, on_features, &n->xdp_features))
		n->xdp_features.known = false;
}

void nic_read(const struct iface *iface, struct nic_facts *n)
{
	memset(n, 0, sizeof(*n));
	n->there = true;
	memcpy(n->name, iface->name, sizeof(iface->name));
	n->has_device = netdev_has_device(iface) && !iface->is_veth;
	n->is_loopback = iface->link_type == ARPHRD_LOOPBACK;
	n->is_up = iface->is_up;
	n->has_carrier = iface->has_carrier;
	n->mtu = iface->mtu;
	n->page_size = sysconf(_SC_PAGESIZE);
	read_driver(n);
	read_preflight(iface, n);
	read_rss(n);
	read_moderation(iface, &n->moderation);
	read_stamping(n);
	read_xdp(iface, n);
	qdisc_read(iface->index, &n->qdisc);
}

/* RFC 5737 and 3849: documentation's, so no route but the default's. */
int nic_find(struct iface *out)
{
	static const char *const nowhere[] = { "192.0.2.1", "2001:db8::1" };
	static const int family[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		struct address address;
		uint8_t octets[16];
		struct route route;

		if (inet_pton(family[i], nowhere[i], octets) != 1)
			continue;
		address_set(&address, family[i], octets);
		if (!route_lookup(&address, NULL, 0, &route) &&
		    !route.is_local && !iface_read_index(route.ifindex, out))
			return 0;
	}
	return -ENOENT;
}
