/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prober's programs on a rig: loaded, with sessions of every kind, and run
 * on crafted frames by BPF_PROG_TEST_RUN while the slots are watched.
 */
#ifndef XRTT_TEST_RIG_H
#define XRTT_TEST_RIG_H

#include <stdint.h>
#include "probe_frames.h"
#include "slot.h"

/*
 * The sessions: UDP over IPv4 and IPv6, ICMP, ICMPv6, then UDP over IPv4 and
 * IPv6 to another host. Each has RIG_SLOTS slots.
 */
#define RIG_SESSIONS 6
#define RIG_KINDS 4 /* sessions that differ in kind */
#define RIG_SLOTS 8
#define RIG_ALL (RIG_SESSIONS * RIG_SLOTS)
#define RIG_FAR 2
#define RIG_FAR_OTHER 3
#define RIG_PORT 40001	  /* local port of the first session */
#define RIG_PORT_NONE 700 /* of no session */
#define RIG_RECORDS 64

enum rig_hook {
	RIG_EGRESS,
	RIG_XDP,
	RIG_INGRESS,
	RIG_UDP,
	RIG_ICMP4,
	RIG_ICMP6,
	RIG_HOOKS,
};

struct rig_setup {
	int no_link;
	int rx_at_tc; /* the XDP program is not loaded then */
};

struct prober_bpf;
struct ring_buffer;

struct rig {
	struct rig_setup setup;
	struct prober_bpf *bpf;
	struct ring_buffer *ring;
	struct slot *slots; /* shared with the programs */
	struct slot before[RIG_ALL];
	struct slot records[RIG_RECORDS];
	int fd[RIG_HOOKS]; /* -1: not loaded */
	uint64_t counters[PROBER_COUNTERS];
};

/* One run of a program: its verdict and the packet as it left it. */
struct rig_ran {
	uint32_t verdict;
	struct frame out;
};

/* Exits the test with a word where the machine or the privilege will not. */
void rig_open(struct rig *r, const struct rig_setup *setup);
void rig_close(struct rig *r);

/* The slot of the session's probe, armed as the engine does it. */
struct slot *rig_arm(struct rig *r, int session, uint32_t seq,
		     enum slot_engine engine);
struct slot *rig_slot(struct rig *r, int session, uint32_t seq);
struct probe_spec rig_request(const struct rig *r, int session, uint32_t seq);
struct probe_spec rig_reply(const struct rig *r, int session, uint32_t seq);
uint64_t rig_nonce(int session, uint32_t seq);

/* The first receive hook, and the session's own socket's. */
enum rig_hook rig_first(const struct rig *r);
enum rig_hook rig_socket(int session);
int rig_is_socket(enum rig_hook hook);

/* 0 or the kernel's -errno; a socket's hook takes what is cut for it. */
int rig_run(const struct rig *r, enum rig_hook hook, const struct frame *in,
	    struct rig_ran *ran);
/* The verdict that lets the packet go its way. */
uint32_t rig_pass_verdict(enum rig_hook hook, const struct frame *in);
/* The frame of a spec, cut if the hook is a socket's. */
void rig_frame(struct frame *f, enum rig_hook hook, const struct probe_spec *s);
/* Runs it; the verdict must be the given one and the octets unchanged. */
void rig_send_frame(struct rig *r, enum rig_hook hook, const struct frame *in,
		    uint32_t verdict);
void rig_send(struct rig *r, enum rig_hook hook, const struct probe_spec *s,
	      uint32_t verdict);
/* ... and must let it pass. */
void rig_pass(struct rig *r, enum rig_hook hook, const struct probe_spec *s);

/* Remembers every slot; then none may have changed but `but` (NULL: none). */
void rig_watch(struct rig *r);
void rig_unchanged(const struct rig *r, const struct slot *but);
const struct slot *rig_before(const struct rig *r, const struct slot *slot);

/* How often it was counted since the last call. */
uint64_t rig_counted(struct rig *r, enum prober_counter which);
/* Takes the records out of the ring; how many, and them in `records`. */
int rig_records(struct rig *r);

/* cmocka fixtures: the state is a rig, opened for XDP, for TC ingress as the
 * first receive hook, and for both of them without a link header. */
int rig_set_up_xdp(void **state);
int rig_set_up_tc(void **state);
int rig_set_up_tun(void **state);
int rig_set_up_tun_tc(void **state);
int rig_tear_down(void **state);

#define RIGGED(test, rig) \
	{ \
#test ": " #rig, test, rig_set_up_##rig, rig_tear_down, NULL \
	}

uint64_t rig_now(void);
/* Moves the caller to a CPU, which is what the slot must then hold. */
void rig_move(int cpu);

#endif
