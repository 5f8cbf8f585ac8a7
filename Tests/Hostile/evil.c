/* A plugin that does one evil deed, which the environment names: HOSTILE_DEED, with HOSTILE_NUMBER for
 * those that take one. Whatever it does is a finding or a refusal, and never the end of the check. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "walkproof_worker.h"

struct walkproof_table {
	uint64_t *root, root_bytes;
	uint32_t bits;
};

static struct walkproof_table table;
static struct walkproof_host host;
static int64_t result;      /* what every call returns */
static int32_t leaf_level = 3;
static uint64_t leaf;

/* ---- what deeds need ---- */

static uint64_t number(void)
{
	const char *text = getenv("HOSTILE_NUMBER");

	return text ? strtoull(text, 0, 0) : 0;
}

/* Numbers at the edges of what a field can hold, and some in between. */
static uint64_t extreme(uint64_t which)
{
	static const uint64_t all[] = {
		0, 1, 7, 8, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1ull << 36,
		(1ull << 36) + 8, 1ull << 47, 1ull << 52, 0x7fffffffffffffff, 0x8000000000000000,
		0xfffffffffffff000, 0xfffffffffffffff8, 0xffffffffffffffff,
	};

	return all[which % (sizeof all / sizeof *all)];
}

static uint64_t mixed(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15;
	uint64_t z = *state;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* The memory shared with the check: where it begins, and its size. */
static char *shared(size_t *size)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	char *first = 0;

	*size = 0;
	while (maps && fgets(line, sizeof line, maps)) {
		unsigned long start, end;
		char may[5];

		if (!strstr(line, "memfd:walkproof") || sscanf(line, "%lx-%lx %4s", &start, &end, may) != 3)
			continue;
		/* A page of it can be read at another place too. */
		if (may[1] != 'w')
			continue;
		first = (char *)start;
		*size = end - start;
	}
	if (maps)
		fclose(maps);
	return first;
}

static void event(uint32_t kind, uint64_t *state)
{
	static const char *const words[] = { 0, "", "ish", "\033[2J\033[31mred", "a\nb\nknown as", "%s%n", "\xff\xfe" };
	struct walkproof_event event = {
		.kind = kind,
		.flags = (uint32_t)extreme(mixed(state)),
		.level = (int32_t)extreme(mixed(state)),
		.order = (uint32_t)extreme(mixed(state)),
		.addr = extreme(mixed(state)),
		.size = extreme(mixed(state)),
		.old = extreme(mixed(state)),
		.val = extreme(mixed(state)),
		.what = words[mixed(state) % (sizeof words / sizeof *words)],
		.line = (uint32_t)extreme(mixed(state)),
	};

	host.event(host.ctx, &event);
}

/* A line of the log that no host has written. */
static void forge(struct walkproof_control *control, uint64_t *state)
{
	struct walkproof_record *records = (void *)((char *)control + 4096);
	uint64_t near = control->physical_base + 8 * (mixed(state) % 4096);

	if (control->record_count >= WALKPROOF_RECORD_LIMIT)
		return;
	records[control->record_count++] = (struct walkproof_record) {
		.kind = (uint32_t)(mixed(state) % 24),
		.flags = (uint32_t)extreme(mixed(state)),
		.level = (int32_t)extreme(mixed(state)),
		.order = (uint32_t)extreme(mixed(state)),
		.addr = mixed(state) % 2 ? near : extreme(mixed(state)),
		.size = mixed(state) % 2 ? 4096 : extreme(mixed(state)),
		.old = extreme(mixed(state)),
		.val = mixed(state) % 2 ? near | 3 : extreme(mixed(state)),
		.site = extreme(mixed(state)),
		.function = extreme(mixed(state)),
		.caller = extreme(mixed(state)),
		.text = (uint32_t)extreme(mixed(state)),
		.line = (uint32_t)extreme(mixed(state)),
	};
}

