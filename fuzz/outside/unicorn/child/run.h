/*
 * One case in Unicorn, from its state to how it ended, with a trace of what was executed and accessed.
 *
 * Each case runs twice: where accesses to memory are watched, Unicorn 2.0.1 loses intermediate results of instructions
 * that compute flags after they have written to memory. So a scout is watched, and says what was accessed, and the run
 * that counts is not.
 */
#ifndef TRANSVISOR_RUN_H
#define TRANSVISOR_RUN_H

#include "machine.h"

/* A request: how many instructions at most, then the state. */
enum { REQUEST_STATE = 1 };

/* Words that grow; `words` is NULL once memory has run out. */
struct answer {
  uint32_t *words;
  uint32_t length, room;
};
void push(struct answer *a, uint32_t word);
void push_bytes(struct answer *a, const void *bytes, uint32_t length);

enum ending { ENDED_BY_COUNT, ENDED_BY_HALT, ENDED_BY_EXCEPTION, ENDED_BY_ERROR };
/* Notes on a run: code was written to; the trace is cut; the scout went another way. */
enum { NOTE_CODE_WRITTEN = 1, NOTE_CUT = 2, NOTE_DIVERGED = 4 };

/* NULL, or why nothing can be run. */
const char *run_begin(uint8_t *memory);
/* To be told of each page whose bytes are others than they were when code last ran. */
void page_changed(uint32_t page);
/* Runs the scout; memory must be put back behind it. */
void run_scout(uint32_t steps, const uint32_t *state);
/*
 * Runs the same case, and pushes: ending; vector; error code, or Unicorn's error; instructions retired; notes; the
 * state; the trace's length in words, and the trace.
 *
 * The trace, an instruction begun at a time: linear address; 16 bytes of code; the x87's status word, and its
 * empty registers from bit 16 on; ECX; how many accesses; the segments (24 words) where bit 16 of that is set; and
 * of each access the linear address, then the size, bit 8 for a write.
 */
void run_case(uint32_t steps, const uint32_t *state, struct answer *a);

#endif
