/* A process that waits for its host to be gone, in whatever way, and then ends the host's workers with all
 * that they forked. A worker cannot be left to do that itself: it runs somebody else's code, and the
 * parent-death signal that the kernel has is sent when a thread ends, not a process. */
#define _GNU_SOURCE
#include "guard.h"
#include "walkproof_worker.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The end of the pipe that is open for as long as the host lives. */
static int life = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_started;

/* The workers that there are; of more than there is room for the last are not known. */
enum { WORKER_LIMIT = 4096 };
static pid_t workers[WORKER_LIMIT];
static int worker_count;

static void note(pid_t told)
{
	int number;

	if (told > 0) {
		if (worker_count < WORKER_LIMIT)
			workers[worker_count++] = told;
		return;
	}
	for (number = 0; number < worker_count && workers[number] != -told; number++)
		;
	if (number < worker_count)
		workers[number] = workers[--worker_count];
}

/* The children that came with this process, of a shell that became it; they are none of its own. */
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

/* Runs in a process that was forked from one with threads, and so calls the kernel only. */
static void watch(int life_end)
{
	sigset_t all;
	pid_t told;
	ssize_t size;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, 0);
	if (dup2(life_end, 0) < 0)
		_exit(1);
	/* It keeps nobody's pipe open, its host's own included. */
	close_range(1, ~0u, 0);
	while ((size = read(0, &told, sizeof told)) == sizeof told || (size < 0 && errno == EINTR))
		if (size > 0)
			note(told);
	while (worker_count)
		kill(-workers[--worker_count], SIGKILL);
	_exit(0);
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

static void start(void)
{
	int ends[2];
	pid_t guard;

	is_started = true;
	for_each_child(inherit);

	/* What a worker leaves behind comes to this process, which ends and reaps it. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(ends, O_CLOEXEC))
		return;
	guard = fork();
	if (guard == 0)
		watch(ends[0]);
	close(ends[0]);
	if (guard < 0)
		close(ends[1]);
	else
		life = ends[1];
}

void walkproof_guard_start(void) { pthread_once(&once, start); }

void walkproof_guard_tell(pid_t worker)
{
	/* A guard that is gone takes no more; the workers' own look at their parent is left. */
	if (life >= 0 && write(life, &worker, sizeof worker) < 0)
		return;
}

void walkproof_workers_end(void)
{
	int round;

	if (!is_started)
		return;
	/* Whoever is ended leaves its own children to this process, so it is looked for them again. */
	for (round = 0; round < 64 && for_each_child(end); round++)
		;
}
