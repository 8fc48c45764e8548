/*
 * The protocol and the parts of the harness. The protocol is protocol.ts's:
 * little-endian, everything aligned to 4 bytes.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "kernel.h"

/* The pages that cases live in, at their very addresses. */
#define FIRST 0x10000u
#define LAST 0x100000u
#define PAGES ((LAST - FIRST) >> 12)

/* The harness's own memory; the program itself is linked at 0x30000000. */
#define OWN 0x30000000u
#define ALIAS 0x31000000u
#define BASE 0x31100000u
#define EXPECT 0x31200000u
#define INPUT 0x31300000u
#define OUTPUT 0x31500000u
#define OWN_END 0x31700000u
#define BATCH (OUTPUT - INPUT)

/* FXSAVE image up to and with XMM7. */
#define FX 288

struct case_in {
  uint32_t size;
  uint32_t gpr[8], eip, eflags;
  uint16_t selectors[6]; /* ES CS SS DS FS GS */
  uint32_t background_at, background_size, background_seed;
  uint32_t descriptors, patches;
  uint8_t rights[PAGES]; /* RIGHTS_ */
  uint8_t fx[FX];
  /* then the LDT's descriptors, 8 bytes each; then the patches */
};

enum { RIGHTS_NONE, RIGHTS_READ, RIGHTS_WRITE };

/* Address and length; the bytes follow, padded to a multiple of 4. */
struct patch {
  uint32_t at, length;
};

/* How a case ended. */
enum { END_EXCEPTION = 1, END_SYSTEM_CALL, END_TIME, END_NOT_ENTERED };

struct case_out {
  uint32_t size, ending;
  uint32_t trapno, error, cr2;
  uint32_t gpr[8], eip, eflags;
  uint16_t selectors[6];
  uint32_t patches;
  uint8_t fx[FX];
  /* then what was written, as patches */
};

/* memory.c */
int memory_start(void);
int memory_prepare(const struct case_in *c, const struct patch *patches);
/* After a page fault: was the page only waiting to be written? Then it can be now. */
int memory_unprotect(uint32_t address);
uint8_t *memory_collect(uint8_t *out, uint32_t *patches);
/* Has all that was written undone with the next case. */
void memory_forget(void);

/* descriptors.c */
int descriptors_set(const uint32_t *raw, uint32_t count);

/* run.c */
int run_start(void);
/* 0: the case must be begun anew, from its initial memory. */
int run(const struct case_in *c, struct case_out *out);
/* Of the timer since the case began. */
extern uint32_t ticks;

/* sandbox.c */
int sandbox_start(void);

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

#endif
