/*
 * Executes x87 instructions on this machine's own processor: the truth that the
 * interpreter is compared with. Reads records from standard input and writes one
 * for each to standard output (layout: record.ts). Build: gcc -m32 -O1 -static.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct record {
  uint8_t length;
  uint8_t code[7];
  uint32_t eflags;
  uint32_t eax;
  uint8_t image[112];
  uint8_t memory[32];
};

static void execute(struct record *r, uint8_t *buffer) {
  memcpy(buffer, r->code, r->length);
  buffer[r->length] = 0xc3;
  uint32_t eax = r->eax, eflags = r->eflags;
  __asm__ volatile(
      "frstor (%[image])\n\t"
      "pushl %[eflags]\n\t"
      "popfl\n\t"
      "call *%[buffer]\n\t"
      "fnsave (%[image])\n\t"
      "pushfl\n\t"
      "popl %[eflags]\n\t"
      "fninit\n\t"
      : "+a"(eax), [eflags] "+D"(eflags)
      : "c"(r->memory), [image] "d"(r->image), [buffer] "S"(buffer)
      : "memory", "cc");
  r->eax = eax;
  r->eflags = eflags;
}

int main(void) {
  uint8_t *buffer = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static struct record records[4096];
  size_t count;
  if (buffer == MAP_FAILED) return 1;
  while ((count = fread(records, sizeof records[0], 4096, stdin)) > 0) {
    for (size_t i = 0; i < count; i++) execute(&records[i], buffer);
    if (fwrite(records, sizeof records[0], count, stdout) != count) return 1;
  }
  return 0;
}
