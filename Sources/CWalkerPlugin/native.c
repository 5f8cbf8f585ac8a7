/* The host of a plugin in this process: memory and counts, and nothing else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "walkproof_native.h"

#define BASE (1ull << 36)

/* One host serves one table for the rest of the process's life. */
static char *memory;
static int32_t *counts;
static uint32_t *free_list, free_count, next_page, capacity, shift;

static void *allocate(void *ctx, uint64_t bytes, uint32_t flags)
{
	uint32_t count = (uint32_t)((bytes + (1ull << shift) - 1) >> shift), first, page;

	(void)ctx, (void)flags;
	if (count <= 1 && free_count) {
		first = free_list[--free_count];
		memset(memory + ((size_t)first << shift), 0, (size_t)1 << shift);
	} else {
		first = (next_page + count - 1) / count * count;
		if (first + count > capacity)
			return 0;
		next_page = first + count;
	}
	for (page = first; page < first + count; page++)
		counts[page] = 1;
	return memory + ((size_t)first << shift);
}

static uint32_t page_of(void *va)
{
	return (uint32_t)(((uintptr_t)va - (uintptr_t)memory) >> shift);
}

static void free_pages(void *ctx, void *va, uint64_t bytes)
{
	(void)ctx, (void)va, (void)bytes;
}

static void get(void *ctx, void *va)
{
	(void)ctx;
	counts[page_of(va)]++;
}

static void put(void *ctx, void *va)
{
	uint32_t page = page_of(va);

	(void)ctx;
	if (--counts[page] == 0)
		free_list[free_count++] = page;
}

static int count_of(void *ctx, void *va)
{
	(void)ctx;
	return counts[page_of(va)];
}

static void *p2v(void *ctx, uint64_t pa)
{
	(void)ctx;
	return memory + (pa - BASE);
}

static uint64_t v2p(void *ctx, void *va)
{
	(void)ctx;
	return BASE + (uint64_t)((char *)va - memory);
}

static void ignore(void *ctx, const struct walkproof_event *event)
{
	(void)ctx, (void)event;
}

static bool reserve(uint32_t pages)
{
	capacity = pages;
	memory = mmap(0, (size_t)pages << shift, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	counts = calloc(pages, sizeof *counts);
	free_list = calloc(pages, sizeof *free_list);
	return memory != MAP_FAILED && counts && free_list;
}

void walkproof_native_open(struct walkproof_native *native, const char *path, uint32_t flags,
			   uint32_t ia_bits, uint32_t pa_bits, uint32_t pages)
{
	const struct walkproof_plugin *(*entry)(void);
	struct walkproof_config config = {
		.size = sizeof config,
		.flags = flags,
		.ia_bits = ia_bits,
		.pa_bits = pa_bits,
		.vmid_bits = 16,
	};
	static struct walkproof_host host;
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	int result;

	memset(native, 0, sizeof *native);
	if (!library) {
		snprintf(native->problem, sizeof native->problem, "it cannot be loaded: %s", dlerror());
		return;
	}
	entry = (__typeof__(entry))dlsym(library, "walkproof_plugin_v1");
	native->plugin = entry ? entry() : 0;
	if (!native->plugin) {
		snprintf(native->problem, sizeof native->problem, "it exports no plugin");
		return;
	}
	shift = native->plugin->page_shift;
	if (!reserve(pages)) {
		snprintf(native->problem, sizeof native->problem, "there is no memory for its tables");
		return;
	}
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
		.event = ignore,
		.va_lo = (uintptr_t)memory,
		.va_hi = (uintptr_t)memory + ((uintptr_t)pages << shift),
	};
	result = native->plugin->init(&native->table, &config, &host);
	if (result)
		snprintf(native->problem, sizeof native->problem, "its init returns %d", result);
}
