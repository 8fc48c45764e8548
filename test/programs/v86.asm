; Virtual-8086 mode: what is sensitive to IOPL faults with IOPL 0 and runs with IOPL 3; INT n, INT3, INTO; frames of interrupts; IRET back;
; instructions that do not exist there; limits of 64 KiB; ports by the bitmap alone. SDM vol. 3 section 20.2.
; qemu: checks no limits
%include "prelude.inc"
SEG86 equ IMAGE / 16

%macro to_v86 2 ; label, EFLAGS besides VM
  push dword 0x7777        ; GS
  push dword 0x6666        ; FS
  push dword DATA / 16     ; DS
  push dword 0x5555        ; ES
  push dword STACK3 / 16 - 0x100
  push dword 0x1000        ; ESP
  push dword (%2) | 0x20002
  push dword SEG86
  push dword %1 - IMAGE
  iret
%endmacro
; Instructions in virtual-8086 mode with IOPL 0, each of which faults.
%macro bad86 2+
  mov dword [resume], %%after
  to_v86 %1, 0
bits 16
%1:
  %2
  hlt
bits 32
%%after:
%endmacro

body:
  or byte [IO_MAP + 0x80 / 8], 1
  bad86 v_cli, cli
  bad86 v_sti, sti
  bad86 v_pushf, pushf
  bad86 v_popf, popf
  bad86 v_int, int 0x40
  bad86 v_iret, iret
  bad86 v_hlt, hlt
  bad86 v_pushfd, pushfd
  bad86 v_in, in al, 0x80
  bad86 v_lgdt, lgdt [0]
  bad86 v_cr0, mov eax, cr0
  bad86 v_clts, clts
  bad86 v_lmsw, lmsw ax
  bad86 v_sldt, sldt ax
  bad86 v_str, str ax
  bad86 v_lar, lar ax, bx
  bad86 v_verr, verr ax
  bad86 v_arpl, db 0x63, 0xc0
  bad86 v_lldt, lldt ax
  bad86 v_limit, mov ax, [0xffff]
  mov ebp, 0xffff
  bad86 v_stack, mov ax, [bp]
  bad86 v_int3, int3
  goes_on
  ; IOPL 3: they work. INT n goes to the gate.
  mov dword [resume], outside
  to_v86 free, 0x3000
bits 16
free:
  cli
  pushf
  pop ax
  mov [0], ax
  sti
  pushfd
  pop eax
  mov [4], eax
  push word 0x7ed7         ; all that can be changed, and more
  popf
  pushf
  pop ax
  mov [8], ax
  push word 0x3002
  popf
  smsw ax
  mov [0xa], ax
  sgdt [0x10]
  mov ax, 0x1234
  mov es, ax
  mov [0x18], es
  mov ax, cs
  mov [0x1a], ax
  cli
  ; IRET within the mode.
  push word 0x0046
  push word SEG86
  push word .there - $$
  iret
.there:
  pushf
  pop ax
  mov [0x1c], ax
  ; Far CALL and RET, 16- and 32-bit.
  call SEG86:far_16 - $$
  mov [0x1e], sp
  call dword SEG86:far_32 - $$
  mov [0x20], sp
  in al, 0x81              ; the bitmap allows it
last_86:
  int 0x40
far_16:
  pop ax
  push ax
  mov [0x22], ax
  retf
far_32:
  o32 retf
bits 32
outside:
  jmp done

align 4
expectations:
%macro faulted 2-3 0 ; vector, label
  event %1, %3, %2 - IMAGE, SEG86, 0x20000, 0x20000
%endmacro
  faulted 13, v_cli
  faulted 13, v_sti
  faulted 13, v_pushf
  faulted 13, v_popf
  faulted 13, v_int
  faulted 13, v_iret
  faulted 13, v_hlt
  faulted 13, v_pushfd
  faulted 13, v_in
  faulted 13, v_lgdt
  faulted 13, v_cr0
  faulted 13, v_clts
  faulted 13, v_lmsw
  faulted 6, v_sldt
  faulted 6, v_str
  faulted 6, v_lar
  faulted 6, v_verr
  faulted 6, v_arpl
  faulted 6, v_lldt
  faulted 13, v_limit
  faulted 12, v_stack
  event 3, 0, v_int3 + 1 - IMAGE, SEG86
  event 0x40, 0, last_86 + 2 - IMAGE, SEG86, 0x23046, 0x3ffff
  holds DATA, 0x3002, 0x7302
  holds DATA + 4, 0x3202, 0xffff7302
  holds DATA + 8, 0x7ed7, 0xffff
  holds DATA + 8, 0x00310000, 0xffff0000
  holds DATA + 0x12, GDT
  holds DATA + 0x18, SEG86 << 16 | 0x1234
  holds DATA + 0x1c, 0x10003046
  holds DATA + 0x20, 0x1000, 0xffff
expectations_end:
%include "tables.inc"
