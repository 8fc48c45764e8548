/*
 * A processor's state as words, in the order of words.ts, into and out of Unicorn.
 */
#ifndef TRANSVISOR_STATE_H
#define TRANSVISOR_STATE_H

#include "fields.h"

enum {
  WORD_GPR = 0,
  WORD_EIP = 8,
  WORD_EFLAGS = 9,
  /* Eight segments of selector, base, limit, attributes. */
  WORD_SEGMENTS = 10,
  WORD_CPL = 42,
  WORD_CR = 43,
  WORD_DR = 47,
  WORD_GDTR = 53,
  WORD_IDTR = 55,
  WORD_SYSENTER = 57,
  /* Control, status, empty, opcode, ip, cs, dp, ds. */
  WORD_FPU = 60,
  /* Eight of significand low, high, sign and exponent. */
  WORD_X87 = 68,
  WORD_MXCSR = 92,
  WORD_XMM = 93,
  STATE_WORDS = 125,
};

/* The context of a processor as it is: every state is made from one. NULL without memory. */
uc_context *state_keep(uc_engine *uc);
/* Says where things are; 0 without memory. */
int state_begin(const struct fields *f);
void state_write(uc_engine *uc, const uc_context *pristine, const uint32_t *words);
/* EIP is what Unicorn has. */
void state_read(uc_engine *uc, uint32_t *words);
/* Selector, base, limit, attributes of ES CS SS DS FS GS, then CR0, CR3, CR4. */
enum { VIEW_CR0 = 24, VIEW_CR3, VIEW_CR4, VIEW_WORDS };
void view_read(uc_engine *uc, uint32_t *words);
/* The x87's status word; which registers are empty in bits 16 to 23. By the last view that was read. */
uint32_t x87_read(uc_engine *uc);
uint32_t error_code_read(uc_engine *uc);

#endif
