/* SPDX-License-Identifier: GPL-2.0-only */
/* What is to become of a packet at TC. */
#ifndef XRTT_BPF_SEEN_H
#define XRTT_BPF_SEEN_H

enum seen {
	SEEN,	   /* whatever it was, on with it */
	SEEN_PART, /* ours, and not all of it that matters is in reach */
	SEEN_LAST, /* ours, and nobody else is to see it */
};

#endif
