/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether an object loads with given capabilities, and how much of it the
 * verifier walks through.
 */
#ifndef XRTT_TEST_LOADING_H
#define XRTT_TEST_LOADING_H

#include <stdint.h>
#include <bpf/libbpf.h>

#define LOADING_PROGRAMS 8

/* What xrtt asks for and no more: CAP_BPF and CAP_NET_ADMIN; and root's. */
#define LOADING_BPF (1ULL << 39)
#define LOADING_NET_ADMIN (1ULL << 12)
#define LOADING_ENOUGH (LOADING_BPF | LOADING_NET_ADMIN)
#define LOADING_ROOT UINT64_MAX

struct loading {
	int err; /* 0 or -errno */
	int programs;
	struct {
		char name[32];
		uint32_t instructions;
	} of[LOADING_PROGRAMS];
};

/* Opened and configured, not loaded; NULL and errno if it could not be. */
typedef struct bpf_object *loading_open_fn(const void *config);

/* This process, with exactly these capabilities from then on: 0 or -errno. */
int loading_become_nobody(uint64_t capabilities);

/* In a child of its own, as nobody with exactly these unless LOADING_ROOT. What
 * libbpf has to say about a failure is shown for ENOUGH and ROOT only. */
void loading_try(uint64_t capabilities, loading_open_fn *open,
		 const void *config, struct loading *out);

/* As root, then with the two capabilities: both must load the same `programs`.
 * Prints the instructions of each under `title`. */
void loading_compare(const char *title, loading_open_fn *open,
		     const void *config, int programs);

#endif
