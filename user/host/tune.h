/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings of this host that spoil stamps, changed for a run and put back.
 *
 * Each change is noted in a file (tune_dir.h) before it is made, and undone by
 * whichever comes first: tune_close(), which the run reaches on Ctrl-C and on
 * errors too, or tune_sweep() in the next xrtt after kill -9. Whatever the
 * number of runs on one interface and the order of their ends, the last to go
 * leaves the values of before the first: a run that finds a value as a live run
 * has set it copies that run's note, and each leaves to the others what they
 * rely on too (tune_mend.h). Noting, changing and undoing are under one lock.
 *
 * An interface is its index in its network namespace, so renaming it loses
 * nothing and another of its name is not mistaken for it.
 *
 * Everything is said to the sink, one line each: "near0: rx-usecs 20 -> 0".
 * Tuning that cannot be had is a line too, with what would mend it, and never
 * an error; where changes cannot be noted, none is made.
 */
#ifndef XRTT_HOST_TUNE_H
#define XRTT_HOST_TUNE_H

#include "host/tunable.h"
#include "host/tune_sink.h"

struct tune;

/* Copies both; changes nothing yet. NULL and *err = -errno on failure. */
struct tune *tune_open(const struct iface *iface, const struct tune_sink *sink,
		       int *err);

/* Interrupt moderation off, both ways: adaptive off, frames 1, usecs 0. It can
 * make a driver restart its queues: not during a measurement. */
void tune_moderation(struct tune *t);

/* Holds the CPUs out of sleep states that take time to leave, by a request for
 * 0 µs in /dev/cpu_dma_latency. The kernel drops it with the process. */
void tune_cpu_latency(struct tune *t);

/*
 * Keeps an interface's interrupts off while a socket polls it: the socket's
 * options (busy_poll.h) and the interface's NAPI deferral; a deferral that
 * somebody set already stays. Only where busy_poll_probe() finds NAPI that the
 * socket can poll: where nobody does, deferral holds packets up to 200 µs.
 * Where that shows only in a received packet (Linux before 6.8), a line says so
 * and a second call after the first reply does it. May be repeated, for every
 * socket.
 */
void tune_busy_poll(struct tune *t, int fd);

/* One setting, to that value, noted and said as all are; for host/prepare.h. 0,
 * also where it has the value already; -EACCES where it cannot be noted and so
 * is not changed, or -errno. A setting may be set more than once. */
int tune_set(struct tune *t, enum tunable what, uint64_t value);

/*
 * Notes a setting that will be `then` once what is changed after this call has
 * been put back, and is itself to be put back after that: it changes along with
 * another. Nothing is noted where it is `then` already. 0, -ENOENT where there
 * is no such setting, -EACCES where it cannot be noted, or -errno.
 */
int tune_follow(struct tune *t, enum tunable what, uint64_t then);

/*
 * Has the NIC stamp all that it receives, which it says beforehand, because it
 * restarts the NIC, now and when it is put back; where the NIC does so already
 * nothing changes. 0, and hwtstamp_read() then tells what it came to (a change
 * that cannot be noted is not made, and said); -EOPNOTSUPP where the driver has
 * no such setting, or -errno.
 */
int tune_hwtstamp(struct tune *t);

/* How many settings of the interface this run has changed or relies on. */
unsigned int tune_changes(const struct tune *t);

/* Puts everything back, and what dead runs left as well; NULL is fine. */
void tune_close(struct tune *t);

/* At the start of any xrtt: puts back what dead runs left in this network
 * namespace. 0, also if there was nothing; -EACCES without the rights to look;
 * -EAGAIN if something could not be put back (it was said, and the next start
 * tries again); or -errno. */
int tune_sweep(const struct tune_sink *sink);

#endif
