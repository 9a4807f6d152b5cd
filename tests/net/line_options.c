// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "line.h"

static const char usage[] =
	"usage: line -a IFA -b IFB --hold TIME [options]\n"
	"       line --pass IFACE [--seconds N]\n"
	"Holds every frame between two veth ends for a set time, or attaches\n"
	"an XDP program to IFACE that passes everything.\n"
	"  --hold TIME      both ways; --hold-ab TIME, --hold-ba TIME one way\n"
	"  --jitter KIND    none, uniform:TIME, exp:TIME or ar:TIME:MEMORY\n"
	"  --seed N         of the jitter (1)\n"
	"  --plan FILE      lines such as: ab 17 drop; ba 3 dup; ab 5 swap;\n"
	"                   ab 100..149 drop; ba 7 hold 5ms\n"
	"  --paths FILE     lines such as: ab 40000..40003 hold 3ms;\n"
	"                   ba 40000 hold 4ms at 2.5s: what these ports of "
	"the\n"
	"                   sender's have for a hold, from so long after the\n"
	"                   first measured frame on; swaps have no place "
	"there\n"
	"  --lie TIME       hold so much longer than the ledger says\n"
	"  --ledger FILE    CSV, written at the end\n"
	"  --rows N         the ledger's room, each direction (262144)\n"
	"  --port N         STAMP's port, and TCP's (862)\n"
	"  --sequence AT    that port's protocol is another: both ways its\n"
	"                   number is the 32 bits at octet AT (0 to 40)\n"
	"  --icmp-stamp     ICMP sequences are 32 bits at offset 8\n"
	"  --clock KIND     times the hold by mono (the default) or by raw,\n"
	"                   which nobody steers; the ledger's is mono\n"
	"  --cpu N          where it spins (the last one)\n"
	"  --seconds N      ends by itself after that (60; --pass: never)\n"
	"TIME takes ns, us, ms or s. Prints 'ready' once it forwards. The\n"
	"sender's VLAN offload must be off: a tag beside the frame is lost.\n";

enum {
	HOLD = 256,
	HOLD_AB,
	HOLD_BA,
	JITTER,
	SEED,
	PLAN,
	PATHS,
	LIE,
	LEDGER,
	ROWS,
	PORT,
	SEQUENCE,
	ICMP_STAMP,
	CLOCK,
	CPU,
	SECONDS,
	PASS
};

static const struct option long_options[] = {
	{ "hold", required_argument, NULL, HOLD },
	{ "hold-ab", required_argument, NULL, HOLD_AB },
	{ "hold-ba", required_argument, NULL, HOLD_BA },
	{ "jitter", required_argument, NULL, JITTER },
	{ "seed", required_argument, NULL, SEED },
	{ "plan", required_argument, NULL, PLAN },
	{ "paths", required_argument, NULL, PATHS },
	{ "lie", required_argument, NULL, LIE },
	{ "ledger", required_argument, NULL, LEDGER },
	{ "rows", required_argument, NULL, ROWS },
	{ "port", required_argument, NULL, PORT },
	{ "sequence", required_argument, NULL, SEQUENCE },
	{ "icmp-stamp", no_argument, NULL, ICMP_STAMP },
	{ "clock", required_argument, NULL, CLOCK },
	{ "cpu", required_argument, NULL, CPU },
	{ "seconds", required_argument, NULL, SECONDS },
	{ "pass", required_argument, NULL, PASS },
	{ "help", no_argument, NULL, 'h' },
	{}
};

int line_time_parse(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "ns", 1 },  { "us", 1e3 }, { "ms", 1e6 },
		{ "s", 1e9 }, { "", 1e9 },
	};
	char *end;
	double value = strtod(text, &end);

	if (end == text || !(value >= 0))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (value * units[i].ns > 3600e9)
			return -EINVAL;
		*ns = value * units[i].ns + 0.5;
		return 0;
	}
	return -EINVAL;
}

static int parse_number(const char *text, uint64_t max, uint64_t *n)
{
	char *end;

	errno = 0;
	*n = strtoull(text, &end, 10);
	return errno || end == text || *end || *text == '-' || *n > max
		       ? -EINVAL
		       : 0;
}

