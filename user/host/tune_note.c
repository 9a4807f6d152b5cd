// SPDX-License-Identifier: GPL-2.0-only
#include "host/tune_note.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/netdev_attr.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define MAGIC "xrtt-tune"
#define VERSION "1"
#define HEAD_LINES 4
#define MAX_WORDS 4

int tune_place_read(struct tune_place *out)
{
	socklen_t size = sizeof(out->cookie);
	struct stat st;
	int fd, err;

	memset(out, 0, sizeof(*out));
	err = text_file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id",
			     out->boot, sizeof(out->boot));
	if (err)
		return err;
	out->boot[strcspn(out->boot, "\n")] = '\0';
	if (stat("/proc/thread-self/ns/net", &st))
		return -errno;
	out->netns = st.st_ino;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &out->cookie, &size))
		out->cookie = 0;
	close(fd);
	return 0;
}

bool tune_place_equal(const struct tune_place *a, const struct tune_place *b)
{
	return !strcmp(a->boot, b->boot) && a->netns == b->netns &&
	       a->cookie == b->cookie;
}

size_t tune_note_format_head(const struct tune_note *note,
			     char text[TUNE_NOTE_SIZE])
{
	return snprintf(text, TUNE_NOTE_SIZE,
			MAGIC " " VERSION "\nboot %s\nnetns %" PRIu64
			      " %" PRIu64 "\niface %d %s\n",
			note->place.boot, note->place.netns, note->place.cookie,
			note->ifindex, note->ifname);
}

size_t tune_record_format(const struct tune_record *record,
			  char text[TUNE_LINE])
{
	return snprintf(text, TUNE_LINE,
			"%s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			tunable_name(record->what), record->was, record->set,
			record->order);
}

/* Only what snprintf above writes: digits, no sign, no leading zero. */
static int number_parse(const char *word, uint64_t max, uint64_t *out)
{
	char *end;

	if (*word < '0' || *word > '9' || (*word == '0' && word[1]))
		return -EINVAL;
	errno = 0;
	*out = strtoull(word, &end, 10);
	return errno || *end || *out > max ? -EINVAL : 0;
}

static int head_parse(unsigned int line, char *const *word, unsigned int words,
		      struct tune_note *out)
{
	static const char *const names[HEAD_LINES] = { MAGIC, "boot", "netns",
						       "iface" };
	uint64_t index;

	if (words != (line < 2 ? 2 : 3) || strcmp(word[0], names[line]))
		return -EINVAL;
	switch (line) {
	case 0:
		return strcmp(word[1], VERSION) ? -EINVAL : 0;
	case 1:
		if (strlen(word[1]) >= sizeof(out->place.boot))
			return -EINVAL;
		strcpy(out->place.boot, word[1]);
		return 0;
	case 2:
		return number_parse(word[1], UINT64_MAX, &out->place.netns) ||
				       number_parse(word[2], UINT64_MAX,
						    &out->place.cookie)
			       ? -EINVAL
			       : 0;
	default:
		if (number_parse(word[1], INT_MAX, &index) || !index ||
		    strlen(word[2]) >= sizeof(out->ifname))
			return -EINVAL;
		out->ifindex = index;
		strcpy(out->ifname, word[2]);
		return 0;
	}
}

static int record_parse(char *const *word, unsigned int words,
			struct tune_note *out)
{
	struct tune_record *r = &out->record[out->count];

	if (words != 4 || out->count == TUNE_RECORDS)
		return -EINVAL;
	r->what = tunable_find(word[0]);
	if (r->what == TUNABLES || number_parse(word[1], UINT64_MAX, &r->was) ||
	    number_parse(word[2], UINT64_MAX, &r->set) ||
	    number_parse(word[3], UINT64_MAX - 1, &r->order))
		return -EINVAL;
	out->count++;
	return 0;
}

/* Words of printable ASCII with one space between; 0 if it is anything else. */
static unsigned int line_split(char *line, char *word[MAX_WORDS])
{
	unsigned int words = 0;

	for (char *c = line; *c; c++) {
		if (*c < ' ' || *c > '~')
			return 0;
	}
	while (words < MAX_WORDS) {
		word[words] = line;
		line = strchrnul(line, ' ');
		if (line == word[words])
			return 0;
		words++;
		if (!*line)
			return words;
		*line++ = '\0';
	}
	return 0;
}

static int line_parse(unsigned int number, const char *start, size_t length,
		      struct tune_note *out)
{
	char line[TUNE_LINE], *word[MAX_WORDS];
	unsigned int words;

	if (length >= sizeof(line) || memchr(start, '\0', length))
		return -EINVAL;
	memcpy(line, start, length);
	line[length] = '\0';
	words = line_split(line, word);
	if (number < HEAD_LINES)
		return head_parse(number, word, words, out);
	return record_parse(word, words, out);
}

int tune_note_parse(const char *text, size_t size, struct tune_note *out)
{
	const char *end;
	int err;

	memset(out, 0, sizeof(*out));
	if (size > TUNE_NOTE_SIZE)
		return -EINVAL;
	for (unsigned int line = 0; size; line++) {
		end = memchr(text, '\n', size);
		if (!end)
			break;
		err = line_parse(line, text, end - text, out);
		if (err) {
			memset(out, 0, sizeof(*out));
			return err;
		}
		size -= end + 1 - text;
		text = end + 1;
	}
	return 0;
}
