// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

#define EXIT_USAGE 2

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "probe", cmd_probe, "measure the round trip to a host" },
	{ "flows", cmd_flows,
	  "which paths there are, and how long each lasts" },
	{ "path", cmd_path, "show who is on the way, and what hides there" },
	{ "reflect", cmd_reflect, "answer probes, on the far host" },
	{ "distance", cmd_distance, "what distance alone costs" },
	{ "report", cmd_report, "what a stored run found" },
	{ "doctor", cmd_doctor, "what this host itself does to a measurement" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void usage(FILE *to)
{
	fprintf(to, "xrtt: an RTT with an error bar\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  xrtt %-9s %s\n", commands[i].name,
			commands[i].summary);
	fprintf(to, "\n`xrtt COMMAND -h` lists a command's options; "
		    "xrtt(8) explains them.\n");
}

/* XRTT_DEBUG shows what libbpf has to say; a failure is told in our words. */
static int on_libbpf(enum libbpf_print_level level, const char *format,
		     va_list args)
{
	if (level == LIBBPF_DEBUG || !getenv("XRTT_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

int main(int argc, char **argv)
{
	libbpf_set_print(on_libbpf);
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		printf("xrtt %s\n", XRTT_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "xrtt: no command %s (see xrtt -h)\n", argv[1]);
	return EXIT_USAGE;
}
