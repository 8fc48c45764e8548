; Translations stay cached until they are flushed: after their entry has changed, by whatever means software relies on; a dirty bit cleared in memory stays
; clear while the translation is known as dirty; a write through a translation known as clean walks anew; global pages stay when CR3 is written,
; and go when CR4.PGE is. SDM vol. 3 sections 4.10.2, 4.10.4.
; qemu: flushes global pages, too
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
  ; Cached: the entry is taken away, and is still good; until INVLPG.
  mov dword [PTE(USER_2)], FRAME | 7
  invlpg [USER_2]
  mov eax, [USER_2]
  mov dword [PTE(USER_2)], 0
  mov eax, [USER_2]
  invlpg [USER_2]
  bad flushed, mov eax, [USER_2]
  ; A dirty bit that is cleared in memory stays clear while the entry is cached as dirty.
  mov dword [PTE(USER_2)], FRAME | 7
  mov [USER_2 + 0x100], eax
  mov dword [PTE(USER_2)], FRAME | 7
  mov [USER_2 + 0x100], eax
  note PTE(USER_2), 0x34
  ; Read first, it is cached as clean: the write walks again.
  invlpg [USER_2]
  mov eax, [USER_2]
  mov dword [PTE(USER_2)], 0
  bad became_hole, mov [USER_2 + 0x100], eax
  goes_on
  ; Global.
  mov eax, 0x90
  mov cr4, eax
  mov dword [PTE(USER_2)], FRAME | 0x107
  invlpg [USER_2]
  mov eax, [USER_2]
  mov dword [PTE(USER_2)], 0
  mov eax, cr3
  mov cr3, eax
  mov eax, [USER_2]
  mov eax, 0x10
  mov cr4, eax
  bad global_gone, mov eax, [USER_2]
  jmp done

align 4
expectations:
%macro fault 4 ; error, label, address
  event 14, %1, %2, %4, 0x10000, 0x10000, %3
%endmacro
  fault 0, flushed, USER_2, CODE0
  fault 2, became_hole, USER_2 + 0x100, CODE0
  fault 0, global_gone, USER_2, CODE0
  holds DATA + 0x34, FRAME | 7
expectations_end:
%include "tables.inc"
