/* The children of a process that it need not know of: those that came to it from others that have ended. */
#define _GNU_SOURCE
#include "guard.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those that came with this process, of a shell that became it. */
enum { INHERITED_LIMIT = 64 };
static pid_t inherited[INHERITED_LIMIT];
static int inherited_count;

static bool is_inherited(pid_t child)
{
	int number;

	for (number = 0; number < inherited_count && inherited[number] != child; number++)
		;
	return number < inherited_count;
}

/* The parent of a process; 0 where there is none of that number. */
static pid_t parent_of(const char *number)
{
	char path[64], text[512], *end;
	pid_t parent = 0;
	size_t size;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%.20s/stat", number);
	file = fopen(path, "re");
	if (!file)
		return 0;
	/* The name may hold anything; what follows its last parenthesis is one letter and the parent. */
	size = fread(text, 1, sizeof text - 1, file);
	text[size] = 0;
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %*c %d", &parent) != 1)
		parent = 0;
	fclose(file);
	return parent;
}

/* Calls `act` for each child of this process; false where there is none. */
static bool for_each_child(void (*act)(pid_t))
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	bool isAny = false;

	while (all && (entry = readdir(all))) {
		pid_t child = atoi(entry->d_name);

		if (child <= 0 || parent_of(entry->d_name) != getpid() || is_inherited(child))
			continue;
		isAny = true;
		act(child);
	}
	if (all)
		closedir(all);
	return isAny;
}

static void inherit(pid_t child)
{
	if (inherited_count < INHERITED_LIMIT)
		inherited[inherited_count++] = child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, 0, 0);
}

void walkproof_children_inherit(void) { for_each_child(inherit); }

void walkproof_children_end(void)
{
	int round;

	/* Whoever is ended leaves its own children to this process, so it is looked for them again. */
	for (round = 0; round < 64 && for_each_child(end); round++)
		;
}
