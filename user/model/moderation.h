/* SPDX-License-Identifier: GPL-2.0-only */
/* Why nobody can tell how long an interface keeps a received packet. */
#ifndef XRTT_MODEL_MODERATION_H
#define XRTT_MODEL_MODERATION_H

enum moderation_doubt {
	MODERATION_SURE,     /* it can be told */
	MODERATION_ADAPTIVE, /* the driver chooses as it goes */
	MODERATION_COUNTED,  /* rx-frames without rx-usecs */
	MODERATION_STACKED,  /* the interface below has it */
	MODERATION_THREADED, /* its NAPI runs in threads */
	MODERATION_UNTOLD,   /* hardware, and the driver does not answer */
	MODERATION_UNSEEN,   /* sysfs does not show this network namespace */
};

#endif
