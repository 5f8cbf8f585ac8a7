/* The worker's side: serves one plugin's calls, and logs what it does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <unistd.h>
#include "log.h"

struct walkproof_region walkproof_region;
uintptr_t walkproof_plugin_base;

static const struct walkproof_plugin *plugin;
static struct walkproof_table *table;
static struct walkproof_host host;

/* Which calls the plugin has, by walkproof_call. */
static uint32_t calls;

/* Whether the code runs for another CPU at the moment. */
static bool is_racing;


/* Among how many texts one is looked for. */
enum { KNOWN_TEXTS = 32 };

static struct walkproof_control *control(void) { return walkproof_region.control; }

void walkproof_log_frames(struct walkproof_record *record, struct walkproof_frames frames)
{
	record->function = frames.function ? frames.function - walkproof_plugin_base : 0;
	record->caller = frames.caller ? frames.caller - walkproof_plugin_base : 0;
}

struct walkproof_record *walkproof_log(uint32_t kind, uint64_t addr, void *site)
{
	struct walkproof_record *record;

	if (control()->record_count == WALKPROOF_RECORD_LIMIT) {
		control()->is_endless = 1;
		_exit(0);
	}
	record = &walkproof_region.records[control()->record_count++];
	*record = (struct walkproof_record) { .kind = kind, .addr = addr };
	if (site)
		record->site = (uintptr_t)site - walkproof_plugin_base;
	walkproof_log_frames(record, walkproof_frames());
	return record;
}

uint32_t walkproof_log_text(const char *words)
{
	uint32_t start = control()->text_size, offset = 1, tries = 0;
	size_t size = words ? strlen(words) + 1 : 0;

	/* The same few words come again and again, and would fill it. */
	for (; size && offset < start && tries < KNOWN_TEXTS; tries++) {
		if (!strcmp(walkproof_region.text + offset, words))
			return offset;
		offset += (uint32_t)strlen(walkproof_region.text + offset) + 1;
	}
	if (!size || size > WALKPROOF_TEXT_LIMIT - start)
		return 0;
	memcpy(walkproof_region.text + start, words, size);
	control()->text_size += (uint32_t)size;
	return start;
}

/* ---- what the host does for the plugin ---- */

static bool is_table(const void *va, uint64_t *page)
{
	uintptr_t offset = (uintptr_t)va - (uintptr_t)walkproof_region.memory;

	*page = offset >> control()->page_shift;
	return *page < control()->page_capacity;
}

static uint64_t v2p(void *ctx, void *va)
{
	uint64_t page;

	(void)ctx;
	if (is_table(va, &page))
		return control()->physical_base + ((uintptr_t)va - (uintptr_t)walkproof_region.memory);
	return (uint64_t)(uintptr_t)va & ~(1ull << 63);
}

static void *p2v(void *ctx, uint64_t pa)
{
	uint64_t offset = pa - control()->physical_base;

	(void)ctx;
	if (offset >> control()->page_shift < control()->page_capacity)
		return walkproof_region.memory + offset;
	/* No table: an address that can be turned back, and that nobody can look at. */
	return (void *)(uintptr_t)(pa | 1ull << 63);
}

/* How many pages are asked for: at least one, and what is begun is whole. */
static uint64_t pages_of(uint64_t bytes)
{
	uint64_t size = 1ull << control()->page_shift;
	uint64_t count = (bytes >> control()->page_shift) + (bytes % size != 0);

	return count ? count : 1;
}

/* The pages are zero already: the host has seen to that, and looks whether they are. */
static void *allocate(void *ctx, uint64_t bytes, uint32_t flags)
{
	uint64_t count = pages_of(bytes), first, page;
	char *va;

	(void)ctx, (void)flags;
	walkproof_log_settle();
	first = (control()->next_page + count - 1) / count * count;
	if (!control()->allocations || first + count > control()->page_capacity) {
		walkproof_log(WALKPROOF_EV_ALLOC, 0, 0)->size = bytes;
		return 0;
	}
	control()->allocations--;
	control()->next_page = (uint32_t)(first + count);
	for (page = first; page < first + count; page++)
		walkproof_region.counts[page] = 1;
	va = walkproof_region.memory + ((size_t)first << control()->page_shift);
	walkproof_log(WALKPROOF_EV_ALLOC, v2p(0, va), 0)->size = (uint64_t)count << control()->page_shift;
	return va;
}

