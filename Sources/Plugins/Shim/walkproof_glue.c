/* Makes a Linux tree's page-table code a plugin. Compiled without instrumentation.
 *
 * The code's callbacks carry no context, so the one table that there is at a time is kept here. How the
 * tree's functions are called is in walkproof_calls.h; one that a tree does not have is null in the
 * plugin's table. */
#include <asm/kvm_pgtable.h>
#include "walkproof_plugin.h"
#include "walkproof_tree.h"

bool walkproof_has_fwb, walkproof_has_tlb_range, walkproof_has_bti, walkproof_has_hvhe;
bool walkproof_has_xnx;
bool walkproof_is_locked;
static int lock_depth;

struct walkproof_table {
	struct kvm_pgtable pgt;
	struct kvm_s2_mmu mmu;
	struct kvm_arch arch;
	bool isStage1, forcesPages, defersFrees;
	/* The range of the last map. */
	u64 start, end;
};

static struct walkproof_table table;
static struct walkproof_host host;
static struct kvm_pgtable_mm_ops mm_ops;
/* The pages of a vCPU's cache: never short by itself, the host refuses instead. */
static struct kvm_mmu_memory_cache cache;
static struct { void *table; s32 level; } detached[512];
static u32 detached_count;

/* ---- what is watched ---- */

static inline void report(struct walkproof_event event)
{
#if defined(WALKPROOF_NATIVE) || defined(WALKPROOF_STANDALONE)
	(void)event;
#else
	host.event(host.ctx, &event);
#endif
}

#define REPORT(...) report((struct walkproof_event) { __VA_ARGS__ })

void walkproof_warn(const char *condition, unsigned int line)
{
	REPORT(.kind = WALKPROOF_EV_WARN, .what = condition, .line = line);
}

void walkproof_dsb(const char *kind)
{
	REPORT(.kind = WALKPROOF_EV_DSB, .what = kind);
}

void walkproof_isb(void)
{
	REPORT(.kind = WALKPROOF_EV_ISB);
}

void walkproof_lock(bool isEntered)
{
	/* Another CPU's section may lie inside of this one's. */
	lock_depth += isEntered ? 1 : -1;
	walkproof_is_locked = lock_depth > 0;
	REPORT(.kind = WALKPROOF_EV_LOCK, .flags = isEntered);
}

/* The level that a tree promises. Where it has no name for 'no hint' that is level 0; whatever else it
 * says is passed on, so that a level that there is not, or one that was never set, is seen. */
static s32 hint(s64 level)
{
#if defined(TREE_HAS_TLBI_TTL_UNKNOWN)
	return level == TLBI_TTL_UNKNOWN ? WALKPROOF_LEVEL_UNKNOWN : (s32)level;
#else
	return level == 0 || level == TLBI_TTL_UNKNOWN ? WALKPROOF_LEVEL_UNKNOWN : (s32)level;
#endif
}

void walkproof_tlbi_va(const char *operation, u64 address, s64 level)
{
	bool isLast = operation[0] == 'v' && operation[1] == 'a' && operation[2] == 'l';
	u32 length = 0;

	while (operation[length])
		length++;
	REPORT(.kind = WALKPROOF_EV_TLBI_VA, .addr = address, .level = hint(level),
	       .flags = (operation[length - 2] == 'i' && operation[length - 1] == 's' ? 0 : 1) | isLast << 1);
}

void walkproof__kvm_tlb_flush_vmid(struct kvm_s2_mmu *mmu)
{
	(void)mmu;
	REPORT(.kind = WALKPROOF_EV_TLBI_ALL);
}

void walkproof__kvm_tlb_flush_vmid_ipa(struct kvm_s2_mmu *mmu, u64 ipa, s64 level)
{
	(void)mmu;
	REPORT(.kind = WALKPROOF_EV_TLBI_IPA, .addr = ipa, .level = hint(level));
}

void walkproof__kvm_tlb_flush_vmid_ipa_nsh(struct kvm_s2_mmu *mmu, u64 ipa, s64 level)
{
	(void)mmu;
	REPORT(.kind = WALKPROOF_EV_TLBI_IPA, .addr = ipa, .level = hint(level), .flags = 1);
}