static void *scribbler(void *unused)
{
	size_t size;
	char *start = shared(&size);
	uint64_t state = number();

	(void)unused;
	while (start)
		((uint64_t *)start)[mixed(&state) % (size < 8192 ? 1 : 1024)] = mixed(&state);
	return 0;
}

static int deeper(volatile char *above)
{
	volatile char here[4096];

	here[0] = above[0];
	return deeper(here) + here[0];
}

/* ---- the deeds ---- */

static void deed_return(void) { result = (int64_t)extreme(number()); }
static void deed_return_least(void) { result = INT64_MIN; }
static void deed_leaf(void) { leaf = extreme(number()); leaf_level = (int32_t)extreme(number() / 7); }
static void deed_null(void) { *(volatile int *)8 = 1; }
static void deed_wild(void) { *(volatile uint64_t *)extreme(number()) = 1; }
static void deed_overflow(void) { char start = 0; deeper(&start); }
static void deed_abort(void) { abort(); }
static void deed_trap(void) { __builtin_trap(); }
static void deed_exit(void) { exit((int)number() & 255); }
static void deed_exit_at_once(void) { _exit((int)number() & 255); }
static void deed_raise(void) { raise(1 + (int)(number() % 31)); }
static void deed_hang(void) { for (;;) pause(); }
static void deed_spin(void) { for (;;) __asm__ volatile(""); }
static void deed_sleep(void) { usleep(20000); }
static void deed_stop(void) { raise(SIGSTOP); }
static void deed_close(void) { closefrom(0); }
static void deed_chdir(void) { if (chdir("/")) abort(); }
static void deed_memory(void) { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }

static void deed_limit(void)
{
	struct rlimit none = { 0, 0 };
	int which;

	for (which = 0; which < 16; which++)
		setrlimit(which, &none);
}

static void deed_truncate(void)
{
	int file;

	for (file = 0; file < 64; file++)
		if (ftruncate(file, 0) == 0)
			result = 0;
}

static void deed_scribble(void)
{
	size_t size, count = 64;
	uint64_t state = number();
	char *start = shared(&size);

	while (start && count--)
		((uint64_t *)start)[mixed(&state) % (number() % 2 ? 512 : size / 8)] = extreme(mixed(&state));
}

static void deed_wipe(void)
{
	size_t size;
	char *start = shared(&size);

	if (start)
		memset(start, number() & 1 ? 0xff : 0, number() & 2 ? size : 4096);
}

static void deed_scribble_on(void)
{
	pthread_t thread;
	static int is_begun;

	if (!is_begun++)
		pthread_create(&thread, 0, scribbler, 0);
}

static void deed_forge(void)
{
	size_t size;
	uint64_t state = number(), count = 1 + number() % 12;
	char *start = shared(&size);

	while (start && count--)
		forge((void *)start, &state);
}

/* Says the memory's layout anew; what is kept of it elsewhere is what counts. */
static void deed_layout(void)
{
	size_t size;
	struct walkproof_control *control = (void *)shared(&size);

	if (!control)
		return;
	control->page_shift = number() % 2 ? 40 : 0;
	control->page_capacity = number() % 3 ? ~0u : 0;
	control->text_size = control->record_count = ~0u;
}

static void deed_fork(void) { if (fork() == 0) for (;;) pause(); }
static void deed_fork_spin(void) { if (fork() == 0) for (;;) __asm__ volatile(""); }
static void deed_fork_both(void) { fork(); }
static void deed_fork_many(void) { int n; for (n = 0; n < 5; n++) fork(); for (;;) pause(); }
static void deed_fork_and_die(void) { if (fork() == 0) for (;;) pause(); abort(); }

static void deed_daemon(void)
{
	if (fork() == 0) {
		setsid();
		if (fork() == 0)
			for (;;)
				pause();
		_exit(0);
	}
}

static void deed_daemon_and_hang(void)
{
	deed_daemon();
	deed_hang();
}

/* What was begun is not ended, and whoever runs this is told to go. */
static void deed_kill_parent(void) { kill(getppid(), SIGKILL); usleep(20000); }

