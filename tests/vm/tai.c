// SPDX-License-Identifier: GPL-2.0-only
/*
 * tai SECONDS: sets the kernel's TAI - UTC (adjtimex(2), ADJ_TAI), as a time
 * daemon would. For the guests, which have no daemon to ask.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>

int main(int argc, char **argv)
{
	struct timex timex = { .modes = ADJ_TAI };

	if (argc != 2) {
		fprintf(stderr, "usage: tai SECONDS\n");
		return 2;
	}
	timex.constant = strtol(argv[1], NULL, 10);
	if (adjtimex(&timex) < 0) {
		perror("tai: adjtimex");
		return 1;
	}
	return 0;
}
