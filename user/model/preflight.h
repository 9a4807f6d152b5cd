/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pre-flight: what stands in a run's way on an interface, and what the run
 * would disturb there. Facts go in, findings come out; who gathers the facts is
 * host/preflight.h, who acts on them host/prepare.h.
 *
 * Whether native XDP is to be had is asked of the driver, by attaching once,
 * and its refusal (errno, and the kernel's words of the extended ack) is a fact
 * like the others; names of drivers only help with words and with what cannot
 * be asked without doing it. Without an attempt (`xrtt doctor`) the same rules
 * say what is likely.
 */
#ifndef XRTT_MODEL_PREFLIGHT_H
#define XRTT_MODEL_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREFLIGHT_NAME 16 /* octets of a name, its 0 included; IF_NAMESIZE */
#define PREFLIGHT_TEXT 224
#define PREFLIGHT_FINDINGS 24

/* What mends an offload of virtio's that the guest cannot turn off. */
#define PREFLIGHT_GUEST_OFFLOADS \
	"where the virtual machine is defined: ctrl_guest_offloads=on (QEMU)"

/* What a run wants, and what a finding keeps it from; bits. */
#define PREFLIGHT_XDP 1U     /* native XDP: receive stamps in the driver */
#define PREFLIGHT_BYPASS 2U  /* frames redirected to the interface */
#define PREFLIGHT_REFLECT 4U /* answers by XDP_TX */

enum preflight_refusal {
	PREFLIGHT_UNTRIED,
	PREFLIGHT_ACCEPTED,
	PREFLIGHT_SPARED, /* not tried, for the ssh session's sake */
	PREFLIGHT_MTU,
	PREFLIGHT_QUEUES,
	PREFLIGHT_LRO,
	PREFLIGHT_GRO_HW,
	PREFLIGHT_TAKEN, /* somebody else's program is there */
	PREFLIGHT_NONE,	 /* the driver has no native XDP */
	PREFLIGHT_OTHER,
};

/* Whether attaching a first XDP program takes the carrier down. */
enum preflight_restart {
	PREFLIGHT_STAYS_UP,
	PREFLIGHT_MAY_RESTART, /* hardware whose driver is not known here */
	PREFLIGHT_RESTARTS,
};

struct preflight_channels {
	bool known;
	uint32_t rx, tx, combined;
	uint32_t max_rx, max_tx, max_combined;
};

/* The other end of a veth. */
struct preflight_peer {
	bool known;   /* could be looked at */
	bool is_here; /* in this network namespace */
	char name[PREFLIGHT_NAME];
	uint32_t mtu;
	uint32_t tx_queues; /* at most */
	bool has_xdp;
};

/* "" and 0 are what an interface does not have. */
struct preflight_facts {
	unsigned int wanted; /* PREFLIGHT_XDP | ... */
	bool may_prepare;    /* --prepare */
	const char *offer;   /* who has that option: "xrtt probe --prepare";
				NULL: who is asked, "--prepare" */
	char ifname[PREFLIGHT_NAME];
	char driver[32];
	char kind[PREFLIGHT_NAME]; /* rtnetlink's: "veth"; hardware has none */
	bool is_ethernet;
	bool has_carrier;
	uint32_t mtu;
	char master[PREFLIGHT_NAME];
	char master_kind[PREFLIGHT_NAME]; /* "bond", "bridge" */
	char lower[PREFLIGHT_NAME];	  /* what a VLAN or macvlan stands on */
	struct preflight_peer peer;
	bool lro, gro_hw; /* on */
	bool lro_is_fixed, gro_hw_is_fixed;
	struct preflight_channels channels;
	uint32_t xdp_id; /* of somebody else's program */
	bool xdp_is_generic;
	unsigned int tc_ingress, tc_egress; /* programs and filters there */
	bool carries_ssh;		    /* this session came in over it */
	size_t page_size;
	enum preflight_refusal refusal;
	int refusal_errno;	       /* -errno */
	char reason[PREFLIGHT_TEXT];   /* the kernel's own words */
	char prepared[PREFLIGHT_TEXT]; /* what --prepare has changed */
};

enum preflight_level {
	PREFLIGHT_NOTE,	  /* nothing that this run wants suffers */
	PREFLIGHT_COSTS,  /* precision, or the stamps mean something else */
	PREFLIGHT_BLOCKS, /* something that the run wants is not to be had */
};

struct preflight_finding {
	const char *id; /* stable, for programs; static */
	enum preflight_level level;
	unsigned int blocks; /* PREFLIGHT_XDP | ... */
	char text[PREFLIGHT_TEXT];
	char fix[PREFLIGHT_TEXT]; /* a command line, or "" */
};

struct preflight {
	size_t count;
	struct preflight_finding finding[PREFLIGHT_FINDINGS];
	/* Why there is no native XDP, and the cure; "" while it may be. */
	char why_not_xdp[2 * PREFLIGHT_TEXT + 32];
};

/* A change that would let native XDP in; `on_peer`: at a veth's other end. */
enum preflight_setting {
	PREFLIGHT_SET_MTU,
	PREFLIGHT_SET_RX,	/* channels */
	PREFLIGHT_SET_COMBINED, /* channels */
	PREFLIGHT_SET_LRO,
	PREFLIGHT_SET_GRO_HW,
};

struct preflight_step {
	enum preflight_setting setting;
	bool on_peer;
	uint32_t value;
};

/* What the driver's refusal is about: the kernel's words decide, and where it
 * has none the errno and the other facts. */
enum preflight_refusal preflight_classify(const struct preflight_facts *facts,
					  int err, const char *reason);

/* False where nothing of the kind would help, or it would be to be changed
 * where xrtt does not reach. */
bool preflight_step(const struct preflight_facts *facts,
		    struct preflight_step *out);

enum preflight_restart preflight_restart(const struct preflight_facts *facts);

/* Findings, worst first; a "plan" is always among them. */
void preflight_judge(const struct preflight_facts *facts,
		     struct preflight *out);

/* NULL if there is none of that id. */
const struct preflight_finding *preflight_find(const struct preflight *all,
					       const char *id);

const char *preflight_level_name(enum preflight_level level); /* "blocks" */

#endif
