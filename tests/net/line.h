/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The delay line's user side. Functions return 0 or -errno and have then, if
 * not called silent, said on stderr what is wrong.
 */
#ifndef LINE_H
#define LINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include "line_abi.h"

enum line_jitter {
	LINE_JITTER_NONE,
	LINE_JITTER_UNIFORM, /* between 0 and jitter_ns */
	LINE_JITTER_EXP,     /* exponential, of mean jitter_ns */
	LINE_JITTER_AR,	     /* the same, correlation e^(-t / memory_ns) */
};

struct line_options {
	const char *ifname[2]; /* A, B */
	const char *pass;      /* --pass: the interface, else NULL */
	const char *plan;
	const char *paths;
	const char *ledger;
	uint64_t hold_ns[2];
	uint64_t lie_ns;
	enum line_jitter jitter;
	uint64_t jitter_ns;
	uint64_t memory_ns;
	uint64_t seed;
	unsigned int seconds; /* 0: until a signal */
	unsigned int rows;    /* the ledger's room, each direction */
	int cpu;	      /* -1: the last one allowed */
	uint16_t port;
	bool is_icmp_stamp;
	bool is_raw;	 /* --clock raw */
	int sequence_at; /* in both ways' payload, -1: as in STAMP */
};

/* "27.5ms" to nanoseconds; a bare number is seconds. -EINVAL, silently. */
int line_time_parse(const char *text, uint64_t *ns);

/* 1 if help was asked for and given. */
int line_options_parse(int argc, char **argv, struct line_options *o);

/* cells: 2 * LINE_CELLS of them, all zero. */
int line_plan_load(const char *path, struct line_cell *cells);

/* As in struct line_config. */
struct line_paths {
	uint32_t lanes;
	uint32_t steps[2][LINE_LANES];
	struct line_step step[2][LINE_LANES][LINE_STEPS];
	uint8_t lane_of_port[UINT16_MAX + 1];
};

/* paths: all zero. */
int line_paths_load(const char *path, struct line_paths *paths);

/* Fills the jitter, reproducibly from o->seed, apart for each direction. Sets
 * *step_ns to the time between two cells, or 0 for a cell a frame. */
int line_jitter_fill(const struct line_options *o, struct line_cell *cells,
		     uint64_t *step_ns);

/* What the line did: queues and rows as in line_abi.h, rows of max each. */
struct line_outcome {
	const struct line_queue *queues;
	const struct line_row *rows;
	uint32_t max;
};

int line_ledger_write(const char *path, const struct line_outcome *out);

/* The closing words on stderr. Returns 0, or 1 if a frame overflowed, went
 * unlogged, failed to leave or was still held. */
int line_outcome_print(const struct line_outcome *out);

/* Does the other end of this veth run an XDP program? 1 or 0; -errno where
 * that cannot be seen. Silent. */
int line_peer_has_xdp(unsigned int ifindex);

/* The interface's receive queues, 1 where the driver does not say. */
unsigned int line_queues_count(const char *ifname);

/* The interface's MTU, or -errno. */
int line_mtu_get(const char *ifname);

/* The thread that does nothing but run the resident program. */
struct line_worker {
	int prog_fd;
	pthread_t thread;
	bool is_running;
	volatile bool is_ending;
	volatile int err; /* what ended it, 0 while it runs */
};

/* Returns once *beats, which the program counts up, is not 0. cpu < 0: the
 * last one this process may use. Silent; takes SIGUSR1 for itself. */
int line_worker_start(struct line_worker *worker, int cpu,
		      const volatile __u64 *beats);

/* Harmless if it does not run. */
void line_worker_stop(struct line_worker *worker);

/* Adds a tick: where CLOCK_MONOTONIC_RAW is, counted from where MONOTONIC was
 * at the first one, and what it gained over the last eight. */
void line_clock_publish(struct line_clock *clock);

/* CLOCK_MONOTONIC in ns. */
uint64_t line_clock_now(void);

#endif
