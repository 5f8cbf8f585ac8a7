/* A plugin with an empty table, and one thing wrong with it: the one that VARIANT names. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "walkproof_plugin.h"

struct walkproof_table {
	const struct walkproof_host *host;
	uint64_t *root, root_bytes;
	uint32_t bits;
	int32_t level;
};

static struct walkproof_table table;
static struct walkproof_host host;

static int init(struct walkproof_table **out, const struct walkproof_config *config,
		const struct walkproof_host *given)
{
	/* As many levels as are needed when up to 16 tables make the root, but at least two. */
	uint32_t bits = config->ia_bits, reach;

	host = *given;
	table.host = &host;
	table.bits = bits;
	table.level = bits > 43 ? 0 : bits > 34 ? 1 : 2;
	reach = 48 - 9 * (uint32_t)table.level;
	table.root_bytes = 4096ull << (bits > reach ? bits - reach : 0);
	table.root = host.alloc(host.ctx, table.root_bytes, 0);
	/* The root is zeroed before its user has it. */
	host.event(host.ctx, &(struct walkproof_event){.kind = WALKPROOF_EV_DSB, .what = "ishst"});
	*out = &table;
	return table.root ? 0 : -WALKPROOF_ENOMEM;
}

static void destroy(struct walkproof_table *t)
{
	t->host->free(t->host->ctx, t->root, t->root_bytes);
}

static int root(struct walkproof_table *t, uint64_t *pa, int32_t *level, uint32_t *bits, uint64_t *bytes)
{
	*pa = t->host->v2p(t->host->ctx, t->root);
	*level = t->level;
	*bits = t->bits;
	*bytes = t->root_bytes;
	return 0;
}

/* Reports a store that it makes, or makes one that it does not report. */
static void store(struct walkproof_table *t, uint64_t value, int isReported)
{
	struct walkproof_event event = {
		.kind = WALKPROOF_EV_STORE,
		.addr = t->host->v2p(t->host->ctx, t->root),
		.old = t->root[0],
		.val = value,
	};

	t->root[0] = value;
	if (isReported)
		t->host->event(t->host->ctx, &event);
}

static int unmap_nothing(struct walkproof_table *t, uint64_t ia, uint64_t size)
{
	(void)ia, (void)size;
	if (!strcmp(VARIANT, "crash"))
		*(volatile int *)8 = 1;
	if (!strcmp(VARIANT, "exit"))
		exit(0);
	if (!strcmp(VARIANT, "abort"))
		abort();
	/* What the host was started with open is none of a worker's business. */
	if (!strcmp(VARIANT, "inherits") && fcntl(9, F_GETFD) != -1)
		abort();
	if (!strcmp(VARIANT, "hang"))
		for (;;)
			pause();
	if (!strcmp(VARIANT, "endless"))
		for (;;)
			store(t, 0, 1);
	if (!strcmp(VARIANT, "unreported") || !strcmp(VARIANT, "silent-annotation"))
		store(t, 4, 0);
	if (!strcmp(VARIANT, "silent-lost-table"))
		t->host->alloc(t->host->ctx, 4096, 0);
	if (!strcmp(VARIANT, "reported"))
		store(t, 1, 1);
	return 0;
}

static int64_t unmap(struct walkproof_table *t, uint64_t ia, uint64_t size)
{
	uint64_t start = ia & ~4095ull, limit = 1ull << t->bits;

	if (start > limit || size > limit - start)
		return -WALKPROOF_ERANGE;
	return unmap_nothing(t, ia, size);
}

static struct walkproof_plugin plugin = {
	.abi = WALKPROOF_ABI_VERSION,
	.size = sizeof plugin,
	.name = VARIANT,
	.page_shift = 12,
	.caps = WALKPROOF_CAP_EVENTS | WALKPROOF_CAP_REFCOUNTS,
	.last_level = 3,
	.min_block_level = 1,
	.init = init,
	.destroy = destroy,
	.root = root,
	.unmap = unmap,
};

#ifndef NO_SYMBOL
const struct walkproof_plugin *walkproof_plugin_v1(void)
{
	if (!strcmp(VARIANT, "future"))
		plugin.abi = 2;
	if (!strcmp(VARIANT, "granule"))
		plugin.page_shift = 13;
	if (!strncmp(VARIANT, "silent", 6))
		plugin.caps = WALKPROOF_CAP_REFCOUNTS;
	if (!strcmp(VARIANT, "rootless"))
		plugin.root = 0;
	if (!strcmp(VARIANT, "crash-at-load"))
		abort();
	return &plugin;
}
#endif
