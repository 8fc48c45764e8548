; Sweep of segment and gate checks: a Multiboot image that tries every kind of
; descriptor (type, DPL, present) with every RPL and CPL 0 and 3 in every operation
; listed in `operations`, and writes to port E9h what came of it, a line each:
;
;   operation descriptor RPL CPL:vector e error EIP CS EFLAGS EAX EBX DS ES ESP SS TR access-byte stack
;
; Vector 81h means that the operation went through. "DF" stands for a double fault,
; which a task of its own takes. Registers are those at the exception.
; Then it writes 0 to port 501h (isa-debug-exit).

bits 32
org 0x100000

GDT        equ 0x20000
IDT        equ 0x22000
TSS_MAIN   equ 0x23000
TSS_NEW    equ 0x23400 ; what available 32-bit TSS descriptors describe
TSS_NEW16  equ 0x23800 ; and 16-bit ones
TSS_DOUBLE equ 0x23c00
LDT        equ 0x24000
STACK0     equ 0x30000
STACK1     equ 0x2e000
STACK3     equ 0x38000
STACK_TASK equ 0x3c000
LANDING    equ 0x8000  ; where every transfer goes: INT 81h

; Selectors. The swept descriptors follow: 8 for each of the 32 types.
CODE0      equ 8
DATA0      equ 16
CODE3      equ 27
DATA3      equ 35
TSS        equ 40
GATE       equ 56
DATA16     equ 72
TSS_DF     equ 80
FIRST      equ 16
COUNT      equ 256
%define SWEPT(type, dpl) ((FIRST + (type) * 8 + (dpl) * 2 + 1) * 8)

header:
  dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
  dd header, header, image_end, bss_end, start

start:
  cli
  mov esp, STACK0
  mov word [LANDING], 0x81cd
  call build_tables
  lgdt [gdt_pointer]
  jmp CODE0:.reloaded
.reloaded:
  mov ax, DATA0
  mov ds, ax
  mov es, ax
  mov fs, ax
  mov gs, ax
  mov ss, ax
  lidt [idt_pointer]

  mov dword [operation], 0
.operation:
  mov dword [descriptor], 0
.descriptor:
  mov dword [rpl], 0
.rpl:
  mov dword [cpl], 0
.cpl:
  call try
  add dword [cpl], 3
  cmp dword [cpl], 6
  jne .cpl
  add dword [rpl], 3
  cmp dword [rpl], 6
  jne .rpl
  inc dword [descriptor]
  cmp dword [descriptor], COUNT
  jne .descriptor
  inc dword [operation]
  cmp dword [operation], OPERATIONS
  jne .operation
  mov dx, 0x501
  mov al, 0
  out dx, al
  hlt

%macro fixed 3 ; selector, low word, high word
  mov dword [GDT + (%1)], %2
  mov dword [GDT + (%1) + 4], %3
%endmacro
%macro zeroed 2 ; address, bytes
  mov edi, %1
  mov ecx, %2 / 4
  xor eax, eax
  rep stosd
%endmacro

build_tables:
  zeroed GDT, (FIRST + COUNT) * 8
  fixed CODE0, 0x0000ffff, 0x00cf9b00
  fixed DATA0, 0x0000ffff, 0x00cf9300
  fixed CODE3 & ~7, 0x0000ffff, 0x00cffb00
  fixed DATA3 & ~7, 0x0000ffff, 0x00cff300
  fixed TSS, ((TSS_MAIN & 0xffff) << 16) | 0x67, 0x8900 | (TSS_MAIN >> 16)
  fixed DATA16, 0x0000ffff, 0x00009300
  fixed TSS_DF, ((TSS_DOUBLE & 0xffff) << 16) | 0x67, 0x8900 | (TSS_DOUBLE >> 16)
  xor ebx, ebx
.next: ; ebx = type * 8 + DPL * 2 + P
  mov edx, ebx
  shr edx, 3
  mov ecx, ebx
  shr ecx, 1
  and ecx, 3
  shl ecx, 5
  or edx, ecx
  mov ecx, ebx
  and ecx, 1
  shl ecx, 7
  or edx, ecx
  shl edx, 8
  mov eax, 0x0000ffff
  test edx, 0x1000
  jz .system
  or edx, 0x00cf0000
  jmp .store
