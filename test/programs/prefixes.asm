; Prefixes and encodings: LOCK where it is allowed and where it is not, 15 bytes at most, UD0 to UD2, RSM, opcodes that do not exist; SALC, the aliases
; of shifts (/6), TEST (/1), and of AAM and AAD with any base; 66 before branches cuts EIP; 67 with loops; segment prefixes, of which
; the last counts; operand-size prefixes on PUSH of segment registers, MOV from them, ENTER. SDM vol. 2 sections 2.1, 2.3.11; LOCK; vol. 3 section 22.15.
; qemu: does not know TEST by its alias
%include "prelude.inc"

%macro undefined 2+ ; label, bytes
  mov dword [resume], %%after
%1:
  db %2
%%after:
%endmacro

body:
  undefined u_lock_nop, 0xf0, 0x90
  undefined u_lock_mov, 0xf0, 0x89, 0x00
  undefined u_lock_reg, 0xf0, 0x01, 0xc0
  undefined u_lock_cmp, 0xf0, 0x39, 0x00
  undefined u_lock_bt, 0xf0, 0x0f, 0xa3, 0x00
  undefined u_lock_load, 0xf0, 0x03, 0x00
  undefined u_lock_cmp_imm, 0xf0, 0x83, 0x38, 0
  undefined u_lock_test, 0xf0, 0xf7, 0x00, 0, 0, 0, 0
  undefined u_lock_shift, 0xf0, 0xd1, 0x20
  undefined u_lock_jmp, 0xf0, 0xeb, 0
  undefined u_ud2, 0x0f, 0x0b
  undefined u_ud1, 0x0f, 0xb9, 0xc0
  undefined u_ud0, 0x0f, 0xff, 0xc0
  undefined u_rsm, 0x0f, 0xaa
  undefined u_mov_cs, 0x8e, 0xc8
  undefined u_mov_seg6, 0x8e, 0xf0
  undefined u_from_seg7, 0x8c, 0xf8
  undefined u_lea, 0x8d, 0xc0
  undefined u_les, 0xc4, 0xc0
  undefined u_lds, 0xc5, 0xc0
  undefined u_bound, 0x62, 0xc0
  undefined u_group5, 0xff, 0xf8
  undefined u_callf, 0xff, 0xd8
  undefined u_jmpf, 0xff, 0xe8
  undefined u_pop, 0x8f, 0xc8
  undefined u_fe, 0xfe, 0xd0
  undefined u_group6, 0x0f, 0x00, 0xf0
  undefined u_sgdt, 0x0f, 0x01, 0xe8
  undefined u_bt, 0x0f, 0xba, 0xc0, 0
  undefined u_cmpxchg8b, 0x0f, 0xc7, 0xc8
  undefined u_mov_imm, 0xc7, 0xc8, 0, 0, 0, 0
  undefined u_cr1, 0x0f, 0x20, 0xc8
  undefined u_cr7, 0x0f, 0x22, 0xf8
  undefined u_invlpg, 0x0f, 0x01, 0xff
  undefined u_0f04, 0x0f, 0x04
  undefined u_0f0a, 0x0f, 0x0a
  undefined u_0f24, 0x0f, 0x24, 0xc0
  undefined u_long, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x90
  undefined u_long_imm, 0x36, 0x36, 0x36, 0x36, 0x36, 0x36, 0x81, 0x84, 0x40, 0, 0, 0, 0, 0, 0, 0, 0
  undefined u_long_ud, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x0f, 0x0b
  goes_on
  ; 15 bytes are fine.
  db 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x90
  mov eax, DATA
  db 0x36, 0x36, 0x36, 0x36, 0x81, 0x84, 0x20, 0, 0, 0, 0, 1, 0, 0, 0 ; add dword [ss:eax], 1
  lock inc dword [DATA]
  lock not dword [DATA + 4]
  lock xchg [DATA + 8], eax
  lock bts dword [DATA + 12], 3
  lock cmpxchg8b [DATA + 16]
  lock xadd [DATA + 24], eax
  ; Aliases.
  stc
  db 0xd6                    ; SALC
  mov [DATA + 0x20], al
  clc
  db 0xd6
  mov [DATA + 0x21], al
  mov eax, 0x40000001
  db 0xc1, 0xf0, 4           ; SHL by its alias
  mov [DATA + 0x24], eax
  mov al, 0x81
  db 0xd0, 0xf0
  mov [DATA + 0x28], al
  mov eax, 0x80
  db 0xf7, 0xc8
  dd 0x80                    ; TEST by its alias
  setnz [DATA + 0x29]
  db 0xf6, 0xc8, 0x7f
  setz [DATA + 0x2a]
  mov ax, 0x00ff
  db 0xd4, 16                ; AAM 16
  mov [DATA + 0x2c], ax
  db 0xd5, 7                 ; AAD 7
  mov [DATA + 0x2e], ax
  mov al, 0x12
  bad divide, db 0xd4, 0     ; AAM 0
  goes_on
  ; The last segment prefix counts.
  mov byte [DATA + 0x30], 0x77
  mov ax, 0
  mov fs, ax
  db 0x64, 0x3e, 0xa0        ; FS, then DS
  dd DATA + 0x30
  mov [DATA + 0x31], al
  bad null_fs, db 0x3e, 0x64, 0xa0, 0x30, 0xf0, 0, 0
  goes_on
  ; 66 before branches: EIP is cut to 16 bits. Beyond the limit of nothing here, so it goes to FFFFh and below: there is code.
  mov dword [DATA + 0x40], 0xc3c3c3c3
  mov esi, there16
  mov edi, 0x8000
  mov ecx, 16
  rep movsb
  db 0x66, 0xe8              ; call: pushes two bytes
  dw 0x8000 - (.from - IMAGE)
