/* What a Linux tree's page-table code needs of the rest of the kernel, in user space.
 *
 * Every header that the code includes, and that is not the page-table code's own, is this one. The
 * values of registers' fields are ours wherever only this file and the glue look at them. */
#ifndef WALKPROOF_SHIM_H
#define WALKPROOF_SHIM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int32_t s32;
typedef int64_t s64;
typedef u64 phys_addr_t;
typedef u64 kvm_pfn_t;
typedef u64 gfn_t;

/* ---- compiler ---- */
#define __rcu
#define __ro_after_init
#undef __always_inline
#if defined(WALKPROOF_INLINES)
#define inline __inline__ __attribute__((always_inline))
#endif
#define __always_inline inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define fallthrough __attribute__((fallthrough))
#define barrier() __asm__ volatile("" ::: "memory")
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
#define smp_store_release(p, value) __atomic_store_n((p), (value), __ATOMIC_RELEASE)
#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define cmpxchg(p, old, new)                                                                 \
	({                                                                                   \
		__typeof__(*(p)) found_ = (old);                                             \
		__atomic_compare_exchange_n((p), &found_, (__typeof__(*(p)))(new), false,    \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);             \
		found_;                                                                      \
	})
#define try_cmpxchg(p, old, new)                                                             \
	__atomic_compare_exchange_n((p), (old), (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define BUILD_BUG_ON(x) ((void)sizeof(char[1 - 2 * !!(x)]))
#define IS_ENABLED(option) (option)
#define EXPORT_SYMBOL_GPL(x)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- numbers ---- */
#define BITS_PER_LONG 64
#define INT_MAX 0x7fffffff
#define UL(n) n##ull
#define BIT(n) (1ull << ((n) & 63))
#define BIT_ULL(n) BIT(n)
#define GENMASK(high, low) ((~0ull >> (63 - (high))) & (~0ull << (low)))
#define GENMASK_ULL(high, low) GENMASK(high, low)
#define FIELD_PREP(mask, value) (((u64)(value) << __builtin_ctzll(mask)) & (mask))
#define FIELD_GET(mask, value) (((u64)(value) & (mask)) >> __builtin_ctzll(mask))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN(x, a) ALIGN_DOWN((x) + (__typeof__(x))(a)-1, a)
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define SZ_1M 0x100000ull
#define SZ_1G 0x40000000ull

/* ---- errors, Linux's numbers ---- */
#define EPERM 1
#define E2BIG 7
#define EAGAIN 11
#define ENOMEM 12
#define EEXIST 17
#define EINVAL 22
#define ERANGE 34
#define MAX_ERRNO 4095
#define ERR_PTR(error) ((void *)(intptr_t)(error))
#define PTR_ERR(p) ((long)(intptr_t)(p))
#define IS_ERR(p) ((uintptr_t)(p) >= (uintptr_t)-MAX_ERRNO)

/* ---- what is watched ---- */
void walkproof_warn(const char *condition, unsigned int line) __attribute__((cold));
void walkproof_dsb(const char *kind);
void walkproof_isb(void);
void walkproof_tlbi_va(const char *operation, u64 address, s64 level);
void walkproof_lock(bool isEntered);
extern bool walkproof_is_locked;

#define WARN_ON(condition)                                      \
	({                                                      \
		bool fired_ = !!(condition);                    \
		if (unlikely(fired_))                           \
			walkproof_warn(#condition, __LINE__);   \
		fired_;                                         \
	})
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define WARN(condition, ...) WARN_ON(condition)
#define WARN_ONCE(condition, ...) WARN_ON(condition)
#define BUG_ON(condition) do { if (WARN_ON(condition)) __builtin_trap(); } while (0)
#if defined(WALKPROOF_STANDALONE)
/* For benchmarks: instructions that order and invalidate are there for the compiler only. */
#define dsb(kind) barrier()
#define isb() barrier()
#define rcu_read_lock() barrier()
#define rcu_read_unlock() barrier()
#else
#define dsb(kind) walkproof_dsb(#kind)
#define isb() walkproof_isb()
#define rcu_read_lock() walkproof_lock(true)
#define rcu_read_unlock() walkproof_lock(false)
#endif
#if defined(WALKPROOF_STANDALONE)
#define rcu_read_lock_held() true
#else
#define rcu_read_lock_held() walkproof_is_locked
#endif
#define rcu_dereference_check(p, c) (p)
#define rcu_dereference_raw(p) (p)
#define rcu_dereference(p) (p)
#define lockdep_assert_held_write(l)

/* ---- TLB invalidation ---- */
#define TLBI_TTL_UNKNOWN 0x7fffffff
#define MAX_TLBI_RANGE_PAGES (1ull << 21)
#define __TLBI_VADDR(address, asid) (address)
#define __tlbi_level(operation, address, level) walkproof_tlbi_va(#operation, address, level)
#define __tlbi(operation, address) walkproof_tlbi_va(#operation, address, TLBI_TTL_UNKNOWN)
#define __tlbi_sync_s1ish_hyp() walkproof_dsb("ish")
#define __tlbi_sync_s1ish() walkproof_dsb("ish")

struct kvm_s2_mmu;
void walkproof__kvm_tlb_flush_vmid(struct kvm_s2_mmu *mmu);
void walkproof__kvm_tlb_flush_vmid_ipa(struct kvm_s2_mmu *mmu, u64 ipa, s64 level);
void walkproof__kvm_tlb_flush_vmid_ipa_nsh(struct kvm_s2_mmu *mmu, u64 ipa, s64 level);
void walkproof__kvm_tlb_flush_vmid_range(struct kvm_s2_mmu *mmu, u64 ipa, u64 pages);
#if defined(WALKPROOF_STANDALONE)
#define kvm_call_hyp(function, ...) barrier()
#else
#define kvm_call_hyp(function, ...) walkproof##function(__VA_ARGS__)
#endif

/* ---- pages ---- */
#if defined(CONFIG_ARM64_4K_PAGES)
#define PAGE_SHIFT 12
#elif defined(CONFIG_ARM64_16K_PAGES)
#define PAGE_SHIFT 14
#elif defined(CONFIG_ARM64_64K_PAGES)
#define PAGE_SHIFT 16
#else
#error "the granule comes from the command line"
#endif
#define PAGE_SIZE (1ull << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x) ALIGN(x, PAGE_SIZE)
#define PTRS_PER_PTE (1 << (PAGE_SHIFT - 3))
#define __phys_to_pfn(p) ((p) >> PAGE_SHIFT)
#define ARM64_HW_PGTABLE_LEVELS(bits) (((bits)-4) / (PAGE_SHIFT - 3))
#define ARM64_HW_PGTABLE_LEVEL_SHIFT(n) ((PAGE_SHIFT - 3) * (4 - (n)) + 3)

/* ---- the pretended CPU ---- */
#define CONFIG_ARM64_PA_BITS_52 (PAGE_SHIFT == 16)
extern bool walkproof_has_fwb, walkproof_has_tlb_range, walkproof_has_bti, walkproof_has_hvhe;
extern bool walkproof_has_xnx;
#define ARM64_HAS_XNX walkproof_has_xnx
#define ARM64_HAS_STAGE2_FWB walkproof_has_fwb
#define ARM64_KVM_HVHE walkproof_has_hvhe
#define ARM64_WORKAROUND_AMPERE_AC03_CPU_38 false
#define cpus_have_const_cap(capability) (capability)
#define cpus_have_final_cap(capability) (capability)
#define cpus_have_cap(capability) (capability)
#define alternative_has_cap_unlikely(capability) (capability)
#define system_supports_tlb_range() walkproof_has_tlb_range
#define system_supports_bti_kernel() walkproof_has_bti
#define system_supports_lpa2() false
#define ID_AA64MMFR0_EL1_PARANGE_SHIFT 0
#define ID_AA64MMFR0_EL1_PARANGE_48 5
#define ID_AA64MMFR0_EL1_PARANGE_52 6
#define ID_AA64MMFR0_EL1_PARANGE_MAX (PAGE_SHIFT == 16 ? 6 : 5)
#define cpuid_feature_extract_unsigned_field(value, shift) (((value) >> (shift)) & 15)
#define id_aa64mmfr0_parange_to_phys_shift(parange) ((parange) == 6 ? 52u : 48u)
#define get_vmid_bits(mmfr1) 16

/* ---- the control register: its fields are where the glue finds them ---- */
/* A field is a function of its value in some trees and a mask in others, so it is both: a function-like
 * macro is let alone where no parenthesis follows. */
/* What is 1 whatever is configured, so that a tree that loses it is found out. */
#define VTCR_EL2_FLAGS 0x80000000ull
enum { VTCR_EL2_T0SZ = 0x3f, VTCR_EL2_SL0 = 0xff00, VTCR_EL2_VS = 0x10000, VTCR_EL2_PS = 0xe0000 };
#define VTCR_EL2_T0SZ(bits) FIELD_PREP(VTCR_EL2_T0SZ, 64 - (bits))
#define VTCR_EL2_PS_SHIFT 17
#define VTCR_EL2_IPA(vtcr) ((u32)(64 - FIELD_GET(VTCR_EL2_T0SZ, vtcr)))
#define VTCR_EL2_SL0_MASK VTCR_EL2_SL0
#define VTCR_EL2_TGRAN_SL0_BASE 100
#define VTCR_EL2_LVLS_TO_SL0(levels) FIELD_PREP(VTCR_EL2_SL0, 100 - (4 - (levels)))
#define VTCR_EL2_LVLS(vtcr) (4 - (100 - FIELD_GET(VTCR_EL2_SL0, vtcr)))
#define VTCR_EL2_HA 0ull
#define VTCR_EL2_DS 0ull
#define VTCR_EL2_VS_16BIT 0x10000ull
#define VTCR_EL2_VS_8BIT 0ull

/* ---- memory types (Arm ARM, stage 2 MemAttr; MAIR indices of the hypervisor) ---- */
#define MT_NORMAL 0
#define MT_NORMAL_TAGGED 1
#define MT_NORMAL_NC 2
#define MT_DEVICE_nGnRnE 3
#define MT_DEVICE_nGnRE 4
#define MT_S2_NORMAL 0xf
#define MT_S2_NORMAL_NC 5
#define MT_S2_DEVICE_nGnRE 1
#define MT_S2_FWB_NORMAL 6
#define MT_S2_FWB_NORMAL_NC 5
#define MT_S2_FWB_DEVICE_nGnRE 1
#define MT_S2_AS_S1 MT_S2_NORMAL
#define MT_S2_FWB_AS_S1 7
/* Where the caller does not say whether write-back is forced, it is where the CPU can. */
#define PAGE_S2_MEMATTR(...) WALKPROOF_MEMATTR(__VA_ARGS__, walkproof_has_fwb, )
#define WALKPROOF_MEMATTR(type, isForced, ...) ((u64)((isForced) ? MT_S2_FWB_##type : MT_S2_##type) << 2)

/* ---- the objects that the code is handed ---- */
struct rb_node;
struct rb_root {
	struct rb_node *rb_node;
};
struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};
struct kvm_pgtable;
struct kvm_mmu_memory_cache {
	int nobjs;
};
struct kvm_arch {
	u64 vtcr;
};
struct kvm_s2_mmu {
	struct kvm_arch *arch;
	u64 vtcr;
	struct kvm_pgtable *pgt;
	struct kvm_mmu_memory_cache split_page_cache;
};
#endif