.system:
  mov ecx, edx
  shr ecx, 8
  and ecx, 15
  mov eax, ((LDT & 0xffff) << 16) | 0x1f
  cmp ecx, 2
  je .table
  mov eax, ((TSS_NEW16 & 0xffff) << 16) | 0x2b
  cmp ecx, 1
  je .table
  cmp ecx, 3
  je .table
  mov eax, ((TSS_NEW & 0xffff) << 16) | 0x67
  cmp ecx, 9
  je .table
  cmp ecx, 11
  je .table
  mov eax, SWEPT(9, 3) << 16
  cmp ecx, 5
  je .store
  mov eax, (CODE0 << 16) | LANDING ; gates; call gates take two parameters
.table:
  or edx, 2 ; upper byte of the base 2xxxxh, or the parameter count
.store:
  mov [GDT + FIRST * 8 + ebx * 8], eax
  mov [GDT + FIRST * 8 + ebx * 8 + 4], edx
  inc ebx
  cmp ebx, COUNT
  jne .next

  mov edi, IDT
  mov ebx, stubs
  mov ecx, 256
.gate:
  mov eax, ebx
  and eax, 0xffff
  or eax, CODE0 << 16
  stosd
  mov eax, ebx
  mov ax, 0x8e00
  stosd
  add ebx, 16
  loop .gate
  or byte [IDT + 0x81 * 8 + 5], 0x60
  mov dword [IDT + 8 * 8], TSS_DF << 16
  mov dword [IDT + 8 * 8 + 4], 0x8500

  zeroed TSS_MAIN, 0x1000
  mov dword [TSS_MAIN + 4], STACK0 - 0x1000
  mov dword [TSS_MAIN + 8], DATA0
  mov dword [TSS_MAIN + 12], STACK1
  mov word [TSS_MAIN + 0x66], 0x68
%macro task 3 ; TSS, EIP, ESP
  mov dword [%1 + 4], STACK_TASK
  mov dword [%1 + 8], DATA0
  mov dword [%1 + 0x20], %2
  mov dword [%1 + 0x24], 2
  mov dword [%1 + 0x28], 0xa0a0a0a0
  mov dword [%1 + 0x38], %3
  mov dword [%1 + 0x48], DATA0
  mov dword [%1 + 0x4c], CODE0
  mov dword [%1 + 0x50], DATA0
  mov dword [%1 + 0x54], DATA0
  mov word [%1 + 0x66], 0x68
%endmacro
  task TSS_NEW, LANDING, STACK_TASK - 0x100
  task TSS_DOUBLE, double_fault, STACK_TASK + 0x3000
  mov word [TSS_NEW16 + 0x0e], LANDING
  mov word [TSS_NEW16 + 0x10], 2
  mov word [TSS_NEW16 + 0x1a], 0x7000
  mov word [TSS_NEW16 + 0x22], DATA0
  mov word [TSS_NEW16 + 0x24], CODE0
  mov word [TSS_NEW16 + 0x26], DATA16
  mov word [TSS_NEW16 + 0x28], DATA0
  ret

; One operation with one selector; comes back from an exception handler.
try:
  mov [saved_esp], esp
  zeroed 0x2c000, 0x3f00
  zeroed 0x36000, 0x8000
  call build_tables
  lgdt [gdt_pointer]
  xor eax, eax
  lldt ax
  mov ax, TSS
  ltr ax
  clts
  mov eax, [descriptor]
  lea eax, [eax * 8 + FIRST * 8]
  or eax, [rpl]
  mov [selector], eax
  mov ebx, [operation]
  mov ecx, [operations + ebx * 8 + 4]
  jecxz .prepared
  call ecx
.prepared:
  mov ebp, [operations + ebx * 8]
  mov edi, 0x77777777
  mov esi, 0x66666666
  mov edx, 0x55555555
  mov ecx, 0x55555555
  mov eax, [selector]
  mov ebx, 0x44444444
  cmp dword [cpl], 0
  jne .user
  mov esp, STACK0 - 0x400
  push dword 2
  popfd
  jmp ebp
