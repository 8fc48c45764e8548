; Page faults: error codes and CR2 of reads, writes and fetches at levels 0 and 3, present and not; WP; rights of both levels of tables; reserved bits
; of 4 MB pages; accessed and dirty bits, also of what faults in the end; SDM vol. 3 sections 4.6 to 4.8.
; qemu: pushes RF clear; tells of a read where INC may not write; has 36-bit addresses of 4 MB pages
%include "prelude.inc"
DIR    equ TABLES
PT     equ TABLES + 0x1000  ; the first 4 MB: as they are
PT2    equ TABLES + 0x2000  ; at 400000h: the pages under test
HOLE   equ 0x400000         ; not present
KERN   equ 0x401000         ; supervisor
KERN_R equ 0x402000         ; supervisor, read-only
USER_P equ 0x403000
USER_R equ 0x404000
USER_2 equ 0x405000         ; not yet accessed
LARGE  equ 0x800000         ; 4 MB
LARGE_R equ 0xc00000        ; with a reserved bit
NOUSER equ 0x1000000        ; the directory says supervisor
%define PTE(page) (PT2 + (((page) >> 12) & 0x3ff) * 4)
FRAME  equ DATA             ; what all of them map

%macro user_bad 2+
  mov dword [resume], %%after
  to_user %1
%1:
  %2
  hlt
%%after:
%endmacro
%macro note 2 ; table entry, place
  mov eax, [%1]
  mov [DATA + %2], eax
%endmacro

body:
  mov edi, DIR
  mov ecx, 0xc00
  xor eax, eax
  rep stosd
  mov edi, PT
  mov eax, 7
  mov ecx, 0x400
.identity:
  stosd
  add eax, 0x1000
  loop .identity
  mov dword [DIR], PT | 7
  mov dword [DIR + 4], PT2 | 7
  mov dword [DIR + 8], 0x87
  mov dword [DIR + 12], 0x2087
  mov dword [DIR + 16], PT2 | 3
  mov dword [PTE(KERN)], FRAME | 3
  mov dword [PTE(KERN_R)], FRAME | 1
  mov dword [PTE(USER_P)], FRAME | 7
  mov dword [PTE(USER_R)], FRAME | 5
  mov dword [PTE(USER_2)], FRAME | 7
  mov eax, DIR
  mov cr3, eax
  mov eax, 0x10             ; PSE
  mov cr4, eax
  mov eax, cr0
  or eax, 0x80000000
  mov cr0, eax
  bad r_hole, mov eax, [HOLE]
  bad w_hole, mov [HOLE + 4], eax
  mov eax, HOLE
  mov dword [resume], f_hole_after
  call eax
f_hole_after:
  user_bad ur_hole, mov eax, [HOLE + 8]
  user_bad uw_hole, mov [HOLE + 8], eax
  user_bad ur_kern, mov eax, [KERN]
  user_bad uw_kern, inc dword [KERN]
  user_bad uw_user_r, mov byte [USER_R], 1
  user_bad ur_directory, mov eax, [NOUSER + (USER_P & 0xffff)]
  bad r_reserved, mov eax, [LARGE_R]
  bad w_reserved, mov [LARGE_R], eax
  bad crossing, mov eax, [0x3ffffe + 0]
  goes_on
  ; WP.
  mov byte [KERN_R], 1
  mov byte [USER_R], 1
  mov eax, cr0
  or eax, 0x10000
  mov cr0, eax
  bad wp_kern, mov byte [KERN_R], 1
  bad wp_user, mov byte [USER_R + 1], 1
  bad wp_rmw, add byte [USER_R + 1], 1
  goes_on
  mov eax, cr0
  and eax, ~0x10000
  mov cr0, eax
  ; Accessed and dirty.
  note PTE(USER_2), 0x10
  mov eax, [USER_2]
  note PTE(USER_2), 0x14
  mov [USER_2 + 0x100], eax
  note PTE(USER_2), 0x18
  note PTE(HOLE), 0x1c
  note DIR + 8, 0x20
  mov eax, [LARGE + FRAME]
  note DIR + 8, 0x24
  mov [LARGE + FRAME + 0x100], eax
  note DIR + 8, 0x28
  note DIR + 12, 0x2c
  ; A fault by rights leaves accessed bits as they were.
  mov dword [PTE(USER_2)], FRAME | 3
  invlpg [USER_2]
  user_bad refused, mov eax, [USER_2]
  goes_on
  note PTE(USER_2), 0x30
  jmp done

align 4
expectations:
%macro fault 4 ; error, label, address
  event 14, %1, %2, %4, 0x10000, 0x10000, %3
%endmacro
  fault 0, r_hole, HOLE, CODE0
  fault 2, w_hole, HOLE + 4, CODE0
  fault 0, HOLE, HOLE, CODE0
  fault 4, ur_hole, HOLE + 8, CODE3
  fault 6, uw_hole, HOLE + 8, CODE3
  fault 5, ur_kern, KERN, CODE3
  fault 7, uw_kern, KERN, CODE3
  fault 7, uw_user_r, USER_R, CODE3
  fault 5, ur_directory, NOUSER + (USER_P & 0xffff), CODE3
  fault 9, r_reserved, LARGE_R, CODE0
  fault 11, w_reserved, LARGE_R, CODE0
  fault 0, crossing, HOLE, CODE0
  fault 3, wp_kern, KERN_R, CODE0
  fault 3, wp_user, USER_R + 1, CODE0
  fault 3, wp_rmw, USER_R + 1, CODE0
  fault 5, refused, USER_2, CODE3
  holds DATA + 0x10, FRAME | 7
  holds DATA + 0x14, FRAME | 0x27
  holds DATA + 0x18, FRAME | 0x67
  holds DATA + 0x1c, 0
  holds DATA + 0x20, 0x87
  holds DATA + 0x24, 0xa7
  holds DATA + 0x28, 0xe7
  holds DATA + 0x2c, 0x2087
  holds DATA + 0x30, FRAME | 3
expectations_end:
%include "tables.inc"
