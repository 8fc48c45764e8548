; Real mode: far transfers of all kinds, limits of 64 KiB for data, stack and code, faults through vectors in memory, without error codes; a table of
; vectors elsewhere, and its limit; segments that keep what protected mode gave them ("unreal"); instructions that do not exist here;
; FLAGS of PUSHF and IRET; 32-bit operands and addresses. SDM vol. 3 sections 20.1, 9.9; vol. 2.
; qemu: checks no limits
%include "prelude.inc"
SEGR  equ IMAGE / 16
SEGD  equ DATA / 16
WIDE  equ FREE             ; 4 GB

%macro bad16 2+
  mov word [cs:resume16 - IMAGE], %%after - $$
%1:
  %2
%%after:
%endmacro

body:
  descriptor WIDE, 0, 0xfffff, 0xc093
  mov ax, WIDE
  mov fs, ax
  mov ax, DATA16
  mov ds, ax
  mov es, ax
  mov gs, ax
  mov ss, ax
  mov esp, 0x12340000
  jmp CODE16:.small - IMAGE
bits 16
.small:
  lidt [cs:idtr16 - IMAGE]
  mov eax, cr0
  and eax, ~1
  mov cr0, eax
  jmp SEGR:.real - IMAGE
.real:
  mov ax, SEGD
  mov ds, ax
  mov es, ax
  mov ax, STACK1 / 16 - 0x100
  mov ss, ax
  mov sp, 0x1000
  ; FS keeps its limit, and has a new base when it is loaded.
  mov dword [fs:dword DATA + 0x10], 0x600df00d
  mov ax, SEGD - 0x1000 + 0x100
  mov fs, ax
  mov eax, [fs:dword 0xf000 + 0x10]
  mov [0x14], eax
  ; Limits.
  bad16 b_word, mov ax, [0xffff]
  bad16 b_dword, mov eax, [0xfffd]
  bad16 b_wide, mov al, [dword 0x10000]
  mov bp, 0x8000
  bad16 b_bp2, mov ax, [bp + 0x7fff]
  mov si, 0xffff
  bad16 b_movs, movsw
  mov di, 0xffff
  xor si, si
  bad16 b_movs2, movsw
  bad16 b_sldt, sldt ax
  bad16 b_str, str ax
  bad16 b_lldt, lldt ax
  bad16 b_ltr, ltr ax
  bad16 b_verr, verr ax
  bad16 b_lar, lar ax, bx
  bad16 b_lsl, lsl ax, bx
  bad16 b_arpl, db 0x63, 0xc0
  bad16 b_ud, ud2
  bad16 b_lock, db 0xf0, 0x90
  bad16 b_div, div byte [cs:zero - IMAGE]
  bad16 b_jmp, jmp dword SEGR:0x10000
  bad16 b_call, call dword SEGR:0x10000
  bad16 b_near, db 0x66, 0xe9, 0, 0, 1, 0
  bad16 b_bound, bound ax, [cs:bounds - IMAGE]
  bad16 b_int, int 0x30       ; the table ends there
  mov [0x18], sp
  ; What works.
  int 0x22
  call SEGR:far_16 - IMAGE
  call dword SEGR:far_32 - IMAGE
  push word SEGR
  push word .returned - IMAGE
  retf
.returned:
  push word 2
  push word SEGR
  push word .returned_2 - IMAGE
  retf
.returned_2:
  mov [0x1a], sp
  pop ax
  push word 0xfeff
  push word SEGR
  push word .popped - IMAGE
  iret
