/* The host's side of a worker. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guard.h"
#include "region.h"

struct walkproof_worker {
	struct walkproof_region region;
	int file;
	struct walkproof_worker *next;
	pid_t pid; /* 0 once it is gone */
	int processor; /* that it was last told to run on */
	/* The memory's layout, which the plugin can reach in the control and so is kept apart from it. */
	uint32_t page_shift, page_capacity;
};

/* All that there are, for who asks how much they have worked. */
static struct walkproof_worker *workers;
static pthread_mutex_t workers_lock = PTHREAD_MUTEX_INITIALIZER;

static void enlist(struct walkproof_worker *worker)
{
	pthread_mutex_lock(&workers_lock);
	worker->next = workers;
	workers = worker;
	pthread_mutex_unlock(&workers_lock);
}

static void strike(struct walkproof_worker *worker)
{
	struct walkproof_worker **place = &workers;

	pthread_mutex_lock(&workers_lock);
	while (*place && *place != worker)
		place = &(*place)->next;
	if (*place)
		*place = worker->next;
	pthread_mutex_unlock(&workers_lock);
}

uint64_t walkproof_workers_nanoseconds(void)
{
	uint64_t sum = walkproof_guard_nanoseconds();
	struct walkproof_worker *worker;

	pthread_mutex_lock(&workers_lock);
	for (worker = workers; worker; worker = worker->next) {
		pid_t process = __atomic_load_n(&worker->pid, __ATOMIC_RELAXED);
		struct timespec had;
		clockid_t clock;

		if (process && !clock_getcpuclockid(process, &clock) && !clock_gettime(clock, &had))
			sum += (uint64_t)had.tv_sec * 1000000000 + (uint64_t)had.tv_nsec;
	}
	pthread_mutex_unlock(&workers_lock);
	return sum;
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
	enlist(worker);
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
	worker->pid = walkproof_guard_spawn(executable, plugin, worker->file);
	return worker->pid != 0;
}

/* Whether the process is gone, and how it went. */
static bool is_gone(struct walkproof_worker *worker, enum walkproof_ending *ending, int *detail)
{
	int status = 0;

	if (!worker->pid) {
		*ending = WALKPROOF_EXITED;
		*detail = 0;
		return true;
	}
	if (!walkproof_guard_sees_gone(worker->pid))
		return false;
	walkproof_guard_reap(worker->pid, &status);
	worker->pid = 0;
	*ending = WIFSIGNALED(status) ? WALKPROOF_SIGNALLED : WALKPROOF_EXITED;
	*detail = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	if (*ending == WALKPROOF_EXITED && worker->region.control->is_endless)
		*ending = WALKPROOF_ENDLESS;
	return true;
}

/* For how long a process could have run, and waited for a processor, in milliseconds. That is the machine's
 * time, and not the walker's. Where the kernel does not say, none. */
static long long starved_ms(pid_t process)
{
	unsigned long long ran = 0, waited = 0;
	char path[64], text[128];
	ssize_t size = -1;
	int file;

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)process);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		size = read(file, text, sizeof text - 1);
		close(file);
	}
	text[size > 0 ? size : 0] = 0;
	return sscanf(text, "%llu %llu", &ran, &waited) == 2 ? (long long)(waited / 1000000) : 0;
}

enum walkproof_ending walkproof_worker_await(struct walkproof_worker *worker, int timeout_ms,
					     int *detail)
{
	enum walkproof_ending ending;
	struct timespec start, now;
	long long starved = -1;

	*detail = 0;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!walkproof_turn_await(worker->region.control, 0, 20)) {
		if (is_gone(worker, &ending, detail))
			return ending;
		/* Most calls are over before the first look. */
		if (starved < 0)
			starved = starved_ms(worker->pid);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 -
			    (starved_ms(worker->pid) - starved) > timeout_ms) {
			walkproof_guard_reap(worker->pid, detail);
			worker->pid = 0;
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
	if (!worker->pid && is_gone(worker, &ending, detail))
		return ending;
	bring_near(worker);
	walkproof_turn_give(worker->region.control, 1);
	return walkproof_worker_await(worker, timeout_ms, detail);
}

void walkproof_worker_stop(struct walkproof_worker *worker)
{
	int status;

	if (worker->pid)
		walkproof_guard_reap(worker->pid, &status);
	strike(worker);
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
	off_t from = (off_t)(start + ((size_t)page << worker->page_shift));

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
	uint32_t shift = worker->page_shift;
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
