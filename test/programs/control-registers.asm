; LMSW sets PE, MP, EM and TS and does not clear PE; SMSW at any level, a word into memory; CLTS; CR0's fixed and reserved bits, PG without PE, NW
; without CD; CR4's reserved bits; what level 3 may not; LAR, LSL, VERR, VERW and ARPL by level and type. SDM vol. 2; vol. 3 sections 2.5, 5.10.
; qemu: turns paging on without protection (vol. 3 section 2.5: #GP), and is lost
%include "prelude.inc"
RO     equ FREE
XO     equ FREE + 8
CONF   equ FREE + 0x10     ; conforming, readable
GATE   equ FREE + 0x18
IGATE  equ FREE + 0x20
BIG    equ FREE + 0x28     ; limit 12345h, DPL 3, not present
TASK2  equ FREE + 0x30

%macro user 2+
  mov dword [resume], %%after
  to_user %1
%1:
  %2
  int 0x41
%%after:
%endmacro
%macro ask 3 ; instruction, selector, place: ZF there
  mov eax, %2
  %1 ax
  setz [DATA + %3]
%endmacro

body:
  mov eax, 0xfff1
  lmsw ax
  mov eax, cr0
  mov [DATA], eax
  mov ax, 0xe
  lmsw ax
  smsw eax
  mov [DATA + 4], eax
  mov dword [DATA + 8], -1
  smsw [DATA + 8]
  clts
  mov eax, cr0
  mov [DATA + 0xc], eax
  mov eax, 0xffffffff & ~0xe000000e
  mov cr0, eax
  mov eax, cr0
  mov [DATA + 0x10], eax
  mov eax, 0x31
  mov cr0, eax
  mov eax, 0x80000000
  bad pg_pe, mov cr0, eax
  mov eax, 0x20000031
  bad nw_cd, mov cr0, eax
  mov eax, 0x80000000
  bad cr4_bits, mov cr4, eax
  mov eax, 0x12345fff
  mov cr2, eax
  mov ebx, cr2
  mov [DATA + 0x14], ebx
  user u_lmsw, lmsw ax
  user u_clts, clts
  user u_cr0, mov eax, cr0
  user u_cr3, mov cr3, eax
  user u_hlt, hlt
  user u_lgdt, lgdt [DATA]
  user u_lidt, lidt [DATA]
  user u_lldt, lldt ax
  user u_ltr, ltr ax
  user u_invd, invd
  user u_wbinvd, wbinvd
  user u_invlpg, invlpg [DATA]
  user u_rdmsr, rdmsr
  user u_wrmsr, wrmsr
  user u_cli, cli
  user u_sti, sti
  user u_smsw, smsw ax
  mov dword [resume], 0
  descriptor RO, 0, 0xfffff, 0xc0f1
  descriptor XO, 0, 0xfffff, 0xc0f9
  descriptor CONF, 0, 0xfffff, 0xc09f
  descriptor BIG, 0, 0x12345, 0x4073
  descriptor TASK2, TSS2, 0x67, 0x0089
  gate GDT + GATE, CODE0, body, 0x8c, 0
  gate GDT + IGATE, CODE0, body, 0x8e, 0
  ask verr, RO, 0x20
  ask verw, RO, 0x21
  ask verr, XO, 0x22
  ask verw, DATA0, 0x23
  ask verw, DATA3, 0x24
  ask verr, 0, 0x25
  ask verr, TASK, 0x26
  ask verr, 0x1f8, 0x27
  ask verr, DATA0 | 3, 0x28
  ask verr, CONF | 3, 0x29
  ask verr, 0x2000, 0x2a
  mov eax, -1
  mov ecx, BIG
  lsl eax, ecx
  mov [DATA + 0x30], eax
  mov ecx, CODE0
  lsl eax, ecx
  mov [DATA + 0x34], eax
  mov ecx, GATE
  lsl eax, ecx               ; a gate has no limit
  setz [DATA + 0x38]
  lar eax, ecx
  setz [DATA + 0x39]
  mov [DATA + 0x3c], eax
  mov ecx, IGATE
  lar eax, ecx
  setz [DATA + 0x3a]
  mov ecx, BIG
  lar eax, ecx
  mov [DATA + 0x40], eax
  mov ecx, TASK
  lar eax, ecx
  mov [DATA + 0x44], eax
  mov eax, -1
  mov ecx, CODE0
  lar ax, cx
  mov [DATA + 0x48], eax
  mov ax, DATA0
  mov cx, 3
  arpl ax, cx
  setz [DATA + 0x50]
  mov [DATA + 0x52], ax
  arpl ax, cx
  setz [DATA + 0x51]
  jmp done

align 4
expectations:
%macro is 1-*
%rep %0
  event 13, 0, %1, CODE3
%rotate 1
%endrep
%endmacro
  event 13, 0, pg_pe, CODE0
  event 13, 0, nw_cd, CODE0
  event 13, 0, cr4_bits, CODE0
  is u_lmsw, u_clts, u_cr0, u_cr3, u_hlt, u_lgdt, u_lidt, u_lldt, u_ltr, u_invd, u_wbinvd, u_invlpg, u_rdmsr, u_wrmsr, u_cli, u_sti
  holds DATA, 0x31
  holds DATA + 4, 0x3f
  holds DATA + 8, 0xffff003f
  holds DATA + 0xc, 0x37
  holds DATA + 0x10, 0x00050031
  holds DATA + 0x14, 0x12345fff
  holds DATA + 0x20, 0x01000001
  holds DATA + 0x24, 0x00000001
  holds DATA + 0x28, 0x000100, 0xffffff
  holds DATA + 0x30, 0x12345
  holds DATA + 0x34, 0xffffffff
  holds DATA + 0x38, 0x000100, 0xffffff
  holds DATA + 0x3c, 0x8c00, 0xfff0ff00
  holds DATA + 0x40, 0x00407300, 0x00f0ff00
  holds DATA + 0x44, 0x8b00, 0x00f0ff00
  holds DATA + 0x48, 0xffff9b00
  holds DATA + 0x50, 0x00130001
expectations_end:
%include "tables.inc"
