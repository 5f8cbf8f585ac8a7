/* The host's side of a worker. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guard.h"
#include "region.h"

extern char **environ;

struct walkproof_worker {
	struct walkproof_region region;
	int file;
	pid_t pid; /* 0 once it is gone */
	int processor; /* that it was last told to run on */
	/* The memory's layout, which the plugin can reach in the control and so is kept apart from it. */
	uint32_t page_shift, page_capacity;
};

/*
 * The descriptors of a worker: nothing to read or write, the shared memory, and no other. One that is
 * open here for somebody else, such as the end of a pipe that another thread has just made, would keep
 * that pipe's reader waiting for as long as the worker lives.
 */
enum { MEMORY_DESCRIPTOR = 3 };

/* The signals of a worker are the walker's, whatever its host does with its own, and its group of processes
 * is its own: a terminal's interrupt is its host's to answer, and what it forks goes with it. */
static int prepare(posix_spawnattr_t *attributes)
{
	sigset_t signals;
	int result = posix_spawnattr_init(attributes);

	if (result)
		return result;
	sigfillset(&signals);
	posix_spawnattr_setsigdefault(attributes, &signals);
	sigemptyset(&signals);
	posix_spawnattr_setsigmask(attributes, &signals);
	posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
							    POSIX_SPAWN_SETPGROUP);
}

static int spawn(struct walkproof_worker *worker, const char *executable, const char *plugin)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char number[16];
	char *const arguments[] = { (char *)executable, "worker", (char *)plugin, number, 0 };
	int result;

	result = prepare(&attributes);
	if (result)
		return result;
	walkproof_guard_start();
	worker->region.control->host = getpid();
	snprintf(number, sizeof number, "%d", MEMORY_DESCRIPTOR);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	posix_spawn_file_actions_adddup2(&actions, worker->file, MEMORY_DESCRIPTOR);
	posix_spawn_file_actions_addclosefrom_np(&actions, MEMORY_DESCRIPTOR + 1);
	result = posix_spawn(&worker->pid, executable, &actions, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (!result)
		walkproof_guard_tell(worker->pid);
	return result;
}

struct walkproof_worker *walkproof_worker_start(const char *executable, const char *plugin,
						uint64_t physical_base, uint32_t page_shift,
						uint32_t page_capacity)
{
	struct walkproof_worker *worker = calloc(1, sizeof *worker);
	int result;

	if (!worker)
		return 0;
	worker->page_shift = page_shift;
	worker->page_capacity = page_capacity;
	worker->file = memfd_create("walkproof", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (worker->file < 0 || !walkproof_region_make(worker->file, page_shift, page_capacity) ||
	    !walkproof_region_map(&worker->region, worker->file, page_shift, page_capacity)) {
		result = errno;
		walkproof_worker_stop(worker);
		errno = result;
		return 0;
	}
	worker->region.control->physical_base = physical_base;
	if (!walkproof_worker_restart(worker, executable, plugin)) {
		result = errno;
		walkproof_worker_stop(worker);
		errno = result;
		return 0;
	}
	return worker;
}

/* Of the control only the memory's layout is kept, and all else as it is at a first start. The rest of the
 * memory is written before it is read, and to have it already saves most of what a start costs. */
bool walkproof_worker_restart(struct walkproof_worker *worker, const char *executable, const char *plugin)
{
	struct walkproof_control *control = worker->region.control;

	*control = (struct walkproof_control) {
		.physical_base = control->physical_base,
		.page_shift = worker->page_shift,
		.page_capacity = worker->page_capacity,
		.turn = 1,
	};
	worker->processor = -1;
	errno = spawn(worker, executable, plugin);
	if (errno)
		worker->pid = 0;
	return worker->pid != 0;
}

/* Ends what a worker that is gone, but not reaped, has left behind in its group, and reaps all of it. Until
 * then nobody else can have its number. */
static bool reap(pid_t pid, int *status)
{
	bool isKnown;

	/* It may have left its group. */
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
	walkproof_guard_tell(-pid);
	isKnown = waitpid(pid, status, 0) == pid;
	/* What it forked is this process's to reap; see walkproof_guard_start. */
	while (waitpid(-pid, 0, 0) > 0)
		;
	return isKnown;
}

/* Whether the process is gone, and how it went. */
static bool is_gone(struct walkproof_worker *worker, int options, enum walkproof_ending *ending,
		    int *detail)
{
	siginfo_t information = { 0 };
	int status = 0;

	if (!worker->pid) {
		*ending = WALKPROOF_EXITED;
		*detail = 0;
		return true;
	}
	if (waitid(P_PID, (id_t)worker->pid, &information, WEXITED | WNOWAIT | options) == 0 &&
	    information.si_pid != worker->pid)
		return false;
	reap(worker->pid, &status);
	worker->pid = 0;
	*ending = WIFSIGNALED(status) ? WALKPROOF_SIGNALLED : WALKPROOF_EXITED;
	*detail = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	if (*ending == WALKPROOF_EXITED && worker->region.control->is_endless)
		*ending = WALKPROOF_ENDLESS;
	return true;
}

enum walkproof_ending walkproof_worker_await(struct walkproof_worker *worker, int timeout_ms,
					     int *detail)
{
	enum walkproof_ending ending;
	struct timespec start, now;

	*detail = 0;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!walkproof_turn_await(worker->region.control, 0, 20)) {
		if (is_gone(worker, WNOHANG, &ending, detail))
			return ending;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 > timeout_ms) {
			kill(worker->pid, SIGKILL);
			is_gone(worker, 0, &ending, detail);
			return WALKPROOF_TIMED_OUT;
		}
	}
	return WALKPROOF_RETURNED;
}

