/*
 * A processor of Unicorn's with a case's memory: RAM, all ones beyond, no translations of code that has changed.
 */
#ifndef TRANSVISOR_MACHINE_H
#define TRANSVISOR_MACHINE_H

#include "state.h"

#define PAGE 4096u
/* CASE_MEMORY in fuzz/case.ts. */
#define MEMORY_SIZE 0x100000u

struct machine {
  uc_engine *uc;
  /* As the processor was made. */
  uc_context *pristine;
  /* Physical pages that translated code may stem from. */
  uint8_t translated[MEMORY_SIZE / PAGE];
  /* Bytes of them have changed. */
  int stale;
  int writable;
};

/* Fills in a machine. NULL, or why there is none. */
const char *machine_make(struct machine *m, uint8_t *memory);
/* Gives memory back that Unicorn has asked for and does not need; once all machines are made. */
void machine_release_buffers(void);
/* Puts a state in place, with nothing left over of what ran before. */
void machine_load(struct machine *m, const uint32_t *state);
void machine_note_translated(struct machine *m, uint32_t physical);

#endif