static int parse_jitter(const char *text, struct line_options *o)
{
	char copy[64], *memory;
	const char *time;

	if (!strcmp(text, "none"))
		return 0;
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return -EINVAL;
	time = strchr(copy, ':');
	if (!time++)
		return -EINVAL;
	memory = strchr(time, ':');
	if (memory)
		*memory++ = 0;
	if (!strncmp(copy, "uniform:", 8) && !memory)
		o->jitter = LINE_JITTER_UNIFORM;
	else if (!strncmp(copy, "exp:", 4) && !memory)
		o->jitter = LINE_JITTER_EXP;
	else if (!strncmp(copy, "ar:", 3) && memory &&
		 !line_time_parse(memory, &o->memory_ns) && o->memory_ns)
		o->jitter = LINE_JITTER_AR;
	else
		return -EINVAL;
	return line_time_parse(time, &o->jitter_ns);
}

static int parse_hold(int key, const char *text, struct line_options *o)
{
	uint64_t ns;
	int err = line_time_parse(text, &ns);

	if (err)
		return err;
	if (key != HOLD_BA)
		o->hold_ns[0] = ns;
	if (key != HOLD_AB)
		o->hold_ns[1] = ns;
	return 0;
}

/* Whether it is an option whose argument is kept as it is. */
static bool parse_words(int key, struct line_options *o)
{
	switch (key) {
	case 'a':
	case 'b':
		o->ifname[key - 'a'] = optarg;
		return true;
	case PLAN:
		o->plan = optarg;
		return true;
	case PATHS:
		o->paths = optarg;
		return true;
	case LEDGER:
		o->ledger = optarg;
		return true;
	case PASS:
		o->pass = optarg;
		return true;
	}
	return false;
}

static int parse_option(int key, struct line_options *o)
{
	uint64_t n = 0;
	int err = 0;

	if (parse_words(key, o))
		return 0;
	switch (key) {
	case HOLD:
	case HOLD_AB:
	case HOLD_BA:
		return parse_hold(key, optarg, o);
	case JITTER:
		return parse_jitter(optarg, o);
	case CLOCK:
		o->is_raw = !strcmp(optarg, "raw");
		return o->is_raw || !strcmp(optarg, "mono") ? 0 : -EINVAL;
	case LIE:
		return line_time_parse(optarg, &o->lie_ns);
	case ICMP_STAMP:
		o->is_icmp_stamp = true;
		return 0;
	case SEED:
		return parse_number(optarg, UINT64_MAX, &o->seed);
	case ROWS:
		err = parse_number(optarg, 1u << 24, &n);
		o->rows = n ? n : 1;
		return err;
	case PORT:
		err = parse_number(optarg, UINT16_MAX, &n);
		o->port = n;
		return err;
	case SEQUENCE:
		err = parse_number(optarg, 40, &n);
		o->sequence_at = n;
		return err;
	case CPU:
		err = parse_number(optarg, 1023, &n);
		o->cpu = n;
		return err;
	case SECONDS:
		err = parse_number(optarg, 86400, &n);
		o->seconds = n;
		return err;
	}
	return -EINVAL;
}

int line_options_parse(int argc, char **argv, struct line_options *o)
{
	bool has_hold = false, has_seconds = false;
	int key;

	*o = (struct line_options){ .seed = 1,
				    .rows = 1u << 18,
				    .cpu = -1,
				    .port = 862,
				    .sequence_at = -1 };
	while ((key = getopt_long(argc, argv, "a:b:h", long_options, NULL)) !=
	       -1) {
		if (key == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (key == '?')
			return -EINVAL;
		if (parse_option(key, o)) {
			fprintf(stderr, "line: cannot use the value '%s'\n",
				optarg);
			return -EINVAL;
		}
		has_hold |= key >= HOLD && key <= HOLD_BA;
		has_seconds |= key == SECONDS;
	}
	if (!has_seconds && !o->pass)
		o->seconds = 60;
	if (optind < argc) {
		fprintf(stderr, "line: unexpected '%s'\n", argv[optind]);
		return -EINVAL;
	}
	if (!o->pass && (!o->ifname[0] || !o->ifname[1] || !has_hold)) {
		fprintf(stderr, "line: needs -a, -b and --hold (see -h)\n");
		return -EINVAL;
	}
	return 0;
}
