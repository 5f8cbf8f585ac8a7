/* A plugin with an empty table, and one thing wrong with it: the one that VARIANT names. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "walkproof_plugin.h"

struct walkproof_table {
	const struct walkproof_host *host;
	uint64_t *root, root_bytes;
	uint32_t bits, unmaps;
	int32_t level;
	int isStage1;
};

static struct walkproof_table table;
static struct walkproof_host host;
/* How many calls the process has seen, whatever the tables. */
static uint32_t calls;

/* Whether no signal is caught, ignored or held back. */
static int has_signals_of_its_own(void)
{
	struct sigaction action;
	sigset_t held;
	int number;

	sigprocmask(SIG_BLOCK, 0, &held);
	for (number = 1; number < 32; number++)
		if (sigismember(&held, number) ||
		    (!sigaction(number, 0, &action) && action.sa_handler != SIG_DFL))
			return 0;
	return 1;
}

/* What the instrumentation calls, by hand. */
void __tsan_atomic_thread_fence(int order);
uint64_t __tsan_atomic64_compare_exchange_val(volatile uint64_t *p, uint64_t expected, uint64_t value, int order,
					      int failure);

static int is(const char *variant) { return !strcmp(VARIANT, variant); }

static int init(struct walkproof_table **out, const struct walkproof_config *config,
		const struct walkproof_host *given)
{
	/* As many levels as are needed when up to 16 tables make the root, but at least two; of a hypervisor's
	 * one table makes it. */
	uint32_t bits = config->ia_bits, reach;

	host = *given;
	table.host = &host;
	table.bits = bits;
	table.isStage1 = !!(config->flags & WALKPROOF_F_STAGE1);
	table.unmaps = 0;
	if (is("refuses-nofwb") && config->flags & WALKPROOF_F_NOFWB)
		return -WALKPROOF_ENOSYS;
	if (is("dies-of-nofwb") && config->flags & WALKPROOF_F_NOFWB)
		abort();
	table.level = table.isStage1 ? (bits > 39 ? 0 : bits > 30 ? 1 : 2) : bits > 43 ? 0 : bits > 34 ? 1 : 2;
	reach = 48 - 9 * (uint32_t)table.level;
	table.root_bytes = 4096ull << (bits > reach ? bits - reach : 0);
	if (is("small-root"))
		table.root_bytes = 4096;
	*out = &table;
	table.root = host.alloc(host.ctx, table.root_bytes, 0);
	if (!table.root)
		return is("root-of-nothing") ? 0 : -WALKPROOF_ENOMEM;
	if (is("stores-in-init"))
		host.event(host.ctx, &(struct walkproof_event){ .kind = WALKPROOF_EV_STORE,
								.addr = host.v2p(host.ctx, table.root) });
	/* The root is zeroed before its user has it. */
	host.event(host.ctx, &(struct walkproof_event){.kind = WALKPROOF_EV_DSB, .what = "ishst"});
	return 0;
}

static void destroy(struct walkproof_table *t)
{
	t->host->free(t->host->ctx, t->root, t->root_bytes);
}