.popped:
  cli
  cld
  pushf
  pop word [0x1c]
  push word 0
  popf
  pushf
  pop word [0x1e]
  ; A word at the end of the stack, and one that wraps.
  mov bx, sp
  mov sp, 2
  push ax
  mov [0x20], sp
  push ax
  mov [0x22], sp
  pop ax
  pop ax
  mov [0x24], sp
  mov sp, bx
  smsw ax
  mov [0x26], ax
  sgdt [0x28]
  sidt [0x30]
  ; MOV from a segment register with a 32-bit operand; PUSH and POP of one.
  mov eax, -1
  mov eax, ds
  mov [0x38], eax
  push dword 0xffffffff
  pop eax
  o32 push ds
  pop eax
  mov [0x3c], ax
  xor ax, ax
  mov ds, ax
  ; Back.
  lidt [cs:idtr32 - IMAGE]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  jmp dword CODE0:.back
bits 32
.back:
  mov ax, DATA0
  mov ds, ax
  mov es, ax
  mov fs, ax
  mov gs, ax
  mov ss, ax
  mov esp, STACK0
  jmp done

bits 16
far_16:
  mov bp, sp
  mov eax, [bp]
  mov [0x40], eax
  retf
far_32:
  mov bp, sp
  mov eax, [bp]
  mov [0x44], eax
  mov eax, [bp + 4]
  mov [0x48], eax
  o32 retf

; Handlers: log the vector, IP, CS and FLAGS, and go to [resume16], or back where that is 0.
%assign n 0
align 8
stubs16:
%rep 0x30
  align 8
  push word n
  jmp near handler16
%assign n n + 1
%endrep

handler16:
  pushad
  push ds
  push es
  mov bp, sp
  xor ax, ax
  mov ds, ax
  mov es, ax
  mov eax, [cs:log_next - IMAGE]
  mov edi, eax
  cld
  movzx eax, word [bp + 36]
  stosd
  xor eax, eax
  stosd
  movzx eax, word [bp + 38]
  stosd
  movzx eax, word [bp + 40]
  stosd
  movzx eax, word [bp + 42]
  stosd
  xor eax, eax
  stosd
  mov ax, SEGR
  mov ds, ax
  mov [log_next - IMAGE], edi
  mov ax, [resume16 - IMAGE]
  test ax, ax
  jz .return
  mov [bp + 38], ax
  mov word [resume16 - IMAGE], 0
.return:
  pop es
  pop ds
  popad
  add sp, 2
  iret

resume16 dw 0
zero db 0
align 2
bounds dw 1, 2
idtr16:
  dw 0x30 * 4 - 1
  dd vectors
idtr32:
  dw 0x50 * 8 - 1
  dd IDT
align 4
vectors:
%assign n 0
%rep 0x30
  dw stubs16 - $$ + n * 8, SEGR
%assign n n + 1
%endrep
bits 32
align 4
expectations:
%macro is 2
  event %1, 0, %2 - IMAGE, SEGR
%endmacro
  is 13, b_word
  is 13, b_dword
  is 13, b_wide
  is 12, b_bp2
  is 13, b_movs
  is 13, b_movs2
  is 6, b_sldt
  is 6, b_str
  is 6, b_lldt
  is 6, b_ltr
  is 6, b_verr
  is 6, b_lar
  is 6, b_lsl
  is 6, b_arpl
  is 6, b_ud
  is 6, b_lock
  is 0, b_div
  is 13, b_jmp
  is 13, b_call
  is 13, b_near
  is 5, b_bound
  is 13, b_int
  event 0x22, 0, ANY, SEGR
  holds DATA + 0x14, 0x600df00d
  holds DATA + 0x18, 0x0ffe1000
  holds DATA + 0x1c, 0x000278d7
  holds DATA + 0x20, 0xfffe0000
  holds DATA + 0x24, 0x00300002, 0x000fffff
  holds DATA + 0x28, 0x1ff, 0xffff
  holds DATA + 0x2a, GDT
  holds DATA + 0x30, 0xbf, 0xffff
  holds DATA + 0x32, vectors
  holds DATA + 0x38, SEGD
  holds DATA + 0x3c, SEGD, 0xffff
  holds DATA + 0x42, SEGR, 0xffff
  holds DATA + 0x48, SEGR, 0xffff
expectations_end:
%include "tables.inc"