static void poison(uint64_t page, uint64_t count)
{
	uint64_t *entry = (void *)(walkproof_region.memory + (page << control()->page_shift));
	uint64_t entries = count << (control()->page_shift - 3);

	while (entries--)
		*entry++ = WALKPROOF_POISON;
}

static void free_pages(void *ctx, void *va, uint64_t bytes)
{
	uint64_t count = pages_of(bytes), page, number;

	(void)ctx;
	walkproof_log_settle();
	walkproof_log(WALKPROOF_EV_FREE, v2p(0, va), 0)->size = bytes;
	if (!is_table(va, &page))
		return;
	if (count > control()->page_capacity - page)
		count = control()->page_capacity - page;
	for (number = page; number < page + count; number++)
		walkproof_region.counts[number] = 0;
	poison(page, count);
}

static void get(void *ctx, void *va)
{
	uint64_t page;

	(void)ctx;
	walkproof_log_settle();
	walkproof_log(WALKPROOF_EV_GET, v2p(0, va), 0);
	if (is_table(va, &page))
		walkproof_region.counts[page]++;
}

static void put(void *ctx, void *va)
{
	uint64_t page;

	(void)ctx;
	walkproof_log_settle();
	walkproof_log(WALKPROOF_EV_PUT, v2p(0, va), 0);
	if (is_table(va, &page) && --walkproof_region.counts[page] == 0)
		poison(page, 1);
}

static int count_of(void *ctx, void *va)
{
	uint64_t page;

	(void)ctx;
	walkproof_log_settle();
	return is_table(va, &page) ? walkproof_region.counts[page] : 0;
}

static void event(void *ctx, const struct walkproof_event *ev)
{
	struct walkproof_record *record;

	(void)ctx;
	walkproof_log_settle();
	/* The other CPU's section is its own; the log is of one CPU's. */
	if (is_racing && ev->kind == WALKPROOF_EV_LOCK)
		return;
	if (ev->kind == WALKPROOF_EV_ALLOC || ev->kind == WALKPROOF_EV_FREE ||
	    ev->kind == WALKPROOF_EV_GET || ev->kind == WALKPROOF_EV_PUT)
		return; /* told by the functions above */
	record = walkproof_log(ev->kind, ev->addr, 0);
	record->flags = ev->flags;
	record->level = ev->level;
	record->order = ev->order;
	record->size = ev->size;
	record->old = ev->old;
	record->val = ev->val;
	record->line = ev->line;
	record->text = walkproof_log_text(ev->what);
}

/* ---- loading ---- */

static int refuse(const char *words, const char *detail)
{
	snprintf(control()->message, sizeof control()->message, "%s%s", words, detail ? detail : "");
	control()->ready = 2;
	walkproof_turn_give(control(), 0);
	return 1;
}

static void note_calls(void)
{
#define CALL(name, function) calls |= plugin->function ? 1u << WALKPROOF_CALL_##name : 0
	CALL(MAP, map);
	CALL(UNMAP, unmap);
	CALL(SET_OWNER, set_owner);
	CALL(WRPROTECT, wrprotect);
	CALL(MKYOUNG, mkyoung);
	CALL(MKOLD, mkold);
	CALL(TEST_CLEAR_YOUNG, test_clear_young);
	CALL(IS_YOUNG, is_young);
	CALL(RELAX, relax);
	CALL(FLUSH, flush);
	CALL(GET_LEAF, get_leaf);
	CALL(SPLIT, split);
	CALL(QUIESCE, quiesce);
#undef CALL
	calls |= 1u << WALKPROOF_CALL_INIT | 1u << WALKPROOF_CALL_DESTROY;
	control()->facts.calls = calls;
}

