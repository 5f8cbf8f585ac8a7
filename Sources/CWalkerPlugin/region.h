/* Where everything lies in the region that host and worker share. */
#ifndef WALKPROOF_REGION_H
#define WALKPROOF_REGION_H
#include <stddef.h>
#include "walkproof_worker.h"

struct walkproof_region {
	struct walkproof_control *control;
	struct walkproof_record *records;
	char *text;
	int32_t *counts;
	uint8_t *reached;
	char *memory; /* aligned to 16 pages */
	size_t size;
};

/* Gives a file the size of a region, for good; false if that is not possible. */
bool walkproof_region_make(int file, uint32_t page_shift, uint32_t capacity);
/* Maps the region behind a file; false if that is not possible. */
bool walkproof_region_map(struct walkproof_region *, int file, uint32_t page_shift, uint32_t capacity);
/* The control of a region that was mapped by the other side; null if that is not possible. */
struct walkproof_control *walkproof_region_peek(int file);
/* Gives the turn to the other side. */
void walkproof_turn_give(struct walkproof_control *, uint32_t turn);
/* Waits until the turn is `turn`; false after `timeout_ms`, which is not negative. */
bool walkproof_turn_await(struct walkproof_control *, uint32_t turn, int timeout_ms);
#endif
