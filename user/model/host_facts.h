/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this host is, as far as it matters to a stamp: plain data, read by
 * user/host and judged by the model. A fact that could not be had is not known,
 * a text then "".
 */
#ifndef XRTT_MODEL_HOST_FACTS_H
#define XRTT_MODEL_HOST_FACTS_H

#include "model/moderation.h"
#include "model/preflight.h"
#include "model/result.h"

#define FACT_TEXT 128 /* octets of a text, its 0 included */
#define FACT_COUNTERS 8

struct fact {
	bool known;
	int64_t value;
};

static inline struct fact fact_of(int64_t value)
{
	return (struct fact){ true, value };
}

/* What the NIC, or the cloud behind it, counted against this host. */
struct nic_counter {
	char name[40];
	uint64_t before; /* the look */
	uint64_t after;
};

/* How long it may keep a received packet to itself (host/coalesce.h). */
struct moderation_facts {
	bool known; /* `held_ns` is the most */
	bool adaptive;
	int64_t held_ns;
	int64_t deferred_ns; /* NAPI's part of it */
	enum moderation_doubt doubt;
	char why[FACT_TEXT]; /* it is not known */
};

/* What queues outgoing packets of an interface. */
struct qdisc_facts {
	char kind[32];		/* the root's, "" if it could not be read */
	char leaf[32];		/* below a multiqueue root, else "" */
	struct fact delay_ns;	/* netem */
	struct fact flow_bytes; /* fq: what it lets one flow send a second */
};

struct nic_facts {
	bool there; /* else nothing below means anything */
	char name[32];
	char driver[32], version[32], firmware[32];
	char bus[32]; /* "0000:00:05.0" */
	bool has_device;
	bool is_loopback;
	bool is_up, has_carrier;
	unsigned int mtu;
	int64_t page_size;
	uint32_t xdp_program; /* attached by somebody, else 0 */
	bool xdp_is_generic;
	char peer[32]; /* a veth's other end, "" where there is none to see */
	unsigned int peer_mtu;
	bool peer_is_here;	  /* in this network namespace */
	struct fact xdp_features; /* linux/netdev.h: NETDEV_XDP_ACT_* */
	struct fact queues;	  /* that receive, by ethtool -l */
	struct fact queues_max;
	struct fact rss_queues; /* that the indirection table names */
	struct moderation_facts moderation;
	struct fact lro, gro_hw; /* 0 or 1 */
	bool gro_hw_is_fixed;
	struct fact tx_software; /* 1: says that it makes TX stamps */
	struct fact rx_filters; /* linux/net_tstamp.h: 1 << HWTSTAMP_FILTER_* */
	struct fact stamps_all; /* 1: every received packet is stamped now */
	struct fact phc;	/* its number, -1: none */
	struct preflight around; /* what pre-flight has found */
	struct qdisc_facts qdisc;
	size_t counters;
	struct nic_counter counter[FACT_COUNTERS];
};

struct processor_facts {
	unsigned int online;
	char isolated[FACT_TEXT]; /* as "2-3", "" if none */
	char nohz_full[FACT_TEXT];
	char idle_driver[32];	     /* cpuidle's, "" or "none" without one */
	char idle_state[32];	     /* the deepest that is allowed */
	struct fact idle_ns;	     /* to leave it */
	char governor[FACT_TEXT];    /* cpufreq's, "mixed" if several */
	struct fact stolen_ns;	     /* by the hypervisor during the look */
	int64_t looked_ns;	     /* all CPUs together */
	struct fact stolen_boot;     /* parts per million since the boot */
	struct fact runner;	     /* the CPU the bypass engine would get */
	bool interrupts_known;	     /* the next two */
	bool runner_interrupted;     /* takes the NIC's RX interrupts */
	char interrupted[FACT_TEXT]; /* CPUs that do */
};

struct timekeeping_facts {
	char source[FACT_TEXT];
	char available[FACT_TEXT]; /* clocksources, blanks between */
	struct clock_state state;
};

struct kernel_facts {
	char release[FACT_TEXT];
	char lockdown[32]; /* "none", "integrity", ..., "": it has none */
	bool has_btf;
	struct fact jit, jit_harden, unprivileged; /* the sysctls */
	struct fact capabilities;		   /* effective, as a mask */
	struct fact memlock;			   /* octets, -1: no limit */
	struct fact memlock_counts; /* 1: BPF maps count against it */
};

struct host_facts {
	struct nic_facts nic;
	struct processor_facts processor;
	struct timekeeping_facts timekeeping;
	struct kernel_facts kernel;
};

#endif