static void deed_handlers(void)
{
	int number;

	for (number = 1; number < 32; number++)
		signal(number, SIG_IGN);
	for (;;)
		pause();
}

static void deed_events(void)
{
	uint64_t state = number();
	int count;

	for (count = 0; count < 8; count++)
		event((uint32_t)(mixed(&state) % 24), &state);
}

static void deed_event_of_no_kind(void) { uint64_t state = number(); event((uint32_t)extreme(number()), &state); }

static void deed_event_without_end(void)
{
	char *words = malloc(1 << 17);
	struct walkproof_event warning = { .kind = WALKPROOF_EV_WARN, .what = words };

	memset(words, 'x', (1 << 17) - 1);
	words[(number() % 2 ? 1 << 16 : 1 << 17) - 1] = 0;
	host.event(host.ctx, &warning);
}

static void deed_endless(void) { uint64_t state = 1; for (;;) event(WALKPROOF_EV_ISB, &state); }
static void deed_alloc(void) { host.alloc(host.ctx, extreme(number()), 0); }
static void deed_alloc_all(void) { while (host.alloc(host.ctx, 4096, 0)) ; }
static void deed_free(void) { host.free(host.ctx, (char *)table.root + extreme(number() / 19), extreme(number())); }
static void deed_get(void) { int n; for (n = 0; n < 1000; n++) host.get(host.ctx, (void *)extreme(number())); }
static void deed_put(void) { int n; for (n = 0; n < 1000; n++) host.put(host.ctx, table.root); }
static void deed_counts(void) { host.get(host.ctx, table.root); host.put(host.ctx, (void *)extreme(number())); }

static const struct deed {
	const char *name;
	void (*act)(void);
} deeds[] = {
#define DEED(name) { #name, deed_##name }
	DEED(return), DEED(return_least), DEED(leaf), DEED(null), DEED(wild), DEED(overflow), DEED(abort),
	DEED(trap), DEED(exit), DEED(exit_at_once), DEED(raise), DEED(hang), DEED(spin), DEED(sleep),
	DEED(stop), DEED(close), DEED(chdir), DEED(limit), DEED(truncate), DEED(scribble), DEED(wipe),
	DEED(scribble_on), DEED(forge), DEED(layout), DEED(fork), DEED(fork_spin), DEED(fork_both), DEED(fork_many),
	DEED(fork_and_die), DEED(daemon), DEED(daemon_and_hang), DEED(kill_parent), DEED(handlers), DEED(events), DEED(event_of_no_kind),
	DEED(event_without_end), DEED(endless), DEED(alloc), DEED(alloc_all), DEED(free), DEED(get),
	DEED(put), DEED(counts), DEED(memory),
};

static int is(const char *name)
{
	const char *wanted = getenv("HOSTILE_DEED");

	return wanted && !strcmp(wanted, name);
}

static int64_t act(void)
{
	size_t which;

	for (which = 0; which < sizeof deeds / sizeof *deeds; which++)
		if (is(deeds[which].name))
			deeds[which].act();
	return result;
}

/* ---- a plugin with an empty table ---- */

static int init(struct walkproof_table **out, const struct walkproof_config *config,
		const struct walkproof_host *given)
{
	uint32_t bits = config->ia_bits, level = bits > 43 ? 0 : bits > 34 ? 1 : 2, reach = 48 - 9 * level;

	host = *given;
	result = 0;
	table.bits = bits;
	table.root_bytes = 4096ull << (bits > reach ? bits - reach : 0);
	table.root = host.alloc(host.ctx, table.root_bytes, 0);
	host.event(host.ctx, &(struct walkproof_event){ .kind = WALKPROOF_EV_DSB, .what = "ishst" });
	*out = is("no_table") ? 0 : &table;
	if (is("in_init"))
		deed_events();
	return is("init_result") ? (int)extreme(number()) : table.root ? 0 : -WALKPROOF_ENOMEM;
}

