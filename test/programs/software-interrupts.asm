; INT n, INT3, INTO, INT1 and BOUND: gates whose DPL is below the level, not present, of no type that belongs there, beyond the table; gates to
; data, to null, to code that is not present or more privileged by its RPL; INT1 asks for no right, and its faults count as external.
; INTO without OF; BOUND by signed bounds, which are part of what it allows; 16-bit gates; trap gates leave IF. SDM vol. 3 sections 6.11, 6.12; vol. 2 INT n.
; qemu: INT1 is undefined; no limit is checked
%include "prelude.inc"
V equ 0x43

%macro set 1-3 0, 0 ; rights byte, selector, offset: the gate of vector 43h
  mov dword [IDT + V * 8], ((%2) << 16) | ((%3) & 0xffff)
  mov dword [IDT + V * 8 + 4], (%1) << 8
%endmacro
%macro user_bad 2+
  mov dword [resume], %%after
  to_user %1
%1:
  %2
  hlt
%%after:
%endmacro
CODE_NP equ FREE
SHORT_  equ FREE + 8

body:
  descriptor CODE_NP, 0, 0xfffff, 0xc01b
  descriptor SHORT_, 0, 0xff, 0x409b
  user_bad dpl, int 0x44
  mov byte [IDT + 3 * 8 + 5], 0x8e
  user_bad dpl_3, int3
  user_bad dpl_3n, int 3
  mov byte [IDT + 4 * 8 + 5], 0x8e
  user_bad dpl_4, db 0xb0, 0x7f, 0xfe, 0xc0, 0xce ; mov al, 7fh; inc al; into
  set 0
  bad no_gate, int V
  set 0x6e, CODE0
  bad gone, int V
  set 0x8c, CODE0
  bad call_gate, int V
  set 0x82, CODE0
  bad type, int V
  set 0x9e, CODE0
  bad memory_, int V
  set 0xee, 0
  bad null, int V
  set 0xee, DATA0
  bad data, int V
  set 0xee, CODE_NP
  bad code_gone, int V
  set 0xee, SHORT_, 0x100
  bad beyond, int V
  set 0xee, 0x1f8
  bad none, int V
  set 0xee, CODE3
  bad outer, int V
  bad limit, int 0x50
  goes_on
  ; These go through.
  mov al, 0x7f
  inc al
  into
after_into:
  xor eax, eax
  into
  mov byte [IDT + 3 * 8 + 5], 0xef ; a trap gate
  sti
  int3
after_int3:
  cli
  mov dword [DATA], -5
  mov dword [DATA + 4], 5
  mov eax, -5
  bound eax, [DATA]
  mov eax, 5
  bound eax, [DATA]
  mov eax, 6
  bad above, bound eax, [DATA]
  mov eax, -6
  bad below, bound eax, [DATA]
  mov ax, -6
  mov dword [DATA], 0x0005fffb
  bad below_16, bound ax, [DATA]
  goes_on
  ; INT1 at level 3 through a gate for level 0.
  mov dword [resume], after
  to_user user
user:
  db 0xf1
behind:
  hlt
after:
  mov dword [IDT + 1 * 8 + 4], 0x6e00
  bad one, db 0xf1
  jmp done

align 4
expectations:
  event 13, 0x44 * 8 + 2, dpl, CODE3, 0x10000, 0x10000
  event 13, 3 * 8 + 2, dpl_3, CODE3
  event 13, 3 * 8 + 2, dpl_3n, CODE3
  event 13, 4 * 8 + 2, dpl_4 + 4, CODE3
  event 13, V * 8 + 2, no_gate
  event 11, V * 8 + 2, gone
  event 13, V * 8 + 2, call_gate
  event 13, V * 8 + 2, type
  event 13, V * 8 + 2, memory_
  event 13, 0, null
  event 13, DATA0, data
  event 11, CODE_NP, code_gone
  event 13, 0, beyond
  event 13, 0x1f8, none
  event 13, CODE3 & ~3, outer
  event 13, 0x50 * 8 + 2, limit
  event 4, 0, after_into, CODE0, 0, 0x10000
  event 3, 0, after_int3, CODE0, 0x200, 0x10200
  event 5, 0, above, CODE0, 0x10000, 0x10000
  event 5, 0, below
  event 5, 0, below_16
  event 1, 0, behind, CODE3
  event 11, 1 * 8 + 3, one
expectations_end:
%include "tables.inc"
