/* The contract between Walkproof and a page-table walker in C, version 1.
 *
 * A plugin is one shared object for one granule that exports walkproof_plugin_v1(). Integers are
 * little endian and native; results are 0 or a negative errno with Linux's numbers. Nothing beyond
 * <stdint.h> is needed. README.md beside this folder tells how a plugin is written and built. */
#ifndef WALKPROOF_ABI_H
#define WALKPROOF_ABI_H
#include <stdint.h>
#define WALKPROOF_ABI_VERSION 1

/* The errno values of this interface, always returned negated. */
enum {
	WALKPROOF_EPERM = 1,
	WALKPROOF_E2BIG = 7,
	WALKPROOF_EAGAIN = 11,
	WALKPROOF_ENOMEM = 12,
	WALKPROOF_EEXIST = 17,
	WALKPROOF_EINVAL = 22,
	WALKPROOF_ERANGE = 34,
	WALKPROOF_ENOSYS = 38,
};

/* The bits of a protection, as map and relax are given it. */
#define WALKPROOF_X (1ull << 0)
#define WALKPROOF_W (1ull << 1)
#define WALKPROOF_R (1ull << 2)
#define WALKPROOF_DEVICE (1ull << 3)
#define WALKPROOF_NC (1ull << 4)      /* normal memory, not cacheable */
#define WALKPROOF_PX (1ull << 5)      /* execute at EL1 alone, with WALKPROOF_F_XNX */
#define WALKPROOF_UX (1ull << 6)      /* execute at EL0 alone, with WALKPROOF_F_XNX */
#define WALKPROOF_SW_SHIFT 55         /* the lowest of four software bits, 58:55 */

/* walkproof_config.flags: what the pretended CPU has, and how this table is made. */
#define WALKPROOF_F_FWB (1u << 0)       /* forced write-back */
#define WALKPROOF_F_TLBRANGE (1u << 1)  /* TLB invalidation by range */
#define WALKPROOF_F_LPA2 (1u << 2)      /* 52-bit addresses with 4K and 16K granules */
#define WALKPROOF_F_HVHE (1u << 3)      /* hypervisor at EL2 with a host at EL2 */
#define WALKPROOF_F_BTI (1u << 4)       /* branch target identification */
#define WALKPROOF_F_NOFWB (1u << 5)     /* this table does not use forced write-back */
#define WALKPROOF_F_IDMAP (1u << 6)     /* every mapping's output address is its input address */
#define WALKPROOF_F_NO_CMO (1u << 7)    /* leave out cache maintenance */
#define WALKPROOF_F_RCU_FREE (1u << 8)  /* detached tables are freed by quiesce(), not at once */
#define WALKPROOF_F_FORCE_PTE (1u << 9) /* map pages only */
#define WALKPROOF_F_XNX (1u << 10)      /* execution at EL1 and at EL0 told apart at stage 2 */
#define WALKPROOF_F_STAGE1 (1u << 16)   /* a hypervisor's stage-1 table instead of a stage 2 */

/* The flags of a map. */
#define WALKPROOF_MAP_SHARED (1u << 0) /* other walks may run beside this one */
#define WALKPROOF_MAP_FAULT (1u << 1)  /* on behalf of a fault: stop at the first EAGAIN */

/* walkproof_plugin.caps: what the plugin reports exactly. What it does not report is not judged. */
#define WALKPROOF_CAP_LOADS (1u << 0)       /* every load of a table */
#define WALKPROOF_CAP_STORE_ORDER (1u << 1) /* event.order means something */
#define WALKPROOF_CAP_REFCOUNTS (1u << 2)   /* page counts, by get and put */
#define WALKPROOF_CAP_TTL (1u << 3)         /* level hints of invalidations */
#define WALKPROOF_CAP_EVENTS (1u << 4)      /* anything at all; without it only results and tables
					     * are compared with the model */

/* event.level of an invalidation without a hint. */
#define WALKPROOF_LEVEL_UNKNOWN 0x7fffffff

/* What an event says. addr is a physical address unless told otherwise, size is in bytes. */
enum walkproof_kind {
	WALKPROOF_EV_LOAD = 1,   /* addr of the entry, val */
	WALKPROOF_EV_STORE,      /* addr of the entry, old, val;
				  * order: 0 plain, 1 once (volatile), 3 release, 5 sequential */
	WALKPROOF_EV_CMPXCHG,    /* addr, old expected, val new; flags bit 0: it succeeded;
				  * size: the value found where it did not;
				  * order: 1 once (relaxed), anything else orders what was stored before */
	WALKPROOF_EV_ALLOC,      /* addr, size; reported by the host itself */
	WALKPROOF_EV_FREE,       /* addr, size; reported by the host itself */
	WALKPROOF_EV_GET,        /* addr of any byte of the page; reported by the host itself */
	WALKPROOF_EV_PUT,        /* the same */
	WALKPROOF_EV_TLBI_IPA,   /* addr the IPA, level; flags bit 0: this CPU only */
	WALKPROOF_EV_TLBI_RANGE, /* addr the IPA, size; flags bit 0: this CPU only */
	WALKPROOF_EV_TLBI_ALL,   /* everything of the VMID; flags bit 0: this CPU only */
	WALKPROOF_EV_TLBI_VA,    /* addr the VA, level; flags bit 0: this CPU only, bit 1: last level only */
	WALKPROOF_EV_TLBI_SYNC,  /* completion: dsb ish */
	WALKPROOF_EV_DSB,        /* what: "ish", "ishst", "nsh" or "nshst", of other domains and of loads
				  * as the manual has them; "dmb ish" and the like for a dmb */
	WALKPROOF_EV_ISB,
	WALKPROOF_EV_DCACHE,     /* addr, size: cleaned and invalidated to the point of coherency */
	WALKPROOF_EV_ICACHE,     /* addr, size: invalidated to the point of unification */
	WALKPROOF_EV_DETACH,     /* addr of a table, level: given to the queue of deferred frees */
	WALKPROOF_EV_LOCK,       /* flags 1 on entering a read-side section, 0 on leaving it */
	WALKPROOF_EV_WARN,       /* what: the condition that was thought impossible; line */
};

