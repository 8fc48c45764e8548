; Far CALL and JMP through gates, and RETF back: parameters copied from the outer stack, 32- and 16-bit gates, conforming code,
; the stack out of the TSS and what can be wrong with it, rights of gate and target, limits; RETF to an outer level with its
; checks, and the data segments that it makes null. SDM vol. 3 sections 5.8.3 to 5.8.6; vol. 2 CALL, RET.
; qemu: a call gate to conforming code lowers the level to its DPL; limits of targets are not checked
%include "prelude.inc"
GATE32  equ FREE | 3        ; three parameters, to `inner`
GATE16  equ FREE + 8 | 3    ; two parameters, to `inner16`
GATEC   equ FREE + 0x10 | 3 ; to conforming code
CONF    equ FREE + 0x18     ; conforming, DPL 0
BRIEF   equ FREE + 0x20     ; non-conforming, DPL 0, limit 0FFh
GATES   equ FREE + 0x28 | 3 ; beyond the limit of BRIEF
GATE0   equ FREE + 0x30     ; DPL 0
GATEN   equ FREE + 0x38 | 3 ; not present
GATE_NP equ FREE + 0x40 | 3 ; to code that is not present
CODE_NP equ FREE + 0x48
SMALL   equ FREE + 0x50     ; a stack of 20h bytes at DATA
KERNEL  equ FREE + 0x58     ; data with DPL 0
ANYONE  equ FREE + 0x60     ; conforming readable code with DPL 0
GATE_D  equ FREE + 0x68 | 3 ; to a data segment
GATE_0  equ FREE + 0x70 | 3 ; to the null selector

%macro user_bad 2+ ; as `bad`, at level 3; goes on there
  mov dword [resume], %%after
%1:
  %2
%%after:
%endmacro
%macro at_level_3 0
  mov dword [resume], 0
  to_user %%here
%%here:
%endmacro

body:
  gate GDT + (GATE32 & ~7), CODE0, inner, 0xec, 3
  gate GDT + (GATE16 & ~7), CODE16, inner16 - IMAGE, 0xe4, 2
  gate GDT + (GATEC & ~7), CONF, conforming, 0xec, 0
  descriptor CONF, 0, 0xfffff, 0xc09f
  descriptor BRIEF, 0, 0xff, 0x409b
  gate GDT + (GATES & ~7), BRIEF, inner, 0xec, 0
  gate GDT + GATE0, CODE0, inner, 0x8c, 0
  gate GDT + (GATEN & ~7), CODE0, inner, 0x6c, 0
  gate GDT + (GATE_NP & ~7), CODE_NP, inner, 0xec, 0
  descriptor CODE_NP, 0, 0xfffff, 0xc01b
  descriptor SMALL, DATA, 0x1f, 0x4093
  descriptor KERNEL, 0, 0xfffff, 0xc093
  descriptor ANYONE, 0, 0xfffff, 0xc09f
  gate GDT + (GATE_D & ~7), DATA0, inner, 0xec, 0
  gate GDT + (GATE_0 & ~7), 0, inner, 0xec, 0

  at_level_3
  push dword 0x11111111
  push dword 0x22222222
  push dword 0x33333333
  call GATE32:0xdeadbeef
after_32:
  mov [DATA + 0x40], esp
  mov [DATA + 0x44], ss
  mov [DATA + 0x46], cs
  mov [DATA + 0x48], fs
  mov [DATA + 0x4a], gs
  push word 0x4444
  push word 0x5555
  call GATE16:0
after_16:
  hlt
went_16:
  at_level_3
  call GATEC:0
after_conforming:
  mov [DATA + 0x60], cs
  user_bad no_rights, call GATE0 | 3:0
  at_level_3
  user_bad gate_gone, call GATEN:0
  at_level_3
  user_bad code_gone, call GATE_NP:0
  at_level_3
  user_bad to_data, call GATE_D:0
  at_level_3
  user_bad to_null, call GATE_0:0
  at_level_3
  user_bad jump_in, jmp GATE32:0
  at_level_3
  user_bad too_far, call GATES:0
  jmp done

inner:
  mov [DATA], esp
  mov eax, [esp]
  mov [DATA + 4], eax
  mov eax, [esp + 8]
  mov [DATA + 8], eax
  mov eax, [esp + 12]
  mov [DATA + 12], eax
  mov eax, [esp + 16]
  mov [DATA + 16], eax
  mov eax, [esp + 20]
  mov [DATA + 20], eax
  mov eax, [esp + 24]
  mov [DATA + 24], eax
  mov ax, [esp + 4]
  mov [DATA + 28], ax
  mov [DATA + 30], cs
  mov ax, KERNEL
  mov fs, ax
  mov ax, ANYONE
  mov gs, ax
  retf 12

bits 16
inner16:
  mov [DATA + 0x50], esp
  mov eax, [esp]
  mov [DATA + 0x54], eax
  mov eax, [esp + 4]
  mov [DATA + 0x58], eax
  mov eax, [esp + 8]
  mov [DATA + 0x5c], eax
  jmp dword CODE0:went_16
bits 32
conforming:
  mov [DATA + 0x62], cs
  retf

align 4
expectations:
  event 13, GATE0 & ~3, no_rights, CODE3
  event 11, GATEN & ~3, gate_gone, CODE3
  event 11, CODE_NP, code_gone, CODE3
  event 13, DATA0, to_data, CODE3
  event 13, 0, to_null, CODE3
  event 13, CODE0, jump_in, CODE3
  event 13, 0, too_far, CODE3
  holds DATA, STACK0 - 28
  holds DATA + 4, after_32
  holds DATA + 8, 0x33333333
  holds DATA + 12, 0x22222222
  holds DATA + 16, 0x11111111
  holds DATA + 20, STACK3 - 12
  holds DATA + 24, DATA3
  holds DATA + 28, CODE0 << 16 | CODE3
  holds DATA + 0x40, STACK3
  holds DATA + 0x44, CODE3 << 16 | DATA3
  holds DATA + 0x48, ANYONE << 16 | 0
  holds DATA + 0x50, STACK0 - 12
  holds DATA + 0x54, CODE3 << 16 | (after_16 - $$)
  holds DATA + 0x58, 0x44445555
  holds DATA + 0x5c, DATA3 << 16 | (STACK3 - 4)
  holds DATA + 0x60, (CONF | 3) << 16 | CODE3
expectations_end:
%include "tables.inc"
