/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every probe as a row, CSV or JSONL by the file's name. Rows are written as
 * they are given, through a buffer, in whole rows: a full disk leaves no half
 * row behind.
 *
 * Columns, units and words are in section "SAMPLES" of xrtt(8). Local stamps
 * are ns since the run's origin, remote ones since the remote's first stamp.
 */
#ifndef XRTT_OUT_SAMPLES_H
#define XRTT_OUT_SAMPLES_H

#include "model/sample.h"

struct samples;

struct sample_origin {
	mono_t local;
	bool has_remote; /* else the first row with a remote stamp sets it */
	remote_t remote;
};

/* Creates or truncates `path`, whose name must end in .csv or .jsonl, and
 * writes CSV's header. NULL with -errno in *err; -EINVAL: another ending. */
struct samples *samples_open(const char *path,
			     const struct sample_origin *origin, int *err);

/* One row. `ends` says which stamps bound network_ns. 0 or -errno; the first
 * failure is told on stderr, with the path, and from then on nothing is written
 * and every call returns that error: the measurement goes on. */
int samples_write(struct samples *samples, const struct sample *s,
		  const struct wire_ends *ends);

/* Hands the buffered rows to the kernel. 0 or -errno as above. */
int samples_flush(struct samples *samples);

/* The origin in use: what JSON's run.remote_origin_tai_ns must say. */
struct sample_origin samples_origin(const struct samples *samples);

/* Flushes, closes and frees. 0, or the error that stopped it. Takes NULL. */
int samples_close(struct samples *samples);

#endif