.user:
  push dword DATA3
  push dword STACK3
  push dword 2
  push dword CODE3
  push ebp
  push dword DATA3
  push dword DATA3
  pop ds
  pop es
  iretd

%macro digits 1
  call hex%1
  mov al, ' '
  stosb
%endmacro

; Starts a line with what was tried.
begin_line:
  cld
  mov edi, line
  mov eax, [operation]
  digits 2
  mov eax, [descriptor]
  digits 2
  mov eax, [rpl]
  call hex1
  mov eax, [cpl]
  call hex1
  ret

; Writes the line and returns from `try`: with NT clear, so that IRET is plain, and on the first stack.
end_line:
  mov al, 10
  stosb
  mov ecx, edi
  mov esi, line
  sub ecx, esi
  mov dx, 0xe9
  rep outsb
  pushfd
  and dword [esp], ~0x4000
  popfd
  mov eax, DATA0
  mov ss, ax
  mov esp, [saved_esp]
  ret

exception: ; stack: vector, error code, EIP, CS, EFLAGS, and from level 3 ESP, SS
  pushad
  push ds
  push es
  mov eax, DATA0
  mov ds, ax
  mov es, ax
  mov bp, ss
  cmp bp, DATA16
  jne .flat
  movzx esp, sp
  mov ss, ax
.flat:
  mov ebp, esp
  call begin_line
  mov al, ':'
  stosb
  mov eax, [ebp + 40]
  call hex2
  mov al, 'e'
  stosb
  mov eax, [ebp + 44]
  digits 8
  mov eax, [ebp + 48]
  digits 8
  mov eax, [ebp + 52]
  digits 4
  mov eax, [ebp + 56]
  digits 8
  mov eax, [ebp + 8 + 28]
  digits 8
  mov eax, [ebp + 8 + 16]
  digits 8
  mov eax, [ebp + 4]
  digits 4
  mov eax, [ebp]
  digits 4
  lea esi, [ebp + 60]
  mov ecx, ss
  test byte [ebp + 52], 3
  jz .inner
  mov esi, [ebp + 60]
  mov ecx, [ebp + 64]
.inner:
  mov eax, esi
  digits 8
  mov eax, ecx
  digits 4
  str ax
  digits 4
  mov eax, [descriptor]
  mov al, [GDT + FIRST * 8 + eax * 8 + 5]
  call hex2
  mov ecx, 6
  cmp esi, 0x40000
  ja .done
  cmp esi, 0x20000
  jb .done
.word:
  mov al, ' '
  stosb
  lodsd
  call hex8
  loop .word
.done:
  jmp end_line

double_fault:
  call begin_line
  mov eax, 'DF'
  stosw
  jmp end_line

hex8:
  push eax
  shr eax, 16
  call hex4
  pop eax
hex4:
  push eax
  shr eax, 8
  call hex2
  pop eax
hex2:
  push eax
  shr eax, 4
  call hex1
  pop eax
hex1:
  push eax
  and eax, 15
  mov al, [hex_digits + eax]
  stosb
  pop eax
  ret
hex_digits: db '0123456789abcdef'

; The operations: EAX is the selector. Those that do not transfer end in INT 81h.
%macro plain 2+
%1:
  %2
  int 0x81
%endmacro
plain load_ds, mov ds, ax
plain load_ss, mov ss, ax
plain ask_lar, lar ebx, eax
plain ask_lsl, lsl ebx, eax
plain ask_verr, verr ax
plain ask_verw, verw ax
plain load_ldtr, lldt ax
plain load_tr, ltr ax
plain jump_far, jmp far [cs:far32]
plain call_far, call far [cs:far32]
plain call_far16, o16 call far [cs:far16]
plain interrupt, int 0x90
plain call_gate, call GATE:0
plain call_gate_rpl3, call GATE + 3:0
plain jump_gate, jmp GATE:0
plain jump_task, jmp SWEPT(9, 3):0
%macro outer_stack 0
  push dword DATA3
  push dword STACK3 - 0x100
%endmacro
return_far:
  outer_stack
  push eax
  push dword LANDING
  retf
return_far_release:
  outer_stack
  push dword 1
  push dword 2
  push eax
  push dword LANDING
  retf 8
