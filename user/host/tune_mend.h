/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting back what ended runs had changed.
 *
 * A change that several runs rely on is in the note of each (same order); the
 * last of them puts it back, whichever that is and however it ends, because
 * each leaves it to those that still live. A change with a later one on top of
 * it (somebody set another value in between, and another run noted that) is
 * left to the later. A value that is not what the run had set was changed by
 * somebody else and stays.
 */
#ifndef XRTT_HOST_TUNE_MEND_H
#define XRTT_HOST_TUNE_MEND_H

#include "host/tune_dir.h"
#include "host/tune_sink.h"

/*
 * Settles every note in `dir` that is not live and of this place (`own`, a
 * file's name or NULL, only changes the words) and removes it. Notes of another
 * namespace stay for an xrtt that starts there; those from before a reboot have
 * nothing left to put back. Returns how many could not be settled: their files
 * stay, for the next start.
 */
unsigned int tune_mend(struct tune_dir *dir, const struct tune_place *place,
		       const char *own, const struct tune_sink *sink);

/* Whether both mean the same interface. */
bool tune_note_same_iface(const struct tune_note *a, const struct tune_note *b);

#endif
