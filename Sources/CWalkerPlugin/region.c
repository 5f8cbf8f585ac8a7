#define _GNU_SOURCE
#include "region.h"
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

bool walkproof_region_map(struct walkproof_region *region, int file, uint32_t page_shift,
			  uint32_t capacity)
{
	size_t records = round_up(sizeof(struct walkproof_control), 4096);
	size_t text = records + WALKPROOF_RECORD_LIMIT * sizeof(struct walkproof_record);
	size_t counts = round_up(text + WALKPROOF_TEXT_LIMIT, 4096);
	/* The mapping's own address is aligned to the host's pages only. */
	size_t alignment = (size_t)16 << page_shift;
	size_t reached = round_up(counts + capacity * sizeof(int32_t), 4096);
	size_t memory = round_up(reached + WALKPROOF_REACHED_LIMIT, alignment);
	size_t size = memory + ((size_t)capacity << page_shift);
	char *base, *reserved;

	/* Reserve enough to choose an aligned start, and put the file there. */
	reserved = mmap(0, size + alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (reserved == MAP_FAILED || ftruncate(file, (off_t)size))
		return false;
	base = (char *)round_up((size_t)reserved, alignment);
	if (mmap(base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
		return false;
	*region = (struct walkproof_region) {
		.control = (void *)base,
		.records = (void *)(base + records),
		.text = base + text,
		.counts = (void *)(base + counts),
		.reached = (void *)(base + reached),
		.memory = base + memory,
		.size = size,
	};
	return true;
}

struct walkproof_control *walkproof_region_peek(int file)
{
	size_t size = round_up(sizeof(struct walkproof_control), 4096);
	void *control = mmap(0, size, PROT_READ, MAP_SHARED, file, 0);

	return control == MAP_FAILED ? 0 : control;
}

void walkproof_turn_give(struct walkproof_control *control, uint32_t turn)
{
	/* In one order with what the other side does: it says that it will sleep, and then looks once more. */
	__atomic_store_n(&control->turn, turn, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&control->sleepers, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &control->turn, FUTEX_WAKE, 1, 0, 0, 0);
}

bool walkproof_turn_await(struct walkproof_control *control, uint32_t turn, int timeout_ms)
{
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	bool isWoken = true;
	uint32_t now;

	__atomic_fetch_add(&control->sleepers, 1, __ATOMIC_SEQ_CST);
	while (isWoken && (now = __atomic_load_n(&control->turn, __ATOMIC_SEQ_CST)) != turn)
		isWoken = syscall(SYS_futex, &control->turn, FUTEX_WAIT, now, &timeout, 0, 0) == 0;
	__atomic_fetch_sub(&control->sleepers, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&control->turn, __ATOMIC_ACQUIRE) == turn;
}
