/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hop-limited probes have shown of the paths to a host: plain data, filled
 * by path_tally_report() and the session, read by user/out.
 */
#ifndef XRTT_MODEL_PATH_H
#define XRTT_MODEL_PATH_H

#include "model/quote.h"
#include "model/result.h"

#define PATH_FLOWS_MOST 64
#define PATH_HOPS_MOST 64
#define PATH_ADDRESS 46 /* of an address as text */
#define PATH_OTHERS 4

/* Instead of a hop: sent with a TTL of 255, to go all the way. */
#define PATH_FULL 0

enum path_answer {
	PATH_ROUTER, /* its TTL ended there */
	PATH_TARGET, /* the target's own reply */
	PATH_CLOSED, /* the target: nothing listens on that port */
	PATH_BARRED, /* somebody: no further from here */
	PATH_ANSWERS,
};

/* Times in ns between the stamps of a probe and of what came of it: the time
 * that the one who answers takes for that is inside. */
struct path_times {
	struct duration rtt;
	int64_t *sorted; /* the rtt.n samples, ascending */
};

/* One hop of one flow. */
struct path_hop {
	unsigned int hop;
	unsigned int flow;
	bool known; /* somebody answered; else it is hidden, and that is all */
	enum path_answer answer;
	char address[PATH_ADDRESS];	       /* of who did so most often */
	size_t others;			       /* who did so too, */
	char other[PATH_OTHERS][PATH_ADDRESS]; /* these, if not more */
	struct path_times times;
	struct probes probes;
	struct loss loss;
	struct ttl_range ttl; /* as answers came in; remote: STAMP's */
	bool has_quote;
	struct quote quote; /* of the last one who quoted */
	bool rewritten;	    /* and not the UDP checksum that was sent */
};

/* One router, or whoever it is, at one hop, over the flows that met it there
 * most often. */
struct path_node {
	unsigned int hop;
	bool known;
	enum path_answer answer;
	char address[PATH_ADDRESS];
	uint64_t flows; /* bits */
	struct path_times times;
	struct probes probes;
	struct loss loss;
	struct ttl_range ttl;
	size_t labels;
	struct mpls_label label[QUOTE_LABELS];
};

struct path_flow {
	int source_port;   /* ICMP: identifier */
	int flow_label;	   /* IPv6, else -1 */
	unsigned int last; /* hop where the target answered, 0: nowhere */
	int routers;	   /* that took one off the TTL on the way there, as the
			reflector saw it; -1: unknown */
	unsigned int route;	 /* number of the route, from 0 */
	struct path_times times; /* all the way */
	struct probes probes;
	struct loss loss;
	struct ttl_range ttl;
};

enum path_mtu_source {
	PATH_MTU_UNKNOWN,
	PATH_MTU_PROBED,    /* that size got there, and no greater one */
	PATH_MTU_INTERFACE, /* that size got there: no greater one can leave */
	PATH_MTU_TOLD, /* a router said so; the target did not confirm it */
};

/* Octets of an IP packet. */
struct path_mtu {
	bool looked;
	bool answers; /* the target answers echoes, so silence says something */
	enum path_mtu_source source;
	unsigned int value; /* if it is known */
	unsigned int interface;
	unsigned int kernel; /* what the kernel took it for before, 0: unknown
			      */
	unsigned int passed; /* the longest that was answered, 0: none */
	unsigned int lost;   /* the shortest that got no answer at all, 0: none
			      */
	char address[PATH_ADDRESS]; /* of the router that said so, or "" */
	unsigned int probes;
};

#define PATH_FINDINGS 12
#define PATH_FINDING_TEXT 640

struct path_finding {
	const char *code;
	char text[PATH_FINDING_TEXT];
};

struct path {
	/* What a summary has of every run. Its probes, loss and network are of
	 * those that went all the way, of all flows, less what the reflector
	 * held them. */
	struct result base;
	unsigned int flows;
	unsigned int rounds;
	unsigned int max_hop;
	uint64_t beyond; /* probes sent past the target, in no hop */
	size_t hops;
	struct path_hop *hop; /* by hop, then flow */
	size_t nodes;
	struct path_node *node; /* by hop, then first flow */
	struct path_flow flow[PATH_FLOWS_MOST];
	unsigned int routes; /* how many different ones */
	struct path_mtu mtu;
	size_t findings;
	struct path_finding finding[PATH_FINDINGS];
};

/* Frees hops, nodes, samples and bars; what `base` has besides is not its
 * business. */
void path_release(struct path *path);

/* Calls `each` with all durations between this host's own stamps. Stops at what
 * is not 0, and returns that. */
int path_each_times(struct path *path,
		    int (*each)(void *data, struct path_times *times),
		    void *data);

/* What can be concluded, in words (path->finding): what hidden hops mean and
 * what is known all the same. After all else is filled. */
void path_conclude(struct path *path);

#endif
