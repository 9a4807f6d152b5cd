// SPDX-License-Identifier: GPL-2.0-only
#include "host/qdisc.h"

#include <linux/pkt_sched.h>
#include <stdio.h>
#include <string.h>

#include "host/netlink.h"
#include "model/time.h"

/* A tick of PSCHED, which is what netem's older attribute counts in
 * (include/net/pkt_sched.h: PSCHED_SHIFT). */
#define TICK_NS 64

struct search {
	int ifindex;
	uint32_t root; /* its handle */
	struct qdisc_facts *out;
};

static const struct nlattr *find(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

/* netem's options are a struct, then attributes. */
static void read_netem(const struct nlattr *options, struct qdisc_facts *out)
{
	const struct tc_netem_qopt *fixed = mnl_attr_get_payload(options);
	size_t size = mnl_attr_get_payload_len(options);
	const struct nlattr *attr;
	const void *rest;
	int64_t ns;

	if (size < sizeof(*fixed))
		return;
	out->delay_ns = fact_of((int64_t)fixed->latency * TICK_NS);
	if (size < NLA_ALIGN(sizeof(*fixed)))
		return;
	rest = (const char *)fixed + NLA_ALIGN(sizeof(*fixed));
	size -= NLA_ALIGN(sizeof(*fixed));
	mnl_attr_for_each_payload(rest, size)
	{
		if (mnl_attr_get_type(attr) != TCA_NETEM_LATENCY64 ||
		    mnl_attr_get_payload_len(attr) < sizeof(ns))
			continue;
		memcpy(&ns, mnl_attr_get_payload(attr), sizeof(ns));
		out->delay_ns = fact_of(ns);
	}
}

static void read_fq(const struct nlattr *options, struct qdisc_facts *out)
{
	const struct nlattr *rate = find(options, TCA_FQ_FLOW_MAX_RATE);

	if (rate && mnl_attr_get_u32(rate) != UINT32_MAX)
		out->flow_bytes = fact_of(mnl_attr_get_u32(rate));
}

static void read_options(const char *kind, const struct nlattr *options,
			 struct qdisc_facts *out)
{
	if (!options)
		return;
	if (!strcmp(kind, "netem"))
		read_netem(options, out);
	else if (!strcmp(kind, "fq"))
		read_fq(options, out);
}

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[TCA_MAX + 1];
	struct search *s = data;
	char *to = NULL;

	netlink_attributes(nlh, sizeof(*tc), tb, TCA_MAX);
	if (tc->tcm_ifindex != s->ifindex || !tb[TCA_KIND])
		return MNL_CB_OK;
	if (tc->tcm_parent == TC_H_ROOT) {
		to = s->out->kind;
		s->root = tc->tcm_handle;
	} else if (*s->out->kind && !*s->out->leaf &&
		   tc->tcm_parent != TC_H_INGRESS &&
		   TC_H_MAJ(tc->tcm_parent) == s->root) {
		to = s->out->leaf;
	}
	if (!to)
		return MNL_CB_OK;
	snprintf(to, sizeof(s->out->kind), "%s",
		 mnl_attr_get_str(tb[TCA_KIND]));
	read_options(to, tb[TCA_OPTIONS], s->out);
	return MNL_CB_OK;
}

int qdisc_read(int ifindex, struct qdisc_facts *out)
{
	struct search search = { .ifindex = ifindex, .out = out };
	char buf[NETLINK_BUFFER];
	struct nlmsghdr *nlh;
	struct tcmsg *tc;

	memset(out, 0, sizeof(*out));
	nlh = netlink_request(buf, RTM_GETQDISC, NLM_F_DUMP);
	tc = mnl_nlmsg_put_extra_header(nlh, sizeof(*tc));
	tc->tcm_ifindex = ifindex;
	return netlink_ask(nlh, on_qdisc, &search);
}