/* Has the worker run where its host does: of the two only one is awake, and to wake the other on the same
 * processor takes less time than to wake it on another, or than most calls. Where that is not permitted
 * it runs anywhere. */
static void bring_near(struct walkproof_worker *worker)
{
	int processor = sched_getcpu();
	cpu_set_t processors;

	if (processor < 0 || processor == worker->processor)
		return;
	worker->processor = processor;
	CPU_ZERO(&processors);
	CPU_SET(processor, &processors);
	sched_setaffinity(worker->pid, sizeof processors, &processors);
}

enum walkproof_ending walkproof_worker_call(struct walkproof_worker *worker, int timeout_ms, int *detail)
{
	enum walkproof_ending ending;

	worker->region.control->record_count = 0;
	worker->region.control->text_size = 1;
	worker->region.control->load_count = 0;
	worker->region.control->race_count = 0;
	worker->region.control->is_endless = 0;
	if (!worker->pid && is_gone(worker, WNOHANG, &ending, detail))
		return ending;
	bring_near(worker);
	walkproof_turn_give(worker->region.control, 1);
	return walkproof_worker_await(worker, timeout_ms, detail);
}

void walkproof_worker_stop(struct walkproof_worker *worker)
{
	int status;

	if (worker->pid)
		reap(worker->pid, &status);
	if (worker->region.control)
		munmap(worker->region.control, worker->region.size);
	if (worker->file >= 0)
		close(worker->file);
	free(worker);
}

/* How much of the tables' memory stays from case to case: more than most cases take. */
enum { WARM_SIZE = 128 << 10 };

static size_t offset_of_memory(struct walkproof_worker *worker)
{
	return (size_t)(worker->region.memory - (char *)worker->region.control);
}

void walkproof_worker_clear(struct walkproof_worker *worker)
{
	size_t start = offset_of_memory(worker), size = worker->region.size - start;
	size_t kept = size < WARM_SIZE ? size : WARM_SIZE;

	memset(worker->region.memory, 0, kept);
	if (lseek(worker->file, (off_t)(start + kept), SEEK_DATA) < 0)
		return;
	if (fallocate(worker->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(start + kept),
		      (off_t)(size - kept)))
		memset(worker->region.memory + kept, 0, size - kept);
}

bool walkproof_worker_is_clear(struct walkproof_worker *worker, uint32_t page)
{
	size_t start = offset_of_memory(worker);
	off_t from = (off_t)(start + ((size_t)page << worker->region.control->page_shift));

	/* What was never touched has no memory, and is given none by looking at it. */
	while ((from = lseek(worker->file, from, SEEK_DATA)) >= 0) {
		off_t end = lseek(worker->file, from, SEEK_HOLE);
		const uint64_t *word = (const void *)(worker->region.memory + ((size_t)from - start));
		size_t count = (size_t)(end - from) / sizeof *word;

		for (; count >= 8; word += 8, count -= 8)
			if (word[0] | word[1] | word[2] | word[3] | word[4] | word[5] | word[6] | word[7])
				return false;
		from = end;
	}
	return true;
}

bool walkproof_worker_holds(struct walkproof_worker *worker, uint32_t page, uint64_t word)
{
	uint32_t shift = worker->region.control->page_shift;
	const uint64_t *entry = (const void *)(worker->region.memory + ((size_t)page << shift));
	size_t count = (size_t)1 << (shift - 3), index;
	uint64_t other = 0;

	for (index = 0; index < count; index++)
		other |= entry[index] ^ word;
	return !other;
}

struct walkproof_control *walkproof_worker_control(struct walkproof_worker *worker)
{
	return worker->region.control;
}

const struct walkproof_record *walkproof_worker_records(struct walkproof_worker *worker)
{
	return worker->region.records;
}

const char *walkproof_worker_text(struct walkproof_worker *worker)
{
	return worker->region.text;
}

const int32_t *walkproof_worker_counts(struct walkproof_worker *worker)
{
	return worker->region.counts;
}

const uint64_t *walkproof_worker_memory(struct walkproof_worker *worker)
{
	return (const uint64_t *)worker->region.memory;
}

const uint8_t *walkproof_worker_reached(struct walkproof_worker *worker)
{
	return worker->region.reached;
}
