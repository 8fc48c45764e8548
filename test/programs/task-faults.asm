; Faults of task switches. Before the switch they belong to the old task: a descriptor that is busy, not present, too short, of no
; task, in the LDT. Behind it they belong to the new one: #TS for LDT, CS, SS and data segments, #NP and #SS where not present, #GP for an
; EIP beyond the limit; the EIP is the first of the new task. All of them are handled by tasks. IRET to a task that is not busy is #TS.
; SDM vol. 3 section 7.3 with table 7-1.
; qemu: has the old task's EIP for faults of the new one, and #TS for a gate to the LDT (vol. 2, CALL: #GP)
%include "prelude.inc"
TASK2   equ FREE
BUSY    equ FREE + 8
GONE    equ FREE + 0x10
TINY    equ FREE + 0x18
LOCAL   equ FREE + 0x24  ; in the LDT
DATA_NP equ FREE + 0x28
STACKNP equ FREE + 0x30
CODE_NP equ FREE + 0x38
BRIEF   equ FREE + 0x40  ; code, limit 0FFh
INNER   equ FREE + 0x48  ; data, DPL 0
GATE    equ FREE + 0x50  ; task gate to BUSY
GATE_L  equ FREE + 0x58  ; task gate to LOCAL
GATE_NP equ FREE + 0x60
TABLE   equ FREE + 0x68
EXPAND  equ FREE + 0x70  ; read-only data

HANDLERS equ FREE + 0x80 ; tasks for vectors 10 to 13
HTSS    equ DATA + 0x800 ; 80h bytes for each

%macro task2 3 ; offset of a field in the TSS, its value, a label: enters, and faults
  call fresh
  mov dword [TSS2 + (%1)], %2
  bad %3, call TASK2:0
%endmacro

body:
  descriptor BUSY, TSS3, 0x67, 0x008b
  descriptor GONE, TSS3, 0x67, 0x0009
  descriptor TINY, TSS3, 0x66, 0x0089
  descriptor DATA_NP, 0, 0xfffff, 0xc013
  descriptor STACKNP, 0, 0xfffff, 0xc013
  descriptor CODE_NP, 0, 0xfffff, 0xc01b
  descriptor BRIEF, 0, 0xff, 0x409b
  descriptor INNER, 0, 0xfffff, 0xc093
  descriptor EXPAND, 0, 0xfffff, 0xc091
  descriptor TABLE, LDT, 0xf, 0x0082
  gate GDT + GATE, BUSY, 0, 0x85, 0
  gate GDT + GATE_L, LOCAL, 0, 0x85, 0
  gate GDT + GATE_NP, TASK2, 0, 0x05, 0
  call handlers
  bad busy, jmp BUSY:0
  bad gone, call GONE:0
  bad tiny, call TINY:0
  bad gate_busy, call GATE:0
  bad gate_local, call GATE_L:0
  bad gate_gone, call GATE_NP:0
  bad no_task, call LOCAL:0
  ; IRET to what is not busy.
  call fresh
  mov word [TSS], TASK2
  pushfd
  or dword [esp], 0x4000
  popfd
  bad link, iret
  mov word [TSS], 0x1f0
  pushfd
  or dword [esp], 0x4000
  popfd
  bad link_out, iret
  task2 0x60, BUSY, ldt_type
  task2 0x60, 0x1f0, ldt_out
  task2 0x4c, 0, cs_null
  task2 0x4c, DATA0, cs_data
  task2 0x4c, CODE0 | 3, cs_rpl
  task2 0x4c, CODE_NP, cs_gone
  task2 0x50, 0, ss_null
  task2 0x50, EXPAND, ss_read_only
  task2 0x50, DATA0 | 3, ss_rpl
  task2 0x50, STACKNP, ss_gone
  task2 0x54, DATA_NP, ds_gone
  task2 0x58, 0x1f8 | 4, fs_out
  task2 0x5c, TASK, gs_system
  task2 0x4c, BRIEF, beyond
  jmp done

; TASK2 as it should be, available.
fresh:
  descriptor TASK2, TSS2, 0x67, 0x0089
  mov dword [TSS2 + 0x20], inside
  mov dword [TSS2 + 0x24], 2
  mov dword [TSS2 + 0x38], STACK1
  mov dword [TSS2 + 0x48], DATA0
  mov dword [TSS2 + 0x4c], CODE0
  mov dword [TSS2 + 0x50], DATA0
  mov dword [TSS2 + 0x54], DATA0
  mov dword [TSS2 + 0x58], 0
  mov dword [TSS2 + 0x5c], 0
  mov dword [TSS2 + 0x60], 0
  ret
; Handlers of vectors 10 to 13: log, and go to [resume] in TASK.
%macro handler_task 1
handle_%1:
  mov edx, %1
  jmp handle
%endmacro
handler_task 10
handler_task 11
handler_task 12
handler_task 13
handle:
  mov edi, [log_next]
  mov eax, edx
  stosd
  pop eax
  stosd
  ; From the task that the link leads to.
  lea esi, [edx - 10]
  shl esi, 7
  mov ebx, TSS
  cmp word [HTSS + esi], TASK
  je .found
  mov ebx, TSS2
.found:
  mov eax, [ebx + 0x20]
  stosd
  mov eax, [ebx + 0x4c]
  stosd
  mov eax, [ebx + 0x24]
  stosd
  xor eax, eax
  stosd
  mov [log_next], edi
  call handlers
  mov byte [GDT + TASK + 5], 0x89
  mov ax, TASK
  ltr ax
  mov esp, STACK0
  push dword 2
  popfd
  jmp [resume]

%assign n 10
handlers:
%rep 4
  descriptor HANDLERS + (n - 10) * 8, HTSS + (n - 10) * 0x80, 0x67, 0x0089
  mov dword [IDT + n * 8], (HANDLERS + (n - 10) * 8) << 16
  mov dword [IDT + n * 8 + 4], 0x8500
%define base HTSS + (n - 10) * 0x80
  mov dword [base + 0x20], handle_%[n]
  mov dword [base + 0x24], 2
  mov dword [base + 0x38], STACK1
  mov dword [base + 0x48], DATA0
  mov dword [base + 0x4c], CODE0
  mov dword [base + 0x50], DATA0
  mov dword [base + 0x54], DATA0
%assign n n + 1
%endrep
  ret
inside:
  hlt

align 4
expectations:
  event 13, BUSY, busy
  event 11, GONE, gone
  event 10, TINY, tiny
  event 13, BUSY, gate_busy
  event 13, LOCAL, gate_local
  event 11, GATE_NP, gate_gone
  event 13, LOCAL, no_task
  event 10, TASK2, link
  event 10, 0x1f0, link_out
  event 10, BUSY, inside
  event 10, 0x1f0, inside
  event 10, 0, inside
  event 10, DATA0, inside
  event 10, CODE0, inside
  event 11, CODE_NP, inside
  event 10, 0, inside
  event 10, EXPAND, inside
  event 10, DATA0, inside
  event 12, STACKNP, inside
  event 11, DATA_NP, inside
  event 10, 0x1fc, inside
  event 10, TASK, inside
  event 13, 0, inside
expectations_end:
%include "tables.inc"
