; Faults while a fault is delivered: #GP in #GP, #PF in #PF and #GP in #PF make a double fault with error code 0, #PF in #GP and #GP in a benign one are
; taken by themselves; the error code tells EXT; the stack of level 0 out of the TSS, and what can be wrong with it. The handlers of #DF, #TS, #SS and
; #NP are tasks. SDM vol. 3 section 6.15 with tables 6-4 and 6-5; section 6.12.1.
; qemu: checks no limits, and does not set EXT for the gate of a fault
%include "prelude.inc"
HANDLERS equ FREE + 0x80
HTSS    equ DATA + 0x800
ODD     equ FREE         ; data with DPL 0, not present
BRIEF   equ FREE + 8     ; a stack of 16 bytes at DATA
RO      equ FREE + 0x10

%macro user_bad 2+
  mov dword [resume], %%after
  to_user %1
%1:
  %2
  hlt
%%after:
%endmacro

body:
  call handlers
  descriptor ODD, 0, 0xfffff, 0xc013
  descriptor BRIEF, DATA + 0x700, 0x0f, 0x4093
  descriptor RO, 0, 0xfffff, 0xc091
  ; #GP whose gate is not there: #GP (contributory) twice.
  mov dword [IDT + 13 * 8 + 4], 0
  mov ax, 0x1f0
  bad gp_gp2, mov fs, ax
  ; #UD whose gate is not there: #NP for the gate, EXT set.
  mov eax, [IDT + 6 * 8 + 4]
  mov [DATA], eax
  mov dword [IDT + 6 * 8 + 4], 0x0e00
  bad ud_np, ud2
  ; And where that is of no type: #GP, which is not there, either.
  mov dword [IDT + 6 * 8 + 4], 0
  bad ud_gp_gp, ud2
  mov eax, [DATA]
  mov [IDT + 6 * 8 + 4], eax
  mov dword [IDT + 13 * 8 + 4], 0x00028e00
  mov eax, [IDT + 12 * 8 + 4]
  ; INT n to a gate that is not there: EXT clear.
  mov dword [IDT + 0x44 * 8 + 4], 0x0e00
  bad int_np, int 0x44
  ; The stack of level 0.
  mov word [TSS + 8], DATA3
  user_bad ss_rpl, int 0x40
  mov word [TSS + 8], 0
  user_bad ss_null, int 0x40
  mov word [TSS + 8], CODE0
  user_bad ss_code, int 0x40
  mov word [TSS + 8], RO
  user_bad ss_ro, int 0x40
  mov word [TSS + 8], 0x1f8
  user_bad ss_out, int 0x40
  mov word [TSS + 8], ODD
  user_bad ss_gone, int 0x40
  mov word [TSS + 8], BRIEF
  mov dword [TSS + 4], 16
  user_bad ss_room, int 0x40
  mov dword [TSS + 4], 0x1000
  user_bad ss_beyond, int 0x40
  mov word [TSS + 8], DATA0
  mov dword [TSS + 4], STACK0
  ; A fault, not an interrupt, with a bad stack: EXT is set.
  mov word [TSS + 8], DATA3
  user_bad ss_ext, ud2
  user_bad ss_gp, hlt
  mov word [TSS + 8], DATA0
  jmp done

%macro handler_task 1
handle_%1:
  mov edx, %1
  jmp handle
%endmacro
handler_task 8
handler_task 10
handler_task 11
handler_task 12
handle:
  mov edi, [log_next]
  mov eax, edx
  stosd
  pop eax
  stosd
  mov eax, [TSS + 0x20]
  stosd
  mov eax, [TSS + 0x4c]
  stosd
  mov eax, [TSS + 0x24]
  stosd
  xor eax, eax
  stosd
  mov [log_next], edi
  call handlers
  mov dword [GDT + TASK], LOW(TSS, 0x20a0)
  mov byte [GDT + TASK + 5], 0x89
  mov ax, TASK
  ltr ax
  mov esp, STACK0
  push dword 2
  popfd
  jmp [resume]

%macro task_for 2 ; vector, which
  descriptor HANDLERS + (%2) * 8, HTSS + (%2) * 0x80, 0x67, 0x0089
  mov dword [IDT + (%1) * 8], (HANDLERS + (%2) * 8) << 16
  mov dword [IDT + (%1) * 8 + 4], 0x8500
%define base HTSS + (%2) * 0x80
  mov dword [base + 0x20], handle_%1
  mov dword [base + 0x24], 2
  mov dword [base + 0x38], STACK1
  mov dword [base + 0x48], DATA0
  mov dword [base + 0x4c], CODE0
  mov dword [base + 0x50], DATA0
  mov dword [base + 0x54], DATA0
%endmacro
handlers:
  task_for 8, 0
  task_for 10, 1
  task_for 11, 2
  task_for 12, 3
  ret

align 4
expectations:
  event 8, 0, gp_gp2, CODE0
  event 11, 6 * 8 + 3, ud_np, CODE0
  event 8, 0, ud_gp_gp, CODE0
  event 11, 0x44 * 8 + 2, int_np, CODE0
  event 10, DATA3 & ~3, ss_rpl, CODE3
  event 10, 0, ss_null, CODE3
  event 10, CODE0, ss_code, CODE3
  event 10, RO, ss_ro, CODE3
  event 10, 0x1f8, ss_out, CODE3
  event 12, ODD, ss_gone, CODE3
  event 12, BRIEF, ss_room, CODE3
  event 12, BRIEF, ss_beyond, CODE3
  event 10, (DATA3 & ~3) | 1, ss_ext, CODE3
  event 8, 0, ss_gp, CODE3
expectations_end:
%include "tables.inc"
