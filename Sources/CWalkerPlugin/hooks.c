/* What the compiler's thread-sanitizer instrumentation calls, without its runtime.
 *
 * Each load and store of the plugin comes by here. One outside the tables is let go; a store inside
 * is logged, and so is a load of a page that is free. A plain store is announced before it happens,
 * so its address is kept, and its value is read when the next thing happens. An atomic access is
 * performed here. */
#include <string.h>
#include "log.h"

/* Where accesses are looked at: the tables while a call runs, nothing otherwise. */
static struct {
	uintptr_t start, size;
	uint64_t physical_base;
	const int32_t *counts;
	uint32_t page_shift;
} window;

static struct {
	uint64_t *address; /* null when there is none */
	uint64_t old;
	uint32_t order;
	void *site;
	struct walkproof_frames frames;
} announced;

/* Where the functions that are running were entered, innermost last; of more than there is room for the
 * outermost are not kept. */
enum { STACK_LIMIT = 64 };
static struct {
	uintptr_t entries[STACK_LIMIT];
	uint32_t depth;
} stack;

static uintptr_t entered(uint32_t above)
{
	return stack.depth < above ? 0 : stack.entries[(stack.depth - above) % STACK_LIMIT];
}

struct walkproof_frames walkproof_frames(void)
{
	return (struct walkproof_frames) { .function = entered(1), .caller = entered(2) };
}

/* Whether an access is of no table, as most are: that is decided where the hook is entered. */
static inline bool is_elsewhere(const void *address)
{
	return __builtin_expect((uintptr_t)address - window.start >= window.size, 1);
}

/* The physical address of an entry; 0 outside the tables. */
static uint64_t physical(const void *address)
{
	uintptr_t offset = (uintptr_t)address - window.start;

	return offset < window.size ? window.physical_base + (offset & ~(uintptr_t)7) : 0;
}

void walkproof_log_begin(void)
{
	const struct walkproof_control *control = walkproof_region.control;

	window.start = (uintptr_t)walkproof_region.memory;
	window.size = (uintptr_t)control->page_capacity << control->page_shift;
	window.physical_base = control->physical_base;
	window.counts = walkproof_region.counts;
	window.page_shift = control->page_shift;
	stack.depth = 0;
}

void walkproof_log_end(void)
{
	walkproof_log_settle();
	window.size = 0;
}

static uint64_t *entry(const void *address)
{
	return (uint64_t *)((uintptr_t)address & ~(uintptr_t)7);
}

static struct walkproof_record *log_store(const void *address, uint64_t old, uint64_t new, uint32_t order, void *site)
{
	struct walkproof_record *record = walkproof_log(WALKPROOF_EV_STORE, physical(address), site);

	record->old = old;
	record->val = new;
	record->order = order;
	return record;
}

void walkproof_log_settle(void)
{
	uint64_t *address = announced.address;

	if (!address)
		return;
	announced.address = 0;
	walkproof_log_frames(log_store(address, announced.old, *address, announced.order, announced.site),
			     announced.frames);
}

/* A load of a table. How many of live ones there are depends on the compiler, so only others are told. */
static void load(const void *address, void *site)
{
	uintptr_t offset = (uintptr_t)address - window.start;

	if (window.counts[offset >> window.page_shift] > 0) {
		walkproof_region.control->load_count++;
		return;
	}
	walkproof_log_settle();
	walkproof_log(WALKPROOF_EV_LOAD, physical(address), site)->val = *entry(address);
}

/* A store to a table. */
static void store(const void *address, uint32_t order, void *site)
{
	walkproof_log_settle();
	announced.address = entry(address);
	announced.old = *announced.address;
	announced.order = order;
	announced.site = site;
	announced.frames = walkproof_frames();
}

#define SITE __builtin_return_address(0)

void __tsan_init(void) {}

void __tsan_func_entry(void *caller)
{
	(void)caller;
	stack.entries[stack.depth++ % STACK_LIMIT] = (uintptr_t)SITE;
}

void __tsan_func_exit(void)
{
	if (stack.depth)
		stack.depth--;
}

/* With coverage each basic block says that it was reached. */
void __sanitizer_cov_trace_pc(void)
{
	uintptr_t offset = (uintptr_t)SITE - walkproof_plugin_base;

	if (walkproof_region.reached && offset < WALKPROOF_REACHED_LIMIT)
		walkproof_region.reached[offset] = 1;
}

#define LOAD(p) ({ if (!is_elsewhere(p)) load(p, SITE); })
#define STORE(p, order) ({ if (!is_elsewhere(p)) store(p, order, SITE); })
#define ACCESS(bytes)                                                                \
	void __tsan_read##bytes(void *p) { LOAD(p); }                                \
	void __tsan_write##bytes(void *p) { STORE(p, 0); }                           \
	void __tsan_unaligned_read##bytes(void *p) { LOAD(p); }                      \
	void __tsan_unaligned_write##bytes(void *p) { STORE(p, 0); }                 \
	void __tsan_volatile_read##bytes(void *p) { LOAD(p); }                       \
	void __tsan_volatile_write##bytes(void *p) { STORE(p, 1); }                  \
	void __tsan_unaligned_volatile_read##bytes(void *p) { LOAD(p); }             \
	void __tsan_unaligned_volatile_write##bytes(void *p) { STORE(p, 1); }        \
	void __tsan_read_write##bytes(void *p) { LOAD(p); STORE(p, 0); }             \
	void __tsan_unaligned_read_write##bytes(void *p) { LOAD(p); STORE(p, 0); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

