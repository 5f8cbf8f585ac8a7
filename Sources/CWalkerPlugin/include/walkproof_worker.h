/* A plugin runs in a process of its own, so that nothing it does harms the check.
 *
 * The two sides share one region of memory: a page of control, the log of what the plugin did in
 * the current call, the count of each table page, and the tables themselves. The host asks for one
 * call at a time and reads the log when the plugin is back, or is gone. */
#ifndef WALKPROOF_WORKER_H
#define WALKPROOF_WORKER_H
#include <stdbool.h>
#include <stdint.h>
#include "walkproof_plugin.h"

/* The calls that a worker makes. */
enum walkproof_call {
	WALKPROOF_CALL_INIT = 1,
	WALKPROOF_CALL_DESTROY,
	WALKPROOF_CALL_MAP,
	WALKPROOF_CALL_UNMAP,
	WALKPROOF_CALL_SET_OWNER,
	WALKPROOF_CALL_WRPROTECT,
	WALKPROOF_CALL_MKYOUNG,
	WALKPROOF_CALL_MKOLD,
	WALKPROOF_CALL_TEST_CLEAR_YOUNG,
	WALKPROOF_CALL_IS_YOUNG,
	WALKPROOF_CALL_RELAX,
	WALKPROOF_CALL_FLUSH,
	WALKPROOF_CALL_GET_LEAF,
	WALKPROOF_CALL_SPLIT,
	WALKPROOF_CALL_QUIESCE,
};

/* What a freed table is filled with: not valid, and not empty. */
#define WALKPROOF_POISON 0xdead4ead00000000ull

/* One line of the log: an event, and where in the plugin's file it was made. */
struct walkproof_record {
	uint32_t kind, flags;
	int32_t level;
	uint32_t order;
	uint64_t addr, size, old, val;
	uint64_t site;  /* offset of the instruction in the plugin's file; 0 if not known */
	uint64_t function, caller; /* the same inside the function that did it, and its caller */
	uint32_t text;  /* offset of the words in the log's text, 0 for none */
	uint32_t line;
};

enum {
	WALKPROOF_RECORD_LIMIT = 1 << 18, /* more in one call, and it does not end */
	WALKPROOF_TEXT_LIMIT = 1 << 16,
	WALKPROOF_REACHED_LIMIT = 1 << 19, /* bytes of a plugin's code whose coverage is kept */
};

/* What is known of a plugin once it is loaded. */
struct walkproof_facts {
	char name[64];
	uint32_t page_shift, caps;
	int32_t last_level, min_block_level;
	uint32_t calls; /* bit n: walkproof_call n can be made */
	uint32_t start_level, ia_bits;
	uint64_t root_pa, root_bytes; /* of the table that there is */
};

/* The region's first part. */
struct walkproof_control {
	uint32_t turn;  /* whose turn it is: 0 the host's, 1 the worker's */
	uint32_t ready; /* 1: the plugin is loaded; 2: it is not, and message says why; 3: it is being loaded */
	char message[512];
	struct walkproof_facts facts;
	/* the request */
	uint32_t call;
	uint32_t allocations; /* how many allocations succeed */
	uint64_t arguments[6];
	uint32_t race_at; /* before which exchange another CPU makes the same call, from 1; 0 for none */
	/* the answer */
	int64_t result;
	uint64_t outputs[2];
	uint32_t race_count; /* how often another CPU did */
	/* the memory that tables come from */
	uint64_t physical_base;
	uint32_t page_shift, page_capacity, next_page;
	uint32_t sleepers; /* how many sides wait for their turn asleep */
	/* the log */
	uint32_t record_count, text_size;
	uint32_t is_endless; /* the log was full, and the worker has ended itself */
	uint64_t load_count; /* loads of live tables, which are not logged */
};

/* How a call came to its end. */
enum walkproof_ending {
	WALKPROOF_RETURNED,
	WALKPROOF_SIGNALLED, /* detail: the signal */
	WALKPROOF_EXITED,    /* detail: the status */
	WALKPROOF_TIMED_OUT, /* the worker was ended by the host */
	WALKPROOF_ENDLESS,   /* the log was full; the worker ended itself */
};

struct walkproof_worker;

/* Starts `executable worker PLUGIN FD`; null if that is not possible, with the reason in errno. */
struct walkproof_worker *walkproof_worker_start(const char *executable, const char *plugin,
						uint64_t physical_base, uint32_t page_shift,
						uint32_t page_capacity);
/* Starts another process in the place of one that is gone, in the same memory; false if that is not possible. */
bool walkproof_worker_restart(struct walkproof_worker *, const char *executable, const char *plugin);
/* Waits until the plugin is loaded or refused. */
enum walkproof_ending walkproof_worker_await(struct walkproof_worker *, int timeout_ms, int *detail);
/* Makes the call that the control says. */
enum walkproof_ending walkproof_worker_call(struct walkproof_worker *, int timeout_ms, int *detail);
/* Makes all table memory zero, as it is before a case. */
void walkproof_worker_clear(struct walkproof_worker *);
/* Whether all table memory from a page on is zero. */
bool walkproof_worker_is_clear(struct walkproof_worker *, uint32_t page);
/* Whether a page holds nothing but one word. */
bool walkproof_worker_holds(struct walkproof_worker *, uint32_t page, uint64_t word);
/* Ends the process, if it is still there, and gives everything back. */
void walkproof_worker_stop(struct walkproof_worker *);
/* How much of the processors' time all workers of this process have had. */
uint64_t walkproof_workers_nanoseconds(void);
/* Has what this process starts from here on end with it; what starts workers does so by itself. */
void walkproof_guard_start(void);
/* Ends whatever process this one, or one that it has ended, has left behind; for its last act. */
void walkproof_workers_end(void);

struct walkproof_control *walkproof_worker_control(struct walkproof_worker *);
const struct walkproof_record *walkproof_worker_records(struct walkproof_worker *);
const char *walkproof_worker_text(struct walkproof_worker *);
const int32_t *walkproof_worker_counts(struct walkproof_worker *);
const uint64_t *walkproof_worker_memory(struct walkproof_worker *);
/* A byte for each of the plugin's code, from the start of its file: 1 behind a basic block's call. */
const uint8_t *walkproof_worker_reached(struct walkproof_worker *);

/* The worker's side: loads the plugin and serves calls until the host is gone. */
int walkproof_worker_main(const char *plugin, int region);
#endif
