; Ports at level 3: IOPL, and the bitmap of the TSS, of which every bit of an access must be clear, and which the processor reads by two bytes; its
; end by the TSS's limit; no bitmap in a TSS that is too short or 16-bit; INS, OUTS, also with a count of zero; in virtual-8086 mode the bitmap
; counts whatever the IOPL. And breakpoints on ports (CR4.DE): behind the access, and only with CR4.DE. SDM vol. 1 section 19.5; vol. 3 sections 17.2.4, 20.2.8.2.
; qemu: has breakpoints on ports without CR4.DE, too
%include "prelude.inc"
SEG86 equ IMAGE / 16
TASK16 equ FREE

%macro user 2+ ; label, instruction: whether it faults or not
  mov dword [resume], %%after
  to_user %1
%1:
  %2
  int 0x41
%%after:
%endmacro
%macro with_tss 1 ; limit
  mov word [GDT + TASK], %1
  mov byte [GDT + TASK + 5], 0x89
  mov ax, TASK
  ltr ax
%endmacro

body:
  ; Ports 80h to 87h: 1111 0110 forbidden but 80h and 83h.
  mov byte [IO_MAP + 0x80 / 8], 0xf6
  ; 88h to 8Fh are free, 90h is not.
  mov byte [IO_MAP + 0x90 / 8], 0x01
  mov byte [IO_MAP + 0x1fff], 0
  user free_80, in al, 0x80
  user bad_81, in al, 0x81
  user bad_80w, in ax, 0x80
  user bad_80d, in eax, 0x80
  user free_83, in al, 0x83
  user bad_83w, in ax, 0x83
  user bad_87w, in ax, 0x87
  user free_88d, in eax, 0x88
  user free_8cd, in eax, 0x8c
  user bad_8dd, in eax, 0x8d
  user bad_8fw, out 0x8f, ax
  user free_8f, out 0x8f, al
  mov edx, 0x81
  mov edi, DATA
  mov esi, DATA
  xor ecx, ecx
  user bad_ins, insb
  user bad_ins_none, rep insb
  user bad_outs_none, rep outsb
  ; The bitmap's end: the byte behind the last is read, too.
  with_tss IO_MAP - TSS + 0x88 / 8
  user end_87, in al, 0x83
  user end_88, in al, 0x88
  with_tss IO_MAP - TSS + 0x88 / 8 + 1
  user end_88_ok, in al, 0x88
  with_tss 0x66
  user short_tss, in al, 0x83
  with_tss 0x20a0
  mov word [TSS + 0x66], 0xffff
  user no_map, in al, 0x83
  mov word [TSS + 0x66], IO_MAP - TSS
  ; IOPL 3.
  mov dword [resume], iopl_after
  push dword DATA3
  push dword STACK3
  push dword 0x3002
  push dword CODE3
  push dword iopl_3
  iret
iopl_3:
  in al, 0x81
  cli
  int 0x41
iopl_after:
  mov dword [resume], v86_after
  push dword 0
  push dword 0
  push dword 0
  push dword 0
  push dword STACK3 / 16 - 0x100
  push dword 0x1000
  push dword 0x23002
  push dword SEG86
  push dword v86 - IMAGE
  iret
bits 16
v86:
  in al, 0x80
v86_81:
  in al, 0x81
bits 32
v86_after:
  ; A 16-bit TSS has none.
  descriptor TASK16, TSS3, 0x2b, 0x0081
  mov word [TSS3 + 2], STACK0
  mov word [TSS3 + 4], DATA0
  mov ax, TASK16
  ltr ax
  user tss_16, in al, 0x83
  mov byte [GDT + TASK + 5], 0x89
  mov ax, TASK
  ltr ax
  goes_on
  ; Breakpoints: 0 on ports 84h to 87h, both ways.
  mov eax, 0x84
  mov dr0, eax
  mov eax, 0x000e0402
  mov dr7, eax
  in al, 0x84                ; CR4.DE is clear: undefined, nothing here
  xor eax, eax
  mov dr7, eax
  mov eax, 8
  mov cr4, eax
  mov eax, 0x000e0402
  mov dr7, eax
  in al, 0x83
  in al, 0x84
io_1:
  out 0x87, al
io_2:
  in al, 0x88
  in eax, 0x81
io_3:
  mov edx, 0x85
  mov esi, DATA
  mov ecx, 2
io_rep:
  rep outsb
io_4:
  xor eax, eax
  mov dr7, eax
  in al, 0x84
  jmp done

align 4
expectations:
%macro is 1
  event 13, 0, %1, CODE3
%endmacro
  is bad_81
  is bad_80w
  is bad_80d
  is bad_83w
  is bad_87w
  is bad_8dd
  is bad_8fw
  is bad_ins
  is bad_ins_none
  is bad_outs_none
  is end_88
  is short_tss
  is no_map
  event 13, 0, v86_81 - IMAGE, SEG86
  is tss_16
  event 1, 0, io_1, CODE0, 0, 0x10000, 0xffff0ff1
  event 1, 0, io_2, CODE0, 0, 0x10000, 0xffff0ff1
  event 1, 0, io_3, CODE0, 0, 0x10000, 0xffff0ff1
  event 1, 0, io_rep, CODE0, 0x10000, 0x10000, 0xffff0ff1
  event 1, 0, io_4, CODE0, 0, 0x10000, 0xffff0ff1
expectations_end:
%include "tables.inc"
