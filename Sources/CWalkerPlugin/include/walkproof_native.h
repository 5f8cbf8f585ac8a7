/* A plugin in this very process, with nothing watched: for benchmarks only. */
#ifndef WALKPROOF_NATIVE_H
#define WALKPROOF_NATIVE_H
#include "walkproof_plugin.h"

struct walkproof_native {
	const struct walkproof_plugin *plugin;
	struct walkproof_table *table;
	char problem[256]; /* why it is not there; empty if it is */
};

/* Loads a plugin that brings its own memory, and makes a stage-2 table with these flags and address
 * sizes: it is given no host, so that nothing is called outside of it. */
void walkproof_native_open(struct walkproof_native *, const char *path, uint32_t flags, uint32_t ia_bits,
			   uint32_t pa_bits);
#endif