void walkproof__kvm_tlb_flush_vmid_range(struct kvm_s2_mmu *mmu, u64 ipa, u64 pages)
{
	(void)mmu;
	REPORT(.kind = WALKPROOF_EV_TLBI_RANGE, .addr = ipa, .size = pages << PAGE_SHIFT);
}

/* ---- memory ---- */

#if defined(WALKPROOF_STANDALONE)
/* A kernel's memory as far as tables need it: pages, their counts, and a list of those that are free. */
enum { ARENA_PAGES = 2048 };
#define ARENA_BASE (1ull << 36)
static char arena[ARENA_PAGES * PAGE_SIZE] __attribute__((aligned(16 * PAGE_SIZE)));
static int32_t arena_counts[ARENA_PAGES];
static u32 arena_free[ARENA_PAGES], arena_free_count, arena_next;

static u32 arena_page(const void *address) { return (u32)(((const char *)address - arena) >> PAGE_SHIFT); }

static void *host_alloc(u64 bytes)
{
	u32 count = (u32)DIV_ROUND_UP(bytes, PAGE_SIZE), first, page;

	if (count <= 1 && arena_free_count) {
		first = arena_free[--arena_free_count];
		__builtin_memset(arena + first * PAGE_SIZE, 0, PAGE_SIZE);
	} else {
		first = (arena_next + count - 1) / count * count;
		if (first + count > ARENA_PAGES)
			return 0;
		arena_next = first + count;
	}
	for (page = first; page < first + count; page++)
		arena_counts[page] = 1;
	return arena + first * PAGE_SIZE;
}

static void free_pages_exact(void *address, size_t size) { (void)address, (void)size; }
static void get_page(void *address) { arena_counts[arena_page(address)]++; }
static void put_page(void *address)
{
	u32 page = arena_page(address);

	if (--arena_counts[page] == 0)
		arena_free[arena_free_count++] = page;
}
static int page_count(void *address) { return arena_counts[arena_page(address)]; }
static void *phys_to_virt(phys_addr_t physical) { return arena + (physical - ARENA_BASE); }
static phys_addr_t virt_to_phys(void *address) { return ARENA_BASE + (u64)((char *)address - arena); }
#else
static void *host_alloc(u64 bytes) { return host.alloc(host.ctx, bytes, 0); }
static void free_pages_exact(void *address, size_t size) { host.free(host.ctx, address, size); }
static void get_page(void *address) { host.get(host.ctx, address); }
static void put_page(void *address) { host.put(host.ctx, address); }
static int page_count(void *address) { return host.count(host.ctx, address); }
static void *phys_to_virt(phys_addr_t physical) { return host.p2v(host.ctx, physical); }
static phys_addr_t virt_to_phys(void *address) { return host.v2p(host.ctx, address); }
#endif

static void *zalloc_page(void *from)
{
	struct kvm_mmu_memory_cache *taken = from;
	void *page;

	/* A cache that is filled beforehand is as short as the call says. */
	if (taken == &table.mmu.split_page_cache && taken->nobjs <= 0)
		return 0;
	page = host_alloc(PAGE_SIZE);
	if (page && taken == &table.mmu.split_page_cache)
		taken->nobjs--;
	return page;
}

static void *zalloc_pages_exact(size_t size) { return host_alloc(size); }

#include "walkproof_calls.h"

static __attribute__((unused)) void detach(void *address, s32 level)
{
	REPORT(.kind = WALKPROOF_EV_DETACH, .addr = virt_to_phys(address), .level = level);
	if (!table.defersFrees || detached_count == sizeof detached / sizeof detached[0]) {
		free_table(address, level);
		return;
	}
	detached[detached_count].table = address;
	detached[detached_count++].level = level;
}

static __attribute__((unused)) void detach_s8(void *address, s8 level) { detach(address, level); }
static __attribute__((unused)) void detach_u32(void *address, u32 level) { detach(address, (s32)level); }

static void clean(void *address, size_t size)
{
	REPORT(.kind = WALKPROOF_EV_DCACHE, .addr = virt_to_phys(address), .size = size);
}

static void invalidate_instructions(void *address, size_t size)
{
	REPORT(.kind = WALKPROOF_EV_ICACHE, .addr = virt_to_phys(address), .size = size);
}

