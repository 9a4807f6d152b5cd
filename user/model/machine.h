/* SPDX-License-Identifier: GPL-2.0-only */
/* What tells one machine, as it runs now, from another: a figure measured on
 * one says nothing about the other. */
#ifndef XRTT_MODEL_MACHINE_H
#define XRTT_MODEL_MACHINE_H

#define MACHINE_TEXT 128 /* octets of a text, its 0 included */

/* "" is what could not be read. */
struct machine {
	char kernel[MACHINE_TEXT];  /* release, as uname -r */
	char boot_id[MACHINE_TEXT]; /* new with every boot */
	char cpu[MACHINE_TEXT];	    /* the first one's model */
};

#endif