.from:
  hlt
back16:
  mov ecx, 0x10001
  mov ebx, 0
.again:
  inc ebx
  a16 loop .again            ; CX alone
  mov [DATA + 0x44], ebx
  mov [DATA + 0x48], ecx
  mov ecx, 0xffff0000
  a16 jecxz .zero
  inc byte [DATA + 0x4c]
.zero:
  mov esp, STACK0
  o16 push ds
  mov [DATA + 0x50], esp
  push ds
  mov [DATA + 0x54], esp
  mov esp, STACK0
  mov eax, 0xffffffff
  db 0x66, 0x8c, 0xd8        ; mov ax, ds
  mov [DATA + 0x58], eax
  mov eax, 0xffffffff
  mov eax, ds
  mov [DATA + 0x5c], eax
  mov ebp, 0x11112222
  db 0x66, 0xc8, 8, 0, 1     ; enter 8, 1 with 16 bits
  mov [DATA + 0x60], ebp
  mov [DATA + 0x64], esp
  jmp done
; At 8000h: the stack has the 16-bit return address.
there16:
  mov [DATA + 0x40], esp
  jmp dword CODE0:back16

align 4
expectations:
%macro is 1-*
%rep %0
  event 6, 0, %1
%rotate 1
%endrep
%endmacro
  is u_lock_nop, u_lock_mov, u_lock_reg, u_lock_cmp, u_lock_bt, u_lock_load, u_lock_cmp_imm, u_lock_test, u_lock_shift, u_lock_jmp
  is u_ud2, u_ud1, u_ud0, u_rsm, u_mov_cs, u_mov_seg6, u_from_seg7, u_lea, u_les, u_lds, u_bound, u_group5, u_callf, u_jmpf, u_pop, u_fe
  is u_group6, u_sgdt, u_bt, u_cmpxchg8b, u_mov_imm, u_cr1, u_cr7, u_invlpg, u_0f04, u_0f0a, u_0f24
  event 13, 0, u_long
  event 13, 0, u_long_imm
  event 13, 0, u_long_ud
  event 0, 0, divide
  event 13, 0, null_fs
  holds DATA, 2
  holds DATA + 4, -1
  holds DATA + 8, DATA
  holds DATA + 12, 8
  holds DATA + 0x20, 0x00ff, 0xffff
  holds DATA + 0x24, 0x10
  holds DATA + 0x28, 0x010102, 0xffffff
  holds DATA + 0x2c, 0x00780f0f
  holds DATA + 0x30, 0x7777, 0xffff
  holds DATA + 0x40, STACK0 - 2
  holds DATA + 0x44, 1
  holds DATA + 0x48, 0x10000
  holds DATA + 0x4c, 0, 0xff
  holds DATA + 0x50, STACK0 - 2
  holds DATA + 0x54, STACK0 - 6
  holds DATA + 0x58, 0xffff0010
  holds DATA + 0x5c, 0x10
  holds DATA + 0x60, (STACK0 - 2) | 0x11110000
  holds DATA + 0x64, STACK0 - 2 - 2 - 8
expectations_end:
%include "tables.inc"