static bool forces_pages(u64 address, u64 end, enum kvm_pgtable_prot prot)
{
	(void)prot;
	if (address != table.start || end != table.end)
		walkproof_warn("force_pte_cb is asked about another range than the map's", __LINE__);
	return table.forcesPages;
}

/* ---- the plugin's calls ---- */

/* A table that the tree cannot be asked for is not made. */
static bool is_unknown(u32 flags)
{
#if !defined(TREE_HAS_ARM64_KVM_HVHE)
	if (flags & WALKPROOF_F_HVHE)
		return true;
#endif
#if !defined(TREE_HAS_system_supports_bti_kernel)
	if (flags & WALKPROOF_F_BTI)
		return true;
#endif
#if !defined(TREE_HAS_ARM64_HAS_XNX) || !defined(TREE_HAS_KVM_PGTABLE_PROT_PX)
	if (flags & WALKPROOF_F_XNX)
		return true;
#endif
#if !defined(TREE_HAS_KVM_PGTABLE_S2_NOFWB)
	if (flags & WALKPROOF_F_NOFWB)
		return true;
#endif
	return flags & WALKPROOF_F_LPA2;
}

/* What the control register says of the CPU and of the input space; its levels show in the root.
 * Arm ARM, VTCR_EL2: PS is no more than the granule allows, VS is set where VMIDs have 16 bits. */
static void judge_control(u64 vtcr, u32 ia_bits)
{
	if (FIELD_GET(VTCR_EL2_PS, vtcr) != ID_AA64MMFR0_EL1_PARANGE_MAX)
		walkproof_warn("VTCR_EL2.PS is not the size of the CPU's output addresses", __LINE__);
	if (FIELD_GET(VTCR_EL2_T0SZ, vtcr) != 64 - ia_bits)
		walkproof_warn("VTCR_EL2.T0SZ is not the size of the guest's addresses", __LINE__);
	if (!FIELD_GET(VTCR_EL2_VS, vtcr))
		walkproof_warn("VTCR_EL2.VS is not the size of the CPU's VMIDs", __LINE__);
	if ((vtcr & VTCR_EL2_FLAGS) != VTCR_EL2_FLAGS)
		walkproof_warn("VTCR_EL2 lacks VTCR_EL2_FLAGS", __LINE__);
}

static int init_stage2(const struct walkproof_config *config)
{
	u32 flags = 0;
	int result;

	/* The CPU has 52-bit outputs, whatever the granule can use of them. */
	table.arch.vtcr = kvm_get_vtcr(ID_AA64MMFR0_EL1_PARANGE_52, 0, config->ia_bits);
	judge_control(table.arch.vtcr, config->ia_bits);
	table.mmu.arch = &table.arch;
	table.mmu.vtcr = table.arch.vtcr;
	table.mmu.pgt = &table.pgt;
#if defined(TREE_HAS_KVM_PGTABLE_S2_NOFWB)
	if (config->flags & WALKPROOF_F_NOFWB)
		flags |= KVM_PGTABLE_S2_NOFWB;
#endif
	if (config->flags & WALKPROOF_F_IDMAP)
		flags |= KVM_PGTABLE_S2_IDMAP;
	result = __kvm_pgtable_stage2_init(&table.pgt, &table.mmu, &mm_ops, flags, 0);
	table.pgt.force_pte_cb = forces_pages;
	return result;
}