static int root(struct walkproof_table *t, uint64_t *pa, int32_t *level, uint32_t *bits, uint64_t *bytes)
{
	*pa = t->host->v2p(t->host->ctx, t->root);
	*level = t->level + is("root-level");
	*bits = t->bits + is("root-bits");
	*bytes = t->root_bytes + is("root-size");
	*pa += is("root-address") ? 4096 : 0;
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

static void report(uint32_t kind, const char *what, uint32_t line)
{
	host.event(host.ctx, &(struct walkproof_event){ .kind = kind, .what = what, .line = line });
}

/* What is at odds with the contract, or is what it permits. */
static int unmap_contract(struct walkproof_table *t, uint64_t ia)
{
	uint64_t *page;
	int32_t *count;

	if (is("status-113"))
		_exit(113);
	if (is("scribbled-count")) {
		/* The last count that is not 0 is that of the last page. */
		for (count = (int32_t *)host.va_lo - 1; !*count; count--)
			;
		(*count)++;
	}
	if (is("stray-store"))
		*(uint64_t *)(host.va_hi - 8) = 1;
	if (is("near-stray-store"))
		((uint64_t *)t->root)[t->root_bytes / 8] = 1;
	if (is("freed-store")) {
		page = host.alloc(host.ctx, 4096, 0);
		if (page) {
			host.put(host.ctx, page);
			page[7] = 0;
		}
	}
	if (is("barrier-name"))
		report(WALKPROOF_EV_DSB, "ishh", 0);
	if (is("barrier-nameless"))
		report(WALKPROOF_EV_DSB, 0, 0);
	if (is("barrier-sy"))
		report(WALKPROOF_EV_DSB, "sy", 0);
	if (is("event-kind"))
		report(99, 0, 0);
	if (is("refused-size") && (host.alloc(host.ctx, 1ull << 60, 0) || host.alloc(host.ctx, 4096 * 4096, 0) ||
				   host.alloc(host.ctx, ~0ull, 0)))
		abort();
	if (is("frees-tables")) {
		page = host.alloc(host.ctx, 5000, 0);
		if (page)
			host.free(host.ctx, page, 5000);
	}
	if (is("warns-twice"))
		report(WALKPROOF_EV_WARN, ia < 1 << 21 ? "the low one" : "the high one", 7);
	if (is("second-unmap") && ++t->unmaps == 2)
		abort();
	if (is("unsteady") && ++calls == 300)
		return -WALKPROOF_EPERM;
	if (is("alternates") && ++calls % 5 == 0)
		return -WALKPROOF_EPERM;
	if (!strncmp(VARIANT, "link-", 5) && !t->root[0]) {
		page = host.alloc(host.ctx, 4096, 0);
		if (!page)
			return 0;
		host.get(host.ctx, t->root);
		if (is("link-fenced"))
			__tsan_atomic_thread_fence(__ATOMIC_RELEASE);
		if (is("link-dmb"))
			report(WALKPROOF_EV_DSB, "dmb ishst", 0);
		__tsan_atomic64_compare_exchange_val(t->root, 0, host.v2p(host.ctx, page) | 3,
						     is("link-released") ? __ATOMIC_RELEASE : __ATOMIC_RELAXED,
						     __ATOMIC_RELAXED);
	}
	return 0;
}

static int unmap_nothing(struct walkproof_table *t, uint64_t ia, uint64_t size)
{
	(void)size;
	if (!strcmp(VARIANT, "crash"))
		*(volatile int *)8 = 1;
	if (!strcmp(VARIANT, "exit"))
		exit(0);
	if (!strcmp(VARIANT, "abort"))
		abort();
	/* What the host was started with open is none of a worker's business. */
	if (!strcmp(VARIANT, "inherits") && fcntl(9, F_GETFD) != -1)
		abort();
	/* Nor what it does with its signals. */
	if (!strcmp(VARIANT, "inherits") && !has_signals_of_its_own())
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
	return unmap_contract(t, ia);
}

static int64_t unmap(struct walkproof_table *t, uint64_t ia, uint64_t size)
{
	uint64_t start = ia & ~4095ull, limit = 1ull << t->bits;

	if (t->isStage1)
		return 0;
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

#ifdef LINKED
/* As the linker would have it among the needed libraries. */
__attribute__((used)) static const char linked[] = LINKED;
#endif

#ifndef NO_SYMBOL
const struct walkproof_plugin *walkproof_plugin_v1(void)
{
	if (!strcmp(VARIANT, "future"))
		plugin.abi = 2;
	if (!strcmp(VARIANT, "granule"))
		plugin.page_shift = 13;
	if (!strncmp(VARIANT, "silent", 6))
		plugin.caps = WALKPROOF_CAP_REFCOUNTS;
	if (is("last-level"))
		plugin.last_level = 2;
	if (is("block-level"))
		plugin.min_block_level = 2;
	if (is("sixteen")) {
		plugin.page_shift = 14;
		plugin.min_block_level = 2;
	}
	if (!strncmp(VARIANT, "link-", 5))
		plugin.caps |= WALKPROOF_CAP_STORE_ORDER;
	if (!strcmp(VARIANT, "rootless"))
		plugin.root = 0;
	if (!strcmp(VARIANT, "crash-at-load"))
		abort();
	return &plugin;
}
#endif