static void destroy(struct walkproof_table *t)
{
	if (is("in_destroy"))
		deed_events();
	host.free(host.ctx, t->root, t->root_bytes);
	if (is("layout_in_destroy"))
		deed_layout();
	if (is("forge_in_destroy"))
		deed_forge();
}

static int root(struct walkproof_table *t, uint64_t *pa, int32_t *level, uint32_t *bits, uint64_t *bytes)
{
	*pa = is("root") ? extreme(number()) : host.v2p(host.ctx, t->root);
	*level = is("root_level") ? (int32_t)extreme(number()) : t->bits > 43 ? 0 : t->bits > 34 ? 1 : 2;
	*bits = is("root_bits") ? (uint32_t)extreme(number()) : t->bits;
	*bytes = is("root_bytes") ? extreme(number()) : t->root_bytes;
	return is("root_result") ? (int)extreme(number()) : 0;
}

#define T struct walkproof_table *t
static int map(T, uint64_t ia, uint64_t size, uint64_t pa, uint64_t prot, uint32_t flags)
{
	(void)t, (void)ia, (void)size, (void)pa, (void)prot, (void)flags;
	return (int)act();
}
static int64_t unmap(T, uint64_t ia, uint64_t size) { (void)t, (void)ia, (void)size; return act(); }
static int set_owner(T, uint64_t ia, uint64_t size, uint8_t owner)
{
	(void)t, (void)ia, (void)size, (void)owner;
	return (int)act();
}
static int range(T, uint64_t ia, uint64_t size) { (void)t, (void)ia, (void)size; return (int)act(); }
static int age(T, uint64_t ia, uint64_t *old) { (void)t, (void)ia; *old = leaf; return (int)act(); }
static int is_young(T, uint64_t ia) { (void)t, (void)ia; return (int)act(); }
static int relax(T, uint64_t ia, uint64_t prot) { (void)t, (void)ia, (void)prot; return (int)act(); }
static int get_leaf(T, uint64_t ia, uint64_t *pte, int32_t *level)
{
	(void)t, (void)ia;
	act();
	*pte = leaf;
	*level = leaf_level;
	return (int)result;
}

static struct walkproof_plugin plugin = {
	.abi = WALKPROOF_ABI_VERSION,
	.size = sizeof plugin,
	.name = "evil",
	.page_shift = 12,
	.caps = WALKPROOF_CAP_EVENTS | WALKPROOF_CAP_REFCOUNTS,
	.last_level = 3,
	.min_block_level = 1,
	.init = init,
	.destroy = destroy,
	.root = root,
	.map = map,
	.unmap = unmap,
	.set_owner = set_owner,
	.wrprotect = range,
	.mkyoung = age,
	.mkold = age,
	.is_young = is_young,
	.relax = relax,
	.flush = range,
	.get_leaf = get_leaf,
};

const struct walkproof_plugin *walkproof_plugin_v1(void)
{
	static char name[256];

	if (is("name")) {
		memset(name, (int)number() & 255, sizeof name - 1);
		plugin.name = number() & 256 ? (const char *)8 : name;
	}
	if (is("abi"))
		plugin.abi = (uint32_t)extreme(number());
	if (is("size"))
		plugin.size = (uint32_t)extreme(number());
	if (is("page_shift"))
		plugin.page_shift = (uint32_t)extreme(number());
	if (is("caps"))
		plugin.caps = (uint32_t)number();
	if (is("levels"))
		plugin.last_level = (int32_t)extreme(number()), plugin.min_block_level = (int32_t)extreme(number() / 5);
	if (is("at_load"))
		deeds[number() % (sizeof deeds / sizeof *deeds)].act();
	/* Where nothing is wrong before, a case comes to its end. */
	if (is("nothing_but_init") || is("layout_in_destroy") || is("forge_in_destroy"))
		memset(&plugin.map, 0, sizeof plugin - offsetof(struct walkproof_plugin, map));
	return is("no_plugin") ? (const void *)extreme(number()) : &plugin;
}