/* Whether a file has some words in it. */
static bool mentions(const char *path, const char *words)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat about;
	void *text = MAP_FAILED;
	bool isFound = false;

	if (file >= 0 && !fstat(file, &about) && S_ISREG(about.st_mode) && about.st_size > 0)
		text = mmap(0, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (text != MAP_FAILED) {
		isFound = memmem(text, (size_t)about.st_size, words, strlen(words));
		munmap(text, (size_t)about.st_size);
	}
	if (file >= 0)
		close(file);
	return isFound;
}

/* Loads the plugin; nonzero when it was refused. */
static int load_plugin(const char *path)
{
	const struct walkproof_plugin *(*entry)(void);
	struct link_map *map;
	void *library;
	char number[96];

	control()->ready = 3;
	/* What a sanitizer's runtime says, or does, as it is loaded helps nobody. */
	if (mentions(path, "libtsan.so") || mentions(path, "libclang_rt.tsan"))
		return refuse("it is linked with the thread sanitizer's runtime: give -fsanitize=thread where the walker"
			      " is compiled, and leave it out where the plugin is linked", 0);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return refuse("it cannot be loaded: ", dlerror());
	if (dlinfo(library, RTLD_DI_LINKMAP, &map) == 0)
		walkproof_plugin_base = map->l_addr;
	entry = (__typeof__(entry))dlsym(library, "walkproof_plugin_v1");
	if (!entry)
		return refuse("it exports no walkproof_plugin_v1()", 0);
	plugin = entry();
	if (!plugin)
		return refuse("its walkproof_plugin_v1() returns null", 0);
	if (plugin->abi != WALKPROOF_ABI_VERSION || plugin->size < sizeof *plugin) {
		snprintf(number, sizeof number, "version %u with a table of %u bytes, and this is version %u with %u",
			 plugin->abi, plugin->size, WALKPROOF_ABI_VERSION, (unsigned)sizeof *plugin);
		return refuse("it says that it was built for the ABI's ", number);
	}
	if (plugin->page_shift != 12 && plugin->page_shift != 14 && plugin->page_shift != 16) {
		snprintf(number, sizeof number, "%u", plugin->page_shift);
		return refuse("its page_shift is none of 12, 14 and 16: ", number);
	}
	if (!plugin->init || !plugin->destroy || !plugin->root)
		return refuse("it lacks one of init, destroy and root, which every plugin needs", 0);
	if (plugin->last_level != 3) {
		snprintf(number, sizeof number, "%d", plugin->last_level);
		return refuse("its last_level is not 3, where pages are: ", number);
	}
	if (plugin->min_block_level != (plugin->page_shift == 12 ? 1 : 2)) {
		snprintf(number, sizeof number, "%d", plugin->min_block_level);
		return refuse("its min_block_level is not its granule's, 1 with pages of 4K and 2 with others: ",
			      number);
	}
	snprintf(control()->facts.name, sizeof control()->facts.name, "%s",
		 plugin->name ? plugin->name : "without a name");
	control()->facts.page_shift = plugin->page_shift;
	control()->facts.caps = plugin->caps;
	control()->facts.last_level = plugin->last_level;
	control()->facts.min_block_level = plugin->min_block_level;
	note_calls();
	control()->ready = 1;
	return 0;
}

/* ---- calls ---- */

static int64_t init(const uint64_t *a)
{
	struct walkproof_config config = {
		.size = sizeof config,
		.flags = (uint32_t)a[0],
		.ia_bits = (uint32_t)a[1],
		.pa_bits = (uint32_t)a[2],
		.vmid_bits = 16,
	};
	int32_t level = 0;
	int result;

	control()->next_page = 0;
	memset(walkproof_region.counts, 0, control()->page_capacity * sizeof(int32_t));
	table = 0;
	result = plugin->init(&table, &config, &host);
	if (result)
		return result;
	result = plugin->root(table, &control()->facts.root_pa, &level, &control()->facts.ia_bits,
			      &control()->facts.root_bytes);
	control()->facts.start_level = (uint32_t)level;
	return result;
}

