#define _GNU_SOURCE
#include "region.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

/* Where the parts of a region begin, and how large it is. */
struct layout {
	size_t records, text, counts, reached, memory, size, alignment;
};

static struct layout layout_of(uint32_t page_shift, uint32_t capacity)
{
	struct layout layout;

	layout.records = round_up(sizeof(struct walkproof_control), 4096);
	layout.text = layout.records + WALKPROOF_RECORD_LIMIT * sizeof(struct walkproof_record);
	layout.counts = round_up(layout.text + WALKPROOF_TEXT_LIMIT, 4096);
	/* The mapping's own address is aligned to the host's pages only. */
	layout.alignment = (size_t)16 << page_shift;
	layout.reached = round_up(layout.counts + capacity * sizeof(int32_t), 4096);
	layout.memory = round_up(layout.reached + WALKPROOF_REACHED_LIMIT, layout.alignment);
	layout.size = layout.memory + ((size_t)capacity << page_shift);
	return layout;
}

bool walkproof_region_make(int file, uint32_t page_shift, uint32_t capacity)
{
	/* Its size is for good: who took a page away would end whoever looks at it. */
	return ftruncate(file, (off_t)layout_of(page_shift, capacity).size) == 0 &&
	       fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

bool walkproof_region_map(struct walkproof_region *region, int file, uint32_t page_shift,
			  uint32_t capacity)
{
	struct layout layout = layout_of(page_shift, capacity);
	size_t reserved_size = layout.size + layout.alignment;
	char *base, *reserved, *end;

	/* Reserve enough to choose an aligned start, put the file there, and give the rest back. */
	reserved = mmap(0, reserved_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (reserved == MAP_FAILED)
		return false;
	base = (char *)round_up((size_t)reserved, layout.alignment);
	if (mmap(base, layout.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED) {
		munmap(reserved, reserved_size);
		return false;
	}
	end = base + round_up(layout.size, 4096);
	if (base > reserved)
		munmap(reserved, (size_t)(base - reserved));
	if (reserved + reserved_size > end)
		munmap(end, (size_t)(reserved + reserved_size - end));
	*region = (struct walkproof_region) {
		.control = (void *)base,
		.records = (void *)(base + layout.records),
		.text = base + layout.text,
		.counts = (void *)(base + layout.counts),
		.reached = (void *)(base + layout.reached),
		.memory = base + layout.memory,
		.size = layout.size,
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