/* One thing that the walker did. TLBI_IPA, TLBI_RANGE and TLBI_ALL are composite: barriers before
 * and after are part of them. TLBI_VA is bare: the barriers around it are events of their own. */
struct walkproof_event {
	uint32_t kind, flags;
	int32_t level;
	uint32_t order;
	uint64_t addr, size, old, val;
	const char *what;
	uint32_t line, pad;
};

/* What the host does for a plugin. Called only while one of the plugin's functions runs, and by its
 * thread only. */
struct walkproof_host {
	uint32_t abi, size; /* WALKPROOF_ABI_VERSION, sizeof(struct walkproof_host) */
	void *ctx;          /* the first argument of each function */
	/* Zeroed pages aligned to their size, with a count of 1 each; null when there is no memory. */
	void *(*alloc)(void *ctx, uint64_t bytes, uint32_t flags);
	void (*free)(void *ctx, void *va, uint64_t bytes); /* as many as alloc gave, whatever their counts */
	void (*get)(void *ctx, void *va);
	void (*put)(void *ctx, void *va); /* frees at 0 */
	int (*count)(void *ctx, void *va);
	void *(*p2v)(void *ctx, uint64_t pa); /* of any address; only tables can be looked at through it */
	uint64_t (*v2p)(void *ctx, void *va);
	void (*event)(void *ctx, const struct walkproof_event *ev);
	uintptr_t va_lo, va_hi; /* the window that all tables lie in, for a plugin that filters */
};

/* How a table is made. */
struct walkproof_config {
	uint32_t size, flags;
	uint32_t ia_bits, pa_bits;
	uint32_t vmid_bits, pad;
};

struct walkproof_table;

/* What a plugin can do. Any function but init, destroy and root may be null: what needs it is
 * skipped, and the report says so. Addresses and sizes are in bytes. */
struct walkproof_plugin {
	uint32_t abi, size; /* WALKPROOF_ABI_VERSION, sizeof(struct walkproof_plugin) */
	const char *name;          /* shown in reports */
	uint32_t page_shift, caps; /* 12, 14 or 16; WALKPROOF_CAP_* */
	int32_t last_level;        /* of pages: 3 */
	int32_t min_block_level;   /* of the largest blocks: 1 with pages of 4K, else 2 */
	int (*init)(struct walkproof_table **out, const struct walkproof_config *,
		    const struct walkproof_host *);
	void (*destroy)(struct walkproof_table *);
	/* Where the host finds the tables that it walks by itself: what init allocated first. The level,
	 * the bits and the size in bytes have to be those of the configuration. */
	int (*root)(struct walkproof_table *, uint64_t *root_pa, int32_t *start_level, uint32_t *ia_bits,
		    uint64_t *root_bytes);
	int (*map)(struct walkproof_table *, uint64_t ia, uint64_t size, uint64_t pa, uint64_t prot,
		   uint32_t mapflags);
	int64_t (*unmap)(struct walkproof_table *, uint64_t ia, uint64_t size); /* stage 1: bytes unmapped */
	int (*set_owner)(struct walkproof_table *, uint64_t ia, uint64_t size, uint8_t owner);
	int (*wrprotect)(struct walkproof_table *, uint64_t ia, uint64_t size);
	int (*mkyoung)(struct walkproof_table *, uint64_t ia, uint64_t *oldpte);
	int (*mkold)(struct walkproof_table *, uint64_t ia, uint64_t *oldpte);
	int (*test_clear_young)(struct walkproof_table *, uint64_t ia, uint64_t size, int clear); /* 0 or 1 */
	int (*is_young)(struct walkproof_table *, uint64_t ia); /* 0 or 1 */
	int (*relax)(struct walkproof_table *, uint64_t ia, uint64_t prot);
	int (*flush)(struct walkproof_table *, uint64_t ia, uint64_t size);
	int (*get_leaf)(struct walkproof_table *, uint64_t ia, uint64_t *pte, int32_t *level);
	int (*split)(struct walkproof_table *, uint64_t ia, uint64_t size, int cache_pages);
	/* Kept in its place for plugins that have it; no check calls it. */
	int (*find_range)(struct walkproof_table *, uint64_t ia, uint64_t prot, uint64_t *lo, uint64_t *hi);
	void (*quiesce)(struct walkproof_table *); /* run deferred frees */
};

const struct walkproof_plugin *walkproof_plugin_v1(void);
#endif