static void range(const char *p, unsigned long size, bool isStore, void *site)
{
	unsigned long offset;

	for (offset = 0; offset < size; offset += 8) {
		if (is_elsewhere(p + offset))
			continue;
		if (isStore)
			store(p + offset, 0, site);
		else
			load(p + offset, site);
	}
}

void __tsan_read_range(void *p, unsigned long size) { range(p, size, false, SITE); }
void __tsan_write_range(void *p, unsigned long size) { range(p, size, true, SITE); }

/* Clang makes calls of these of copies and fills. */
void *__tsan_memcpy(void *to, const void *from, unsigned long size)
{
	range(from, size, false, SITE);
	range(to, size, true, SITE);
	return memcpy(to, from, size);
}

void *__tsan_memmove(void *to, const void *from, unsigned long size)
{
	range(from, size, false, SITE);
	range(to, size, true, SITE);
	return memmove(to, from, size);
}

void *__tsan_memset(void *to, int byte, unsigned long size)
{
	range(to, size, true, SITE);
	return memset(to, byte, size);
}

/* The memory orders of C11, as the instrumentation passes them; the log's are the plugin ABI's. */
static uint32_t order_of(int memory_order)
{
	return memory_order >= __ATOMIC_SEQ_CST ? 5 : memory_order >= __ATOMIC_RELEASE ? 3 : 1;
}

/* Notes an exchange that was performed, whole entries only. */
static void log_exchange(const volatile void *p, uint64_t expected, uint64_t new, bool succeeded,
			 uint64_t found, int order, void *site)
{
	struct walkproof_record *record = walkproof_log(WALKPROOF_EV_CMPXCHG, physical((void *)p), site);

	record->order = order_of(order);
	record->old = expected;
	record->val = new;
	record->flags = succeeded;
	record->size = found;
}

#define ATOMIC(bits, type)                                                                         \
	type __tsan_atomic##bits##_load(const volatile type *p, int order)                         \
	{                                                                                          \
		(void)order;                                                                       \
		LOAD((const void *)p);                                                             \
		return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                       \
	}                                                                                          \
	void __tsan_atomic##bits##_store(volatile type *p, type value, int order)                  \
	{                                                                                          \
		bool isEntry = physical((void *)p) != 0;                                           \
		uint64_t old;                                                                      \
		if (isEntry)                                                                       \
			walkproof_log_settle();                                                    \
		old = isEntry ? *entry((void *)p) : 0;                                             \
		__atomic_store_n(p, value, __ATOMIC_SEQ_CST);                                      \
		if (isEntry)                                                                       \
			log_store((void *)p, old, *entry((void *)p), order_of(order), SITE);       \
	}                                                                                          \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type expected,           \
							type value, int order, int failure)        \
	{                                                                                          \
		bool isEntry = physical((void *)p) != 0, done;                                     \
		type found = expected;                                                             \
		(void)failure;                                                                     \
		if (isEntry) {                                                                     \
			walkproof_log_settle();                                                    \
			walkproof_race();                                                          \
		}                                                                                  \
		done = __atomic_compare_exchange_n(p, &found, value, 0, __ATOMIC_SEQ_CST,          \
						   __ATOMIC_SEQ_CST);                              \
		if (isEntry)                                                                       \
			log_exchange(p, expected, value, done, found, order, SITE);                \
		return found;                                                                      \
	}                                                                                          \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *expected,        \
							  type value, int order, int failure)      \
	{                                                                                          \
		type wanted = *expected;                                                           \
		*expected = __tsan_atomic##bits##_compare_exchange_val(p, wanted, value, order,    \
								       failure);                   \
		return *expected == wanted;                                                        \
	}                                                                                          \
	int __tsan_atomic##bits##_compare_exchange_weak(volatile type *p, type *expected,          \
							type value, int order, int failure)        \
	{                                                                                          \
		return __tsan_atomic##bits##_compare_exchange_strong(p, expected, value, order,    \
								     failure);                     \
	}                                                                                          \
	UPDATE(bits, type, exchange, value)                                                        \
	UPDATE(bits, type, fetch_add, found + value)                                               \
	UPDATE(bits, type, fetch_sub, found - value)                                               \
	UPDATE(bits, type, fetch_and, found & value)                                               \
	UPDATE(bits, type, fetch_or, found | value)                                                \
	UPDATE(bits, type, fetch_xor, found ^ value)

#define UPDATE(bits, type, name, result)                                                           \
	type __tsan_atomic##bits##_##name(volatile type *p, type value, int order)                 \
	{                                                                                          \
		bool isEntry = physical((void *)p) != 0;                                           \
		type found = *p;                                                                   \
		if (isEntry)                                                                       \
			walkproof_log_settle();                                                    \
		found = *p;                                                                        \
		*p = (type)(result);                                                               \
		if (isEntry)                                                                       \
			log_exchange(p, found, *p, true, found, order, SITE);                      \
		return found;                                                                      \
	}

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

/* A fence that orders stores is a barrier like those that are told by hand. */
void __tsan_atomic_thread_fence(int order)
{
	if (!window.size || order < __ATOMIC_RELEASE)
		return;
	walkproof_log_settle();
	walkproof_log(WALKPROOF_EV_DSB, 0, SITE)->text = walkproof_log_text("dmb ish");
}

void __tsan_atomic_signal_fence(int order) { (void)order; }
