/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run notes of the settings it changes, as text: a head of four lines,
 * then a line a change, which is on disk before the change is made.
 *
 *	xrtt-tune 1
 *	boot 5d3c...			/proc/sys/kernel/random/boot_id
 *	netns 4026531833 1		inode, and cookie (0: kernel has none)
 *	iface 2 near0			index and name
 *	rx-usecs 20 0 1			what, was, set, order
 *
 * Nothing in it is trusted: a number is checked for its range, a name only ever
 * compared, and what is written where comes from tables of the program.
 */
#ifndef XRTT_HOST_TUNE_NOTE_H
#define XRTT_HOST_TUNE_NOTE_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "host/tunable.h"

#define TUNE_NOTE_SIZE 4096
#define TUNE_RECORDS 16
#define TUNE_LINE 128

/* Two records of the same order are one change that two runs rely on; a higher
 * order was noted later. */
struct tune_record {
	enum tunable what;
	uint64_t was, set, order;
};

/* Where an index means an interface. The cookie (SO_NETNS_COOKIE, Linux 5.14)
 * is never used again before the next boot; an inode may be. */
struct tune_place {
	char boot[40];
	uint64_t netns, cookie;
};

struct tune_note {
	struct tune_place place;
	int ifindex;
	char ifname[IF_NAMESIZE];
	unsigned int count;
	struct tune_record record[TUNE_RECORDS];
};

/* The calling thread's. 0 or -errno. */
int tune_place_read(struct tune_place *out);

/* Whether the two are one namespace of one boot. */
bool tune_place_equal(const struct tune_place *a, const struct tune_place *b);

/* The number of characters written. */
size_t tune_note_format_head(const struct tune_note *note,
			     char text[TUNE_NOTE_SIZE]);
size_t tune_record_format(const struct tune_record *record,
			  char text[TUNE_LINE]);

/*
 * `text` need not end in '\0'. A last line without its end was being written
 * when the run died, and its change was not made: it does not count, and a note
 * that has no whole head has no records. Anything else that is not as above is
 * -EINVAL, and `out` is then empty.
 */
int tune_note_parse(const char *text, size_t size, struct tune_note *out);

#endif