static int64_t perform(void)
{
	const uint64_t *a = control()->arguments;
	uint64_t *out = control()->outputs;
	int32_t level = -1;
	int64_t result;

	out[0] = out[1] = 0;
	if (control()->call > WALKPROOF_CALL_QUIESCE || !(calls >> control()->call & 1))
		return -WALKPROOF_ENOSYS;
	switch (control()->call) {
	case WALKPROOF_CALL_INIT: return init(a);
	case WALKPROOF_CALL_DESTROY: plugin->destroy(table); table = 0; return 0;
	case WALKPROOF_CALL_MAP: return plugin->map(table, a[0], a[1], a[2], a[3], (uint32_t)a[4]);
	case WALKPROOF_CALL_UNMAP: return plugin->unmap(table, a[0], a[1]);
	case WALKPROOF_CALL_SET_OWNER: return plugin->set_owner(table, a[0], a[1], (uint8_t)a[2]);
	case WALKPROOF_CALL_WRPROTECT: return plugin->wrprotect(table, a[0], a[1]);
	case WALKPROOF_CALL_MKYOUNG: return plugin->mkyoung(table, a[0], &out[0]);
	case WALKPROOF_CALL_MKOLD: return plugin->mkold(table, a[0], &out[0]);
	case WALKPROOF_CALL_TEST_CLEAR_YOUNG:
		return plugin->test_clear_young(table, a[0], a[1], (int)a[2]);
	case WALKPROOF_CALL_IS_YOUNG: return plugin->is_young(table, a[0]);
	case WALKPROOF_CALL_RELAX: return plugin->relax(table, a[0], a[1]);
	case WALKPROOF_CALL_FLUSH: return plugin->flush(table, a[0], a[1]);
	case WALKPROOF_CALL_GET_LEAF:
		result = plugin->get_leaf(table, a[0], &out[0], &level);
		out[1] = (uint64_t)(int64_t)level;
		return result;
	case WALKPROOF_CALL_SPLIT: return plugin->split(table, a[0], a[1], (int)a[2]);
	case WALKPROOF_CALL_QUIESCE: plugin->quiesce(table); return 0;
	default: return -WALKPROOF_ENOSYS;
	}
}

/* Another vCPU faults on the same address, so to say, and is done before this one's exchange: the same
 * call is made from its start to its end, and what this one expected to find is no longer there. */
void walkproof_race(void)
{
	const uint64_t *a = control()->arguments;
	uint64_t word;

	if (!control()->race_at || --control()->race_at)
		return;
	control()->race_count++;
	is_racing = true;
	switch (control()->call) {
	case WALKPROOF_CALL_MAP:
		plugin->map(table, a[0], a[1], a[2], a[3], (uint32_t)a[4] & ~WALKPROOF_MAP_FAULT);
		break;
	case WALKPROOF_CALL_RELAX: plugin->relax(table, a[0], a[1]); break;
	case WALKPROOF_CALL_MKYOUNG: plugin->mkyoung(table, a[0], &word); break;
	default: break;
	}
	walkproof_log_settle();
	is_racing = false;
}

/* A walker that crashes just ends: a runtime that would tell of it is another's. */
static void reset_signals(void)
{
	const struct rlimit none = { 0, 0 };
	int number;

	for (number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	/* And writes no file of its memory. */
	setrlimit(RLIMIT_CORE, &none);
}

int walkproof_worker_main(const char *path, int file)
{
	struct walkproof_control *given = walkproof_region_peek(file);
	const pid_t parent = getppid();

	reset_signals();
	if (!given || !walkproof_region_map(&walkproof_region, file, given->page_shift, given->page_capacity))
		return 70;
	host = (struct walkproof_host) {
		.abi = WALKPROOF_ABI_VERSION,
		.size = sizeof host,
		.alloc = allocate,
		.free = free_pages,
		.get = get,
		.put = put,
		.count = count_of,
		.p2v = p2v,
		.v2p = v2p,
		.event = event,
		.va_lo = (uintptr_t)walkproof_region.memory,
		.va_hi = (uintptr_t)walkproof_region.memory +
			 ((uintptr_t)given->page_capacity << given->page_shift),
	};
	if (load_plugin(path))
		return 0;
	for (;;) {
		walkproof_turn_give(control(), 0);
		/* A check that is gone leaves no worker behind. */
		while (!walkproof_turn_await(control(), 1, 1000))
			if (getppid() != parent)
				return 0;
		walkproof_log_begin();
		control()->result = perform();
		walkproof_log_end();
	}
}
