; Instructions that fault in the middle: what has changed and what has not. Repeated strings stop at the element; PUSHA, ENTER, far CALL, INT, CMPXCHG8B,
; POPA, LES, RET, POP into memory, XCHG, BTS across a page, FSTP; registers and the stack pointer are as before. SDM vol. 3 section 6.5; vol. 2.
; qemu: pushes RF clear; tells of reads where an instruction will write, and of level 0 where far transfers of level 3 use the stack
%include "prelude.inc"
DIR    equ TABLES
PT     equ TABLES + 0x1000
PT2    equ TABLES + 0x2000
GOOD   equ 0x400000         ; a page that is there
HOLE   equ 0x401000         ; and one that is not
RDONLY equ 0x402000
%define PTE(page) (PT2 + (((page) >> 12) & 0x3ff) * 4)

; Registers before, the instruction, and what is left of them: EAX ECX EDX EBX ESP EBP ESI EDI, at the next place of DATA.
%macro restart 2+ ; label, instruction
  mov dword [resume], %%after
%1:
  %2
  hlt
%%after:
  call note
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
  mov dword [PTE(GOOD)], 0x1e000 | 7
  mov dword [PTE(RDONLY)], 0x1f000 | 5
  mov eax, DIR
  mov cr3, eax
  mov eax, cr0
  or eax, 0x80010000
  mov cr0, eax
  mov edi, GOOD
  mov ecx, 0x400
  xor eax, eax
  rep stosd
  mov dword [place], DATA + 0x100

  mov esi, DATA
  mov edi, HOLE - 6
  mov ecx, 10
  restart s_movsb, rep movsb
  mov esi, HOLE - 8
  mov edi, DATA
  mov ecx, 10
  restart s_movsd, rep movsd
  mov edi, HOLE - 6
  mov ecx, 10
  mov eax, 0x31323334
  restart s_stosd, rep stosd
  mov edi, RDONLY + 4
  std
  mov ecx, 4
  restart s_stosw, rep stosw
  mov esi, HOLE - 2
  mov edi, HOLE - 2
  mov ecx, 10
  restart s_cmpsb, repe cmpsb
  mov edi, HOLE - 2
  mov ecx, 10
  mov al, 0
  restart s_scasb, repe scasb
  mov edi, HOLE - 1
  mov ecx, 3
  mov edx, 0x80
  restart s_insw, rep insw
  mov edx, 1
  mov ecx, 2
  mov eax, 3
  mov ebx, 4
  restart m_cmpxchg8b, cmpxchg8b [HOLE - 4]
  restart m_cmpxchg8b_ro, cmpxchg8b [RDONLY]
  mov eax, 0x5555
  restart m_xchg, xchg eax, [HOLE - 2]
  restart m_xadd, xadd [RDONLY], eax
  restart m_les, les eax, [HOLE - 4]
  mov ecx, 0x8000
  restart m_bts, bts [HOLE - 0x1000], ecx
  restart m_inc, inc dword [HOLE - 1]
  restart m_pop, pop dword [HOLE]
  fninit
  fld1
  restart m_fstp, fstp qword [HOLE - 4]
  fnstsw ax
  mov [DATA + 4], ax
  ; At level 3, with its stack at the edge.
%macro user_restart 3+ ; ESP, label, instruction
  mov dword [resume], %%after
  push dword DATA3
  push dword %1
  push dword 2
  push dword CODE3
  push dword %2
  iret
%2:
  %3
  hlt
%%after:
  call note
%endmacro
  user_restart HOLE + 16, p_pusha, pusha
  user_restart HOLE + 8, p_enter, enter 0, 4
  user_restart HOLE + 16, p_enter_room, enter 0x1010, 0
  user_restart HOLE - 16, p_popa, popa
  user_restart HOLE + 2, p_push, push dword 0x12345678
  user_restart HOLE + 4, p_callf, call CODE3:p_pusha
  user_restart HOLE - 4, p_retf, retf
  user_restart HOLE - 8, p_iret, iret
  mov ebp, HOLE - 2
  user_restart HOLE, p_leave, leave
  user_restart HOLE + 4, p_call, call p_pusha
  user_restart RDONLY + 8, p_pushfd, pushfd
  jmp done

; Compact: only what tells something.
note:
  cld
  pushfd
  mov [saved_eax], eax
  mov [saved_edi], edi
  mov edi, [place]
  mov eax, [saved_eax]
  stosd
  mov eax, ecx
  stosd
  mov eax, esi
  stosd
  mov eax, [saved_edi]
  stosd
  mov [place], edi
  mov eax, [saved_eax]
  mov edi, [saved_edi]
  popfd
  cld
  ret

place dd 0
saved_eax dd 0
saved_edi dd 0
align 4
expectations:
%macro fault 4 ; error, label, address, CS
  event 14, %1, %2, %4, 0x10000, 0x10000, %3
%endmacro
  fault 2, s_movsb, HOLE, CODE0
  fault 0, s_movsd, HOLE, CODE0
  fault 2, s_stosd, HOLE, CODE0
  fault 3, s_stosw, RDONLY + 4, CODE0
  fault 0, s_cmpsb, HOLE - 0, CODE0
  fault 0, s_scasb, HOLE, CODE0
  fault 2, s_insw, HOLE, CODE0
  fault 2, m_cmpxchg8b, HOLE, CODE0
  fault 3, m_cmpxchg8b_ro, RDONLY, CODE0
  fault 2, m_xchg, HOLE, CODE0
  fault 3, m_xadd, RDONLY, CODE0
  fault 0, m_les, HOLE, CODE0
  fault 2, m_bts, HOLE, CODE0
  fault 2, m_inc, HOLE, CODE0
  fault 2, m_pop, HOLE, CODE0
  fault 2, m_fstp, HOLE, CODE0
  fault 6, p_pusha, HOLE + 12, CODE3
  fault 6, p_enter, HOLE + 4, CODE3
  fault 6, p_enter_room, ANY, CODE3
  fault 4, p_popa, HOLE, CODE3
  fault 6, p_push, ANY, CODE3
  fault 6, p_callf, ANY, CODE3
  fault 4, p_retf, HOLE, CODE3
  fault 4, p_iret, HOLE, CODE3
  fault 4, p_leave, HOLE, CODE3
  fault 6, p_call, HOLE, CODE3
  fault 7, p_pushfd, RDONLY + 4, CODE3
%macro left 5 ; number, EAX, ECX, ESI, EDI
%if %2 != ANY
  holds DATA + 0x100 + (%1) * 16, %2
%endif
%if %3 != ANY
  holds DATA + 0x104 + (%1) * 16, %3
%endif
%if %4 != ANY
  holds DATA + 0x108 + (%1) * 16, %4
%endif
%if %5 != ANY
  holds DATA + 0x10c + (%1) * 16, %5
%endif
%endmacro
  left 0, ANY, 4, DATA + 6, HOLE
  left 1, ANY, 8, HOLE, DATA + 8
  left 2, 0x31323334, 9, HOLE, HOLE - 2
  left 3, ANY, 4, ANY, RDONLY + 4
  left 7, 3, 2, ANY, ANY
  left 9, 0x5555, ANY, ANY, ANY
  left 10, 0x5555, ANY, ANY, ANY
  left 11, 0x5555, ANY, ANY, ANY
  holds DATA + 4, 0x3800, 0xffff
expectations_end:
%include "tables.inc"
