; Virtual-8086 mode extensions (CR4.VME): VIF stands for IF in CLI, STI, PUSHF, POPF and IRET with IOPL 0; VIP makes what would set VIF fault;
; INT n goes to the program's own handler where the redirection bitmap says so. And CR4.PVI: CLI and STI at level 3.
; SDM vol. 3 sections 20.3 and 20.4.
; qemu: has neither
%include "prelude.inc"
SEG86 equ IMAGE / 16
VIF   equ 0x80000
VIP   equ 0x100000

%macro to_v86 2 ; label, EFLAGS besides VM
  push dword 0
  push dword 0
  push dword DATA / 16
  push dword 0
  push dword STACK3 / 16 - 0x100
  push dword 0x1000
  push dword (%2) | 0x20002
  push dword SEG86
  push dword %1 - IMAGE
  iret
%endmacro

body:
  mov eax, 3
  mov cr4, eax
  mov eax, [0x42 * 4]
  mov [saved], eax
  mov dword [0x42 * 4], SEG86 << 16
  mov word [0x42 * 4], handler86 - IMAGE
  ; Vector 42h is redirected, 40h is not.
  or byte [TSS + 0x68 + 8], 0x01
  mov dword [resume], second
  to_v86 first, 0
bits 16
first:
  sti
  pushf
  pop word [0]
  cli
  pushf
  pop word [2]
  push word 0x7202
  popf
  pushf
  pop word [4]
  int 0x42
after_int:
  pushf
  pop word [0xc]
  mov bp, sp
  mov [0xe], bp
not_redirected:
  int 0x40                 ; IOPL is 0
bits 32
second:
  mov dword [resume], third
  to_v86 with_vip, VIP
bits 16
with_vip:
  cli
  pushf
  pop word [0x10]
sti_vip:
  sti
bits 32
third:
  mov dword [resume], fourth
  to_v86 pops_vip, VIP
bits 16
pops_vip:
  push word 0x0002
  popf
  push word 0x0202
popf_vip:
  popf
bits 32
fourth:
  mov dword [resume], fifth
  to_v86 pops_tf, 0
bits 16
pops_tf:
  push word 0x0102
popf_tf:
  popf
bits 32
fifth:
  mov dword [resume], sixth
  to_v86 wide, VIF
bits 16
wide:
  push word 0x0002
  push word SEG86
  push word .next - $$
  iret
.next:
  pushf
  pop word [0x12]
popfd_86:
  pushfd
bits 32
sixth:
  mov dword [resume], 0
  ; PVI.
  mov dword [resume], seventh
  to_user protected
protected:
  sti
  pushfd
  pop dword [DATA + 0x20]
  cli
  pushfd
  pop dword [DATA + 0x24]
last_3:
  int 0x40
seventh:
  xor eax, eax
  mov cr4, eax
  faults_to eighth
  to_user plain
plain:
  cli
eighth:
  mov eax, [saved]
  mov [0x42 * 4], eax
  jmp done

bits 16
handler86:
  push ax
  push bp
  mov bp, sp
  mov ax, [bp + 4]
  mov [6], ax
  mov ax, [bp + 6]
  mov [8], ax
  mov ax, [bp + 8]
  mov [0xa], ax
  pushf
  pop word [0x14]
  pop bp
  pop ax
  iret
bits 32

saved dd 0
align 4
expectations:
  event 13, 0, not_redirected - IMAGE, SEG86, 0x20000 | VIF, 0x3a0200
  event 13, 0, sti_vip - IMAGE, SEG86, VIP, VIF | VIP
  event 13, 0, popf_vip - IMAGE, SEG86
  event 13, 0, popf_tf - IMAGE, SEG86
  event 13, 0, popfd_86 - IMAGE, SEG86, 0, VIF
  event 0x40, 0, last_3 + 2, CODE3, 0, VIF | 0x200
  event 13, 0, plain, CODE3
  holds DATA, 0x30023202
  holds DATA + 4, 0x7202, 0xffff
  holds DATA + 4, (after_int - $$) << 16, 0xffff0000
  holds DATA + 8, 0x7202 << 16 | SEG86
  holds DATA + 0xc, 0x10007202
  holds DATA + 0x10, 0x30023002
  holds DATA + 0x14, 0x7002, 0xffff
  holds DATA + 0x20, 2 | VIF
  holds DATA + 0x24, 2
expectations_end:
%include "tables.inc"
