/* The log of the current call, on the worker's side. */
#ifndef WALKPROOF_LOG_H
#define WALKPROOF_LOG_H
#include "region.h"

/* The region that this process serves. */
extern struct walkproof_region walkproof_region;
/* Where the plugin is mapped, so that a site is an offset in its file. */
extern uintptr_t walkproof_plugin_base;

/* Adds a record; ends the process when there is no room. */
struct walkproof_record *walkproof_log(uint32_t kind, uint64_t addr, void *site);
/* Whether a physical address lies in a page that is handed out. */
bool walkproof_is_live(uint64_t physical);
/* Completes what the last store hook announced. */
void walkproof_log_settle(void);
/* Whether the accesses of the instrumented code are part of a call. */
extern bool walkproof_is_logging;
#endif
