/* The log of the current call, on the worker's side. */
#ifndef WALKPROOF_LOG_H
#define WALKPROOF_LOG_H
#include "region.h"

/* The region that this process serves. */
extern struct walkproof_region walkproof_region;
/* Where the plugin is mapped, so that a site is an offset in its file. */
extern uintptr_t walkproof_plugin_base;

/* The functions of the instrumented code that are running, by where they were entered. */
struct walkproof_frames {
	uintptr_t function, caller; /* 0 where that is not known */
};
struct walkproof_frames walkproof_frames(void);

/* Adds a record; ends the process when there is no room. */
struct walkproof_record *walkproof_log(uint32_t kind, uint64_t addr, void *site);
/* Says in which functions it was made, where those are not the ones that run now. */
void walkproof_log_frames(struct walkproof_record *record, struct walkproof_frames frames);
/* Puts words beside the log; 0 when there are none, or no room. */
uint32_t walkproof_log_text(const char *words);
/* Completes what the last store hook announced. */
void walkproof_log_settle(void);
/* An entry is about to be exchanged: another CPU may be before. */
void walkproof_race(void);
/* The accesses of the instrumented code are part of a call, from here to there. */
void walkproof_log_begin(void);
void walkproof_log_end(void);
#endif