static int init(struct walkproof_table **out, const struct walkproof_config *config,
		const struct walkproof_host *given)
{
	bool hasMaintenance = !(config->flags & WALKPROOF_F_NO_CMO);

	/* A table that stands alone has no host. */
	if (given)
		host = *given;
	table = (struct walkproof_table) {
		.isStage1 = config->flags & WALKPROOF_F_STAGE1,
		.forcesPages = config->flags & WALKPROOF_F_FORCE_PTE,
		.defersFrees = config->flags & WALKPROOF_F_RCU_FREE,
	};
	detached_count = 0;
	walkproof_is_locked = false;
	lock_depth = 0;
	walkproof_has_fwb = config->flags & WALKPROOF_F_FWB;
	walkproof_has_tlb_range = config->flags & WALKPROOF_F_TLBRANGE;
	walkproof_has_bti = config->flags & WALKPROOF_F_BTI;
	walkproof_has_hvhe = config->flags & WALKPROOF_F_HVHE;
	walkproof_has_xnx = config->flags & WALKPROOF_F_XNX;
	mm_ops = (struct kvm_pgtable_mm_ops) {
		.zalloc_page = zalloc_page,
		.zalloc_pages_exact = zalloc_pages_exact,
		.free_pages_exact = free_pages_exact,
#if defined(DETACH)
		.DETACH = _Generic(mm_ops.DETACH, detach_by_byte *: detach_s8, detach_by_word *: detach_u32),
#endif
		.get_page = get_page,
		.put_page = put_page,
		.page_count = page_count,
		.phys_to_virt = phys_to_virt,
		.virt_to_phys = virt_to_phys,
		.dcache_clean_inval_poc = hasMaintenance ? clean : 0,
		.icache_inval_pou = hasMaintenance ? invalidate_instructions : 0,
	};
	*out = &table;
	if (is_unknown(config->flags))
		return -WALKPROOF_ENOSYS;
	if (!table.isStage1)
		return init_stage2(config);
	return kvm_pgtable_hyp_init(&table.pgt, config->ia_bits, &mm_ops);
}

static void quiesce(struct walkproof_table *t)
{
	(void)t;
	while (detached_count) {
		detached_count--;
		free_table(detached[detached_count].table, detached[detached_count].level);
	}
}

static void destroy(struct walkproof_table *t)
{
	quiesce(t);
	if (t->isStage1)
		kvm_pgtable_hyp_destroy(&t->pgt);
	else
		stage2_destroy(t);
}

static int root(struct walkproof_table *t, u64 *root_pa, int32_t *start_level, u32 *ia_bits, u64 *root_bytes)
{
	u64 shift = ARM64_HW_PGTABLE_LEVEL_SHIFT((s32)t->pgt.start_level - 1);

	*root_pa = virt_to_phys((void *)t->pgt.pgd);
	*start_level = (s32)t->pgt.start_level;
	*ia_bits = t->pgt.ia_bits;
	*root_bytes = (t->isStage1 || t->pgt.ia_bits <= shift ? 1 : BIT(t->pgt.ia_bits - shift)) << PAGE_SHIFT;
	return 0;
}

static int map(struct walkproof_table *t, u64 ia, u64 size, u64 pa, u64 prot, u32 flags)
{
	return t->isStage1 ? hyp_map(t, ia, size, pa, prot) : stage2_map(t, ia, size, pa, prot, flags);
}

static int64_t unmap(struct walkproof_table *t, u64 ia, u64 size)
{
	return t->isStage1 ? hyp_unmap(t, ia, size) : stage2_unmap(t, ia, size);
}

static struct walkproof_plugin plugin = {
	.abi = WALKPROOF_ABI_VERSION,
	.size = sizeof plugin,
	.name = "linux-tree",
	.page_shift = PAGE_SHIFT,
#if defined(WALKPROOF_NATIVE) || defined(WALKPROOF_STANDALONE)
	.caps = WALKPROOF_CAP_REFCOUNTS,
#else
	.caps = WALKPROOF_CAP_STORE_ORDER | WALKPROOF_CAP_REFCOUNTS | WALKPROOF_CAP_TTL | WALKPROOF_CAP_EVENTS |
		WALKPROOF_CAP_LOADS,
#endif
	.last_level = 3,
	/* That of the granule: where a tree has another, what it does shows it. */
	.min_block_level = PAGE_SHIFT == 12 ? 1 : 2,
	.init = init,
	.destroy = destroy,
	.root = root,
	.map = map,
	.unmap = unmap,
	.set_owner = CALL_set_owner,
	.wrprotect = CALL_wrprotect,
	.mkyoung = CALL_mkyoung,
	.mkold = CALL_mkold,
	.test_clear_young = CALL_test_clear_young,
	.is_young = CALL_is_young,
	.relax = CALL_relax,
	.flush = CALL_flush,
	.get_leaf = CALL_get_leaf,
	.split = CALL_split,
	.quiesce = quiesce,
};

__attribute__((visibility("default"))) const struct walkproof_plugin *walkproof_plugin_v1(void)
{
	return &plugin;
}
