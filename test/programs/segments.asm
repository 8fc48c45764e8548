; Limits and rights of data segments: the last byte counts, for every size; expand-down segments, 16- and 32-bit; read-only data,
; execute-only and readable code; null and not present; #SS through SS, #GP through the others.
; SDM vol. 3 sections 3.4.5.1, 5.3, 5.4, 5.5, 5.7; vol. 1 section 3.5.
; qemu: checks no limits and no rights of accesses to data
%include "prelude.inc"
UP      equ FREE         ; 100h bytes at DATA
DOWN16  equ FREE + 8     ; expand-down, above 0FFh, to FFFFh
DOWN32  equ FREE + 0x10  ; expand-down, above 0FFh, to FFFFFFFFh
RO      equ FREE + 0x18
XO      equ FREE + 0x20
XR      equ FREE + 0x28
STACKS  equ FREE + 0x30  ; 16-bit stack of 100h bytes at DATA
PAGES   equ FREE + 0x38  ; granular: 1000h bytes
GONE    equ FREE + 0x40  ; not present

body:
  descriptor UP, DATA, 0xff, 0x4093
  descriptor DOWN16, DATA, 0xff, 0x0097
  descriptor DOWN32, DATA, 0xff, 0x4097
  descriptor RO, DATA, 0xff, 0x4091
  descriptor XO, DATA, 0xff, 0x4099
  descriptor XR, DATA, 0xff, 0x409b
  descriptor STACKS, DATA, 0xff, 0x00f3
  descriptor PAGES, DATA, 0, 0xc093
  descriptor GONE, DATA, 0xff, 0x4013
  mov ax, UP
  mov fs, ax
  mov al, [fs:0xff]
  mov ax, [fs:0xfe]
  mov eax, [fs:0xfc]
  mov [fs:0xfc], eax
  bad up_1, mov al, [fs:0x100]
  mov fs, [sel_up]
  bad up_2, mov ax, [fs:0xff]
  mov fs, [sel_up]
  bad up_4, mov [fs:0xfd], eax
  mov fs, [sel_up]
  bad up_wrap, mov eax, [fs:0xffffffff]
  mov fs, [sel_up]
  bad up_8, fld qword [fs:0xf9]
  mov fs, [sel_up]
  bad up_rmw, inc word [fs:0xff]
  mov fs, [sel_down16]
  mov al, [fs:0x100]
  mov eax, [fs:0xfffc]
  bad down_low, mov al, [fs:0xff]
  mov fs, [sel_down16]
  bad down_high, mov eax, [fs:0xfffd]
  mov fs, [sel_down16]
  bad down_above, mov al, [fs:0x10000]
  mov fs, [sel_down32]
  mov al, [fs:0x10000]
  bad down32_low, mov [fs:0xfc], eax
  mov fs, [sel_pages]
  mov eax, [fs:0xffc]
  bad page_end, mov eax, [fs:0xffd]
  mov fs, [sel_ro]
  mov eax, [fs:0]
  bad read_only, mov [fs:0], eax
  mov fs, [sel_ro]
  bad read_only_rmw, add dword [fs:0], 0
  bad execute_only, mov fs, [sel_xo]
  mov fs, [sel_xr]
  mov eax, [fs:0]
  bad code_write, mov [fs:0], al
  bad not_present, mov fs, [sel_gone]
  bad stack_gone, mov ss, [sel_gone]
  bad stack_ro, mov ss, [sel_ro]
  bad stack_null, mov ss, [sel_null]
  mov fs, [sel_null]
  bad null_read, mov al, [fs:0]
  mov ds, [sel_null]       ; loading it is not what faults
  mov eax, cs:[DATA]
  mov es, [cs:sel_null]
  mov ds, [cs:sel_flat]
  mov esi, DATA
  mov edi, DATA
  bad null_string, movsb
  mov es, [sel_flat]
  ; The stack, at level 3: what handles the fault has another.
  goes_on
  to_user stack_1
stack_1:
  mov ss, [sel_stacks]
  mov esp, 0x12340100
  push ax
  push eax
  mov [DATA + 0x800], esp
  mov esp, 0x100
  bad stack_out, pop ax
  goes_on
  to_user stack_2
stack_2:
  mov ss, [sel_stacks]
  mov esp, 1
  bad stack_wrap, push ax
  goes_on
  to_user stack_3
stack_3:
  mov ss, [sel_stacks]
  mov ebp, 0x100
  bad stack_bp, mov al, [bp]
  goes_on
  to_user stack_4
stack_4:
  mov ss, [sel_stacks]
  mov esp, 10
  bad stack_pusha, pusha
  jmp done

sel_up dw UP
sel_down16 dw DOWN16
sel_down32 dw DOWN32
sel_ro dw RO
sel_xo dw XO
sel_xr dw XR
sel_gone dw GONE
sel_stacks dw STACKS | 3
sel_pages dw PAGES
sel_null dw 0
sel_flat dw DATA0

align 4
expectations:
  event 13, 0, up_1
  event 13, 0, up_2
  event 13, 0, up_4
  event 13, 0, up_wrap
  event 13, 0, up_8
  event 13, 0, up_rmw
  event 13, 0, down_low
  event 13, 0, down_high
  event 13, 0, down_above
  event 13, 0, down32_low
  event 13, 0, page_end
  event 13, 0, read_only
  event 13, 0, read_only_rmw
  event 13, XO, execute_only
  event 13, 0, code_write
  event 11, GONE, not_present
  event 12, GONE, stack_gone
  event 13, RO, stack_ro
  event 13, 0, stack_null
  event 13, 0, null_read
  event 13, 0, null_string
  event 12, 0, stack_out
  event 12, 0, stack_wrap
  event 12, 0, stack_bp
  event 12, 0, stack_pusha
  holds DATA + 0x800, 0x123400fa
expectations_end:
%include "tables.inc"
