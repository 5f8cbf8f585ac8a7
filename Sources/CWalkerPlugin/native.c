/* A plugin in this process that needs no host: see walkproof_native.h. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include "walkproof_native.h"

void walkproof_native_open(struct walkproof_native *native, const char *path, uint32_t flags,
			   uint32_t ia_bits, uint32_t pa_bits)
{
	const struct walkproof_plugin *(*entry)(void);
	struct walkproof_config config = {
		.size = sizeof config,
		.flags = flags,
		.ia_bits = ia_bits,
		.pa_bits = pa_bits,
		.vmid_bits = 16,
	};
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	int result;

	memset(native, 0, sizeof *native);
	if (!library) {
		snprintf(native->problem, sizeof native->problem, "it cannot be loaded: %s", dlerror());
		return;
	}
	entry = (__typeof__(entry))dlsym(library, "walkproof_plugin_v1");
	native->plugin = entry ? entry() : 0;
	if (!native->plugin) {
		snprintf(native->problem, sizeof native->problem, "it exports no plugin");
		return;
	}
	result = native->plugin->init(&native->table, &config, 0);
	if (result)
		snprintf(native->problem, sizeof native->problem, "its init returns %d", result);
}
