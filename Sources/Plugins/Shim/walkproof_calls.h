/* The plugin's calls, made of a tree as the tree's own header declares its functions.
 *
 * TREE_HAS_x is defined where x is a word of the tree's header or code. Where ages of the kernel declare
 * a function differently, each declaration that is known is a type here, and the one that the tree has
 * picks how the function is called; one that is not known is an error that names the function. */
#ifndef WALKPROOF_CALLS_H
#define WALKPROOF_CALLS_H

#define IS(function, type) __builtin_types_compatible_p(__typeof__(function), type)
#define AS(function, type) ({ void *function_ = (void *)(function); (type *)function_; })
#define KNOWN(function, condition) \
	_Static_assert(condition, #function " is declared in a way that no adapter is for")

typedef enum kvm_pgtable_prot prot_t;
typedef enum kvm_pgtable_walk_flags walk_t;
typedef int range_call(struct kvm_pgtable *, u64, u64);

/* A protection by the tree's names for it: their numbers differ. */
static prot_t protection(u64 given)
{
	u64 prot = 0;

	if (given & WALKPROOF_X)
		prot |= KVM_PGTABLE_PROT_X;
#if defined(TREE_HAS_KVM_PGTABLE_PROT_PX)
	if (given & WALKPROOF_PX)
		prot |= KVM_PGTABLE_PROT_PX;
	if (given & WALKPROOF_UX)
		prot |= KVM_PGTABLE_PROT_UX;
#endif
	if (given & WALKPROOF_W)
		prot |= KVM_PGTABLE_PROT_W;
	if (given & WALKPROOF_R)
		prot |= KVM_PGTABLE_PROT_R;
	if (given & WALKPROOF_DEVICE)
		prot |= KVM_PGTABLE_PROT_DEVICE;
#if defined(TREE_HAS_KVM_PGTABLE_PROT_NORMAL_NC)
	if (given & WALKPROOF_NC)
		prot |= KVM_PGTABLE_PROT_NORMAL_NC;
#endif
	if (given >> WALKPROOF_SW_SHIFT & 1)
		prot |= KVM_PGTABLE_PROT_SW0;
	if (given >> WALKPROOF_SW_SHIFT & 2)
		prot |= KVM_PGTABLE_PROT_SW1;
	if (given >> WALKPROOF_SW_SHIFT & 4)
		prot |= KVM_PGTABLE_PROT_SW2;
	if (given >> WALKPROOF_SW_SHIFT & 8)
		prot |= KVM_PGTABLE_PROT_SW3;
	return (prot_t)prot;
}

/* How the walk of a fault is asked for: beside others, and over at the first EAGAIN. */
static __attribute__((unused)) walk_t fault_walk(void)
{
	u32 walk = 0;

#if defined(TREE_HAS_KVM_PGTABLE_WALK_SHARED)
	walk |= KVM_PGTABLE_WALK_SHARED;
#endif
#if defined(TREE_HAS_KVM_PGTABLE_WALK_HANDLE_FAULT)
	walk |= KVM_PGTABLE_WALK_HANDLE_FAULT;
#endif
	return (walk_t)walk;
}

/* How a map asks for its walk. To stop at the first EAGAIN is asked for, or is what happens unless
 * asked otherwise, depending on age. */
static __attribute__((unused)) walk_t map_walk(u32 flags)
{
	u32 walk = 0;

#if defined(TREE_HAS_KVM_PGTABLE_WALK_SHARED)
	if (flags & WALKPROOF_MAP_SHARED)
		walk |= KVM_PGTABLE_WALK_SHARED;
#endif
#if defined(TREE_HAS_KVM_PGTABLE_WALK_HANDLE_FAULT)
	if (flags & WALKPROOF_MAP_FAULT)
		walk |= KVM_PGTABLE_WALK_HANDLE_FAULT;
#elif defined(TREE_HAS_KVM_PGTABLE_WALK_IGNORE_EAGAIN)
	if (!(flags & WALKPROOF_MAP_FAULT))
		walk |= KVM_PGTABLE_WALK_IGNORE_EAGAIN;
#endif
	(void)flags;
	return (walk_t)walk;
}

/* ---- stage 2 ---- */

typedef int map_plain(struct kvm_pgtable *, u64, u64, u64, prot_t, void *);
typedef int map_by_walk(struct kvm_pgtable *, u64, u64, u64, prot_t, void *, walk_t);
KNOWN(kvm_pgtable_stage2_map, IS(kvm_pgtable_stage2_map, map_plain) || IS(kvm_pgtable_stage2_map, map_by_walk));

static int stage2_map(struct walkproof_table *t, u64 ia, u64 size, u64 pa, u64 prot, u32 flags)
{
	prot_t given = protection(prot);

	t->start = ia;
	t->end = ia + size;
	if (IS(kvm_pgtable_stage2_map, map_plain))
		return AS(kvm_pgtable_stage2_map, map_plain)(&t->pgt, ia, size, pa, given, &cache);
	return AS(kvm_pgtable_stage2_map, map_by_walk)(&t->pgt, ia, size, pa, given, &cache, map_walk(flags));
}

KNOWN(kvm_pgtable_stage2_unmap, IS(kvm_pgtable_stage2_unmap, range_call));

static int64_t stage2_unmap(struct walkproof_table *t, u64 ia, u64 size)
{
	return kvm_pgtable_stage2_unmap(&t->pgt, ia, size);
}

#if defined(TREE_HAS_kvm_pgtable_stage2_annotate)
typedef int annotate_typed(struct kvm_pgtable *, u64, u64, void *, enum kvm_invalid_pte_type, kvm_pte_t);
KNOWN(kvm_pgtable_stage2_annotate, IS(kvm_pgtable_stage2_annotate, annotate_typed));

/* An owner is an annotation of one type, and there is none for having no owner. */
static int set_owner(struct walkproof_table *t, u64 ia, u64 size, u8 owner)
{
	if (!owner)
		return -WALKPROOF_ENOSYS;
	return kvm_pgtable_stage2_annotate(&t->pgt, ia, size, &cache, KVM_HOST_INVALID_PTE_TYPE_DONATION,
					   (kvm_pte_t)owner << 2);
}
#define CALL_set_owner set_owner
#elif defined(TREE_HAS_kvm_pgtable_stage2_set_owner)
typedef int owner_call(struct kvm_pgtable *, u64, u64, void *, u8);
KNOWN(kvm_pgtable_stage2_set_owner, IS(kvm_pgtable_stage2_set_owner, owner_call));

static int set_owner(struct walkproof_table *t, u64 ia, u64 size, u8 owner)
{
	return kvm_pgtable_stage2_set_owner(&t->pgt, ia, size, &cache, owner);
}
#define CALL_set_owner set_owner
#else
#define CALL_set_owner 0
#endif

#if defined(TREE_HAS_kvm_pgtable_stage2_wrprotect)
KNOWN(kvm_pgtable_stage2_wrprotect, IS(kvm_pgtable_stage2_wrprotect, range_call));

static int wrprotect(struct walkproof_table *t, u64 ia, u64 size)
{
	return kvm_pgtable_stage2_wrprotect(&t->pgt, ia, size);
}
#define CALL_wrprotect wrprotect
#else
#define CALL_wrprotect 0
#endif

#if defined(TREE_HAS_kvm_pgtable_stage2_mkyoung)
typedef kvm_pte_t mkyoung_plain(struct kvm_pgtable *, u64);
typedef kvm_pte_t mkyoung_by_walk(struct kvm_pgtable *, u64, walk_t);
typedef void mkyoung_silent(struct kvm_pgtable *, u64, walk_t);
KNOWN(kvm_pgtable_stage2_mkyoung, IS(kvm_pgtable_stage2_mkyoung, mkyoung_plain) ||
      IS(kvm_pgtable_stage2_mkyoung, mkyoung_by_walk) || IS(kvm_pgtable_stage2_mkyoung, mkyoung_silent));

static int mkyoung(struct walkproof_table *t, u64 ia, u64 *old)
{
	*old = 0;
	if (IS(kvm_pgtable_stage2_mkyoung, mkyoung_plain))
		*old = AS(kvm_pgtable_stage2_mkyoung, mkyoung_plain)(&t->pgt, ia);
	else if (IS(kvm_pgtable_stage2_mkyoung, mkyoung_by_walk))
		*old = AS(kvm_pgtable_stage2_mkyoung, mkyoung_by_walk)(&t->pgt, ia, fault_walk());
	else
		AS(kvm_pgtable_stage2_mkyoung, mkyoung_silent)(&t->pgt, ia, fault_walk());
	return 0;
}
#define CALL_mkyoung mkyoung
#else
#define CALL_mkyoung 0
#endif

#if defined(TREE_HAS_kvm_pgtable_stage2_mkold)
typedef kvm_pte_t mkold_call(struct kvm_pgtable *, u64);
KNOWN(kvm_pgtable_stage2_mkold, IS(kvm_pgtable_stage2_mkold, mkold_call));

static int mkold(struct walkproof_table *t, u64 ia, u64 *old)
{
	*old = kvm_pgtable_stage2_mkold(&t->pgt, ia);
	return 0;
}
#define CALL_mkold mkold
#else
#define CALL_mkold 0
#endif

#if defined(TREE_HAS_kvm_pgtable_stage2_is_young)
typedef bool is_young_call(struct kvm_pgtable *, u64);
KNOWN(kvm_pgtable_stage2_is_young, IS(kvm_pgtable_stage2_is_young, is_young_call));

static int is_young(struct walkproof_table *t, u64 ia)
{
	return kvm_pgtable_stage2_is_young(&t->pgt, ia);
}
#define CALL_is_young is_young
#else
#define CALL_is_young 0
#endif

#if defined(TREE_HAS_kvm_pgtable_stage2_test_clear_young)
typedef bool age_call(struct kvm_pgtable *, u64, u64, bool);
KNOWN(kvm_pgtable_stage2_test_clear_young, IS(kvm_pgtable_stage2_test_clear_young, age_call));

static int test_clear_young(struct walkproof_table *t, u64 ia, u64 size, int clear)
{
	return kvm_pgtable_stage2_test_clear_young(&t->pgt, ia, size, clear);
}
#define CALL_test_clear_young test_clear_young
#else
#define CALL_test_clear_young 0
#endif

#if defined(TREE_HAS_kvm_pgtable_stage2_relax_perms)
typedef int relax_plain(struct kvm_pgtable *, u64, prot_t);
typedef int relax_by_walk(struct kvm_pgtable *, u64, prot_t, walk_t);
KNOWN(kvm_pgtable_stage2_relax_perms, IS(kvm_pgtable_stage2_relax_perms, relax_plain) ||
      IS(kvm_pgtable_stage2_relax_perms, relax_by_walk));

static int relax(struct walkproof_table *t, u64 ia, u64 prot)
{
	prot_t given = protection(prot);

	if (IS(kvm_pgtable_stage2_relax_perms, relax_plain))
		return AS(kvm_pgtable_stage2_relax_perms, relax_plain)(&t->pgt, ia, given);
	return AS(kvm_pgtable_stage2_relax_perms, relax_by_walk)(&t->pgt, ia, given, fault_walk());
}
#define CALL_relax relax
#else
#define CALL_relax 0
#endif

#if defined(TREE_HAS_kvm_pgtable_stage2_flush)
KNOWN(kvm_pgtable_stage2_flush, IS(kvm_pgtable_stage2_flush, range_call));

static int flush(struct walkproof_table *t, u64 ia, u64 size)
{
	return kvm_pgtable_stage2_flush(&t->pgt, ia, size);
}
#define CALL_flush flush
#else
#define CALL_flush 0
#endif

#if defined(TREE_HAS_kvm_pgtable_stage2_split)
typedef int split_untyped(struct kvm_pgtable *, u64, u64, void *);
typedef int split_call(struct kvm_pgtable *, u64, u64, struct kvm_mmu_memory_cache *);
KNOWN(kvm_pgtable_stage2_split, IS(kvm_pgtable_stage2_split, split_untyped) ||
      IS(kvm_pgtable_stage2_split, split_call));

static int split(struct walkproof_table *t, u64 ia, u64 size, int pages)
{
	t->mmu.split_page_cache.nobjs = pages;
	return kvm_pgtable_stage2_split(&t->pgt, ia, size, &t->mmu.split_page_cache);
}
#define CALL_split split
#else
#define CALL_split 0
#endif

#if defined(TREE_HAS_kvm_pgtable_get_leaf)
/* The level is written as a byte or as a word, depending on age. */
typedef int leaf_by_byte(struct kvm_pgtable *, u64, kvm_pte_t *, s8 *);
typedef int leaf_by_word(struct kvm_pgtable *, u64, kvm_pte_t *, u32 *);
KNOWN(kvm_pgtable_get_leaf, IS(kvm_pgtable_get_leaf, leaf_by_byte) || IS(kvm_pgtable_get_leaf, leaf_by_word));

static int get_leaf(struct walkproof_table *t, u64 ia, u64 *pte, int32_t *level)
{
	u32 word = 0;
	s8 byte = 0;
	int result;

	if (IS(kvm_pgtable_get_leaf, leaf_by_byte)) {
		result = AS(kvm_pgtable_get_leaf, leaf_by_byte)(&t->pgt, ia, pte, &byte);
		*level = byte;
	} else {
		result = AS(kvm_pgtable_get_leaf, leaf_by_word)(&t->pgt, ia, pte, &word);
		*level = (s32)word;
	}
	return result;
}
#define CALL_get_leaf get_leaf
#else
#define CALL_get_leaf 0
#endif

/* ---- a table's start and end ---- */

typedef int stage2_init_call(struct kvm_pgtable *, struct kvm_s2_mmu *, struct kvm_pgtable_mm_ops *,
			     enum kvm_pgtable_stage2_flags, kvm_pgtable_force_pte_cb_t);
typedef void destroy_call(struct kvm_pgtable *);
typedef int hyp_init_call(struct kvm_pgtable *, u32, struct kvm_pgtable_mm_ops *);
typedef int hyp_map_call(struct kvm_pgtable *, u64, u64, u64, prot_t);
typedef u64 hyp_unmap_call(struct kvm_pgtable *, u64, u64);
typedef u64 vtcr_call(u64, u64, u32);

KNOWN(kvm_get_vtcr, IS(kvm_get_vtcr, vtcr_call));
KNOWN(__kvm_pgtable_stage2_init, IS(__kvm_pgtable_stage2_init, stage2_init_call));
KNOWN(kvm_pgtable_stage2_destroy, IS(kvm_pgtable_stage2_destroy, destroy_call));
KNOWN(kvm_pgtable_hyp_init, IS(kvm_pgtable_hyp_init, hyp_init_call));
KNOWN(kvm_pgtable_hyp_destroy, IS(kvm_pgtable_hyp_destroy, destroy_call));
KNOWN(kvm_pgtable_hyp_map, IS(kvm_pgtable_hyp_map, hyp_map_call));

static int hyp_map(struct walkproof_table *t, u64 ia, u64 size, u64 pa, u64 prot)
{
	return kvm_pgtable_hyp_map(&t->pgt, ia, size, pa, protection(prot));
}

#if defined(TREE_HAS_kvm_pgtable_hyp_unmap)
KNOWN(kvm_pgtable_hyp_unmap, IS(kvm_pgtable_hyp_unmap, hyp_unmap_call));

static int64_t hyp_unmap(struct walkproof_table *t, u64 ia, u64 size)
{
	return (int64_t)kvm_pgtable_hyp_unmap(&t->pgt, ia, size);
}
#else
static int64_t hyp_unmap(struct walkproof_table *t, u64 ia, u64 size)
{
	return -WALKPROOF_ENOSYS;
}
#endif

/* As a virtual machine's end does it, where it is done in parts. */
static void stage2_destroy(struct walkproof_table *t)
{
#if defined(TREE_HAS_kvm_pgtable_stage2_destroy_range)
	typedef void destroy_range_call(struct kvm_pgtable *, u64, u64);
	u64 half = BIT(t->pgt.ia_bits - 1);

	KNOWN(kvm_pgtable_stage2_destroy_range, IS(kvm_pgtable_stage2_destroy_range, destroy_range_call));
	KNOWN(kvm_pgtable_stage2_destroy_pgd, IS(kvm_pgtable_stage2_destroy_pgd, destroy_call));
	kvm_pgtable_stage2_destroy_range(&t->pgt, 0, half);
	kvm_pgtable_stage2_destroy_range(&t->pgt, half, half);
	kvm_pgtable_stage2_destroy_pgd(&t->pgt);
#else
	kvm_pgtable_stage2_destroy(&t->pgt);
#endif
}

/* ---- tables that are taken out of the tree ---- */

typedef void detach_by_byte(void *, s8);
typedef void detach_by_word(void *, u32);
typedef void free_by_byte(struct kvm_pgtable_mm_ops *, void *, s8);
typedef void free_by_word(struct kvm_pgtable_mm_ops *, void *, u32);

#if defined(TREE_HAS_kvm_pgtable_stage2_free_unlinked)
#define FREE_DETACHED kvm_pgtable_stage2_free_unlinked
KNOWN(kvm_pgtable_stage2_free_unlinked, IS(FREE_DETACHED, free_by_byte) || IS(FREE_DETACHED, free_by_word));
#elif defined(TREE_HAS_kvm_pgtable_stage2_free_removed)
#define FREE_DETACHED kvm_pgtable_stage2_free_removed
KNOWN(kvm_pgtable_stage2_free_removed, IS(FREE_DETACHED, free_by_byte) || IS(FREE_DETACHED, free_by_word));
#endif

#if defined(TREE_HAS_free_unlinked_table)
#define DETACH free_unlinked_table
KNOWN(free_unlinked_table, IS(*mm_ops.DETACH, detach_by_byte) || IS(*mm_ops.DETACH, detach_by_word));
#elif defined(TREE_HAS_free_removed_table)
#define DETACH free_removed_table
KNOWN(free_removed_table, IS(*mm_ops.DETACH, detach_by_byte) || IS(*mm_ops.DETACH, detach_by_word));
#endif

static void free_table(void *address, s32 level)
{
#if defined(FREE_DETACHED)
	if (IS(FREE_DETACHED, free_by_byte))
		AS(FREE_DETACHED, free_by_byte)(&mm_ops, address, (s8)level);
	else
		AS(FREE_DETACHED, free_by_word)(&mm_ops, address, (u32)level);
#else
	(void)address, (void)level;
#endif
}
#endif
