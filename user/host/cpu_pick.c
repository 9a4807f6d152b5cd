// SPDX-License-Identifier: GPL-2.0-only
#include "host/cpu_pick.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS (8 * sizeof(long))
#define WORDS (CPU_MAX / WORD_BITS)
#define MASK_BITS 32 /* of a group between commas */

void cpu_set_add(struct cpu_set *set, unsigned int cpu)
{
	if (cpu < CPU_MAX)
		set->word[cpu / WORD_BITS] |= 1UL << cpu % WORD_BITS;
}

bool cpu_set_has(const struct cpu_set *set, unsigned int cpu)
{
	return cpu < CPU_MAX &&
	       (set->word[cpu / WORD_BITS] >> cpu % WORD_BITS & 1);
}

unsigned int cpu_set_count(const struct cpu_set *set)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		count += __builtin_popcountl(set->word[i]);
	return count;
}

void cpu_set_and(struct cpu_set *into, const struct cpu_set *with)
{
	for (unsigned int i = 0; i < WORDS; i++)
		into->word[i] &= with->word[i];
}

void cpu_set_or(struct cpu_set *into, const struct cpu_set *with)
{
	for (unsigned int i = 0; i < WORDS; i++)
		into->word[i] |= with->word[i];
}

void cpu_set_without(struct cpu_set *into, const struct cpu_set *with)
{
	for (unsigned int i = 0; i < WORDS; i++)
		into->word[i] &= ~with->word[i];
}

static int number_take(const char **text, unsigned int *out)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	value = strtoul(*text, &end, 10);
	if (value >= CPU_MAX)
		return -EINVAL;
	*text = end;
	*out = value;
	return 0;
}

static int list_take(const char *at, struct cpu_set *out)
{
	unsigned int from, to;

	while (*at && *at != '\n') {
		if (number_take(&at, &from))
			return -EINVAL;
		to = from;
		if (*at == '-') {
			at++;
			if (number_take(&at, &to) || to < from)
				return -EINVAL;
		}
		while (from <= to)
			cpu_set_add(out, from++);
		if (*at != ',')
			break;
		at++;
		if (!isdigit((unsigned char)*at))
			return -EINVAL;
	}
	return *at && strcmp(at, "\n") ? -EINVAL : 0;
}

int cpu_set_parse_list(const char *text, struct cpu_set *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	err = list_take(text, out);
	if (err)
		memset(out, 0, sizeof(*out));
	return err;
}

int cpu_set_parse_mask(const char *text, struct cpu_set *out)
{
	size_t length = strcspn(text, "\n"), group = 0;
	unsigned int bit = 0;

	memset(out, 0, sizeof(*out));
	if (text[length] && text[length + 1])
		goto bad;
	/* The lowest CPU is last, and a group may leave out leading zeros. */
	while (length-- > 0) {
		char c = text[length], digit[2] = { c, '\0' };
		unsigned long value;

		if (c == ',') {
			bit = ++group * MASK_BITS;
			continue;
		}
		if (!isxdigit((unsigned char)c) ||
		    bit >= (group + 1) * MASK_BITS)
			goto bad;
		value = strtoul(digit, NULL, 16);
		if (value && bit + 4 > CPU_MAX)
			goto bad;
		for (unsigned int i = 0; i < 4; i++) {
			if (value >> i & 1)
				cpu_set_add(out, bit + i);
		}
		bit += 4;
	}
	return 0;
bad:
	memset(out, 0, sizeof(*out));
	return -EINVAL;
}

void cpu_set_format(const struct cpu_set *set, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
		unsigned int to = cpu;
		char piece[24];
		int n;

		if (!cpu_set_has(set, cpu))
			continue;
		while (cpu_set_has(set, to + 1))
			to++;
		n = snprintf(piece, sizeof(piece),
			     to > cpu ? "%s%u-%u" : "%s%u", length ? "," : "",
			     cpu, to);
		if (length + n + sizeof("...") > size) {
			snprintf(text + length, size - length, "...");
			return;
		}
		strcpy(text + length, piece);
		length += n;
		cpu = to;
	}
}

/* " 38:   0  4954 PCI-MSIX-0000:00:03.0   1-edge      virtio2-input.0": past
 * the counts come the controller, the hardware's number, and the name. Names
 * such as "eth0, eth1" hold spaces. */
int interrupt_parse(const char *line, char *name, size_t size)
{
	unsigned long number;
	char *at;

	if (size)
		name[0] = '\0';
	number = strtoul(line, &at, 10);
	if (at == line || *at != ':' || number > INT32_MAX ||
	    strchr(line, ':') != at)
		return -1;
	at++;
	for (;;) {
		at += strspn(at, " \t");
		if (!isdigit((unsigned char)*at) ||
		    at[strspn(at, "0123456789")] != ' ')
			break;
		at += strspn(at, "0123456789");
	}
	for (int i = 0; i < 2; i++) {
		at += strcspn(at, " \t\n");
		at += strspn(at, " \t");
	}
	if (size)
		snprintf(name, size, "%.*s", (int)strcspn(at, "\n"), at);
	return number;
}

static bool contains(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcasestr(text, *words))
			return true;
	}
	return false;
}

bool interrupt_is_rx(const char *name)
{
	static const char *const rx[] = { "rx", "input", NULL };
	static const char *const not_rx[] = { "tx",    "output",  "config",
					      "mgmnt", "admin",	  "async",
					      "event", "control", NULL };

	return contains(name, rx) || !contains(name, not_rx);
}

/* One bit a wish, the most important on top. */
static unsigned int cpu_score(const struct cpu_facts *f, unsigned int cpu)
{
	return !cpu_set_has(&f->interrupted, cpu) << 6 |
	       !cpu_set_has(&f->steered, cpu) << 5 |
	       !cpu_set_has(&f->busy, cpu) << 4 |
	       cpu_set_has(&f->isolated, cpu) << 3 |
	       !cpu_set_has(&f->sibling, cpu) << 2 |
	       cpu_set_has(&f->local, cpu) << 1 | (cpu > 0);
}

static void pick_explain(const struct cpu_facts *f, unsigned int cpu, char *how,
			 size_t size)
{
	const char *kind = cpu_set_has(&f->isolated, cpu) ? "isolated, " : "";
	char irqs[48];

	cpu_set_format(&f->interrupted, irqs, sizeof(irqs));
	if (cpu_set_count(&f->allowed) == 1)
		snprintf(how, size, "%sthe only CPU allowed", kind);
	else if (!f->interrupts_known)
		snprintf(how, size,
			 "%swhich ones take RX interrupts is not known", kind);
	else if (cpu_set_has(&f->interrupted, cpu))
		snprintf(how, size,
			 "%sthough it takes RX interrupts, as all do (%s)",
			 kind, irqs);
	else if (cpu_set_has(&f->steered, cpu))
		snprintf(how, size, "%sthough RPS steers packets there", kind);
	else if (irqs[0])
		snprintf(how, size, "%sRX interrupts are taken on %s", kind,
			 irqs);
	else
		snprintf(how, size, "%sthe interface has no interrupts", kind);
}

int cpu_pick(const struct cpu_facts *facts, char *how, size_t size)
{
	unsigned int best_score = 0;
	int best = -1;

	for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
		unsigned int score = cpu_score(facts, cpu);

		if (cpu_set_has(&facts->allowed, cpu) &&
		    (best < 0 || score >= best_score)) {
			best_score = score;
			best = cpu;
		}
	}
	if (best < 0)
		return -ENOENT;
	pick_explain(facts, best, how, size);
	return best;
}