return_interrupt:
  outer_stack
  push dword 0x3dd7 ; every flag but TF and IF
  push eax
  push dword LANDING
  iretd
return_interrupt_stack:
  push eax
  push dword STACK3 - 0x100
  push dword 2
  push dword CODE3
  push dword LANDING
  iretd
return_far_stack:
  push eax
  push dword STACK3 - 0x100
  push dword CODE3
  push dword LANDING
  retf
return_nested:
  pushfd
  or dword [esp], 0x4000
  popfd
  iretd

; Preparations: they may use all registers but EBX.
prepare_far:
  mov eax, [selector]
  mov [far32 + 4], ax
  mov [far16 + 2], ax
  ret
prepare_idt: ; the swept descriptor is the gate
  mov ecx, [descriptor]
  mov eax, [GDT + FIRST * 8 + ecx * 8]
  mov edx, [GDT + FIRST * 8 + ecx * 8 + 4]
  mov [IDT + 0x90 * 8], eax
  mov [IDT + 0x90 * 8 + 4], edx
  ret
%macro gate_to 3 ; name, where, high word
%1:
  mov eax, [selector]
  shl eax, 16
  mov ax, LANDING
  mov [%2], eax
  mov dword [%2 + 4], %3
  ret
%endmacro
gate_to prepare_interrupt32, IDT + 0x90 * 8, 0xee00
gate_to prepare_trap16, IDT + 0x90 * 8, 0xe700
gate_to prepare_interrupt_task, IDT + 0x90 * 8, 0xe500
gate_to prepare_call32, GDT + GATE, 0xec02
gate_to prepare_call16, GDT + GATE, 0xe403
gate_to prepare_task, GDT + GATE, 0xe500
prepare_stack1: ; an interrupt to level 1, whose stack segment is the swept one
  mov dword [IDT + 0x90 * 8], (SWEPT(0x1b, 1) << 16) | LANDING
  mov dword [IDT + 0x90 * 8 + 4], 0xee00
  mov eax, [selector]
  mov [TSS_MAIN + 16], eax
  ret
prepare_task_data:
  mov eax, [selector]
  mov [TSS_NEW + 0x54], ax
  ret
prepare_link:
  mov eax, [selector]
  mov [TSS_MAIN], ax
  ret

align 4
operations: ; operation, preparation or 0
  dd load_ds, 0
  dd load_ss, 0
  dd ask_lar, 0
  dd ask_lsl, 0
  dd ask_verr, 0
  dd ask_verw, 0
  dd load_ldtr, 0
  dd load_tr, 0
  dd jump_far, prepare_far
  dd call_far, prepare_far
  dd call_far16, prepare_far
  dd return_far, 0
  dd return_far_release, 0
  dd return_interrupt, 0
  dd return_interrupt_stack, 0
  dd return_far_stack, 0
  dd interrupt, prepare_idt
  dd interrupt, prepare_interrupt32
  dd interrupt, prepare_trap16
  dd call_gate, prepare_call32
  dd call_gate_rpl3, prepare_call32
  dd jump_gate, prepare_call32
  dd call_gate, prepare_call16
  dd interrupt, prepare_stack1
  dd jump_gate, prepare_task
  dd call_gate, prepare_task
  dd interrupt, prepare_interrupt_task
  dd jump_task, prepare_task_data
  dd return_nested, prepare_link
OPERATIONS equ ($ - operations) / 8

far32:
  dd LANDING
  dw 0
far16:
  dw LANDING
  dw 0
gdt_pointer:
  dw (FIRST + COUNT) * 8 - 1
  dd GDT
idt_pointer:
  dw 0x7ff
  dd IDT

align 16
stubs: ; 16 bytes each
%assign vector 0
%rep 256
  align 16
  %if vector != 8 && (vector < 10 || vector > 14) && vector != 17
    push byte -1
  %endif
  push dword vector
  jmp near exception
  %assign vector vector + 1
%endrep
image_end:

absolute 0x110000
operation: resd 1
descriptor: resd 1
rpl: resd 1
cpl: resd 1
selector: resd 1
saved_esp: resd 1
line: resb 512
bss_end:
