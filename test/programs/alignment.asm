; Alignment check: at level 3 with CR0.AM and EFLAGS.AC, by the size of each access; not at level 0, not without either flag, not for what the
; processor reads for itself; a selector's and a pointer's own alignment; x87 operands. SDM vol. 3 section 6.15, interrupt 17; table 6-7.
; qemu: has no alignment check
%include "prelude.inc"
AC equ 0x40000

%macro unaligned 2+
  mov dword [resume], %%after
  to_user %%user
%%user:
  push dword AC | 2
  popfd
%1:
  %2
  mov dword [resume], %%after
  int 0x41
%%after:
%endmacro

body:
  mov eax, cr0
  or eax, 0x40000
  mov cr0, eax
  fninit
  mov dword [DATA + 0x100], DATA
  ; At level 0 nothing happens.
  push dword AC | 2
  popfd
  mov eax, [DATA + 1]
  push dword 2
  popfd
  unaligned ok_byte, mov al, [DATA + 1]
  unaligned ok_word, mov ax, [DATA + 2]
  unaligned word_1, mov ax, [DATA + 1]
  unaligned dword_2, mov eax, [DATA + 2]
  unaligned write_2, mov [DATA + 2], eax
  unaligned rmw, inc dword [DATA + 1]
  unaligned ok_qword, fld qword [DATA + 8]
  unaligned qword_4, fld qword [DATA + 4]
  unaligned ok_single, fld dword [DATA + 4]
  mov esi, DATA + 1
  mov edi, DATA + 0x10
  unaligned string, movsd
  mov esi, DATA
  mov edi, DATA + 0x11
  unaligned string_to, stosd
  mov esp, STACK0
  unaligned bits_3, bt dword [DATA + 3], eax
  unaligned lds_2, les eax, [DATA + 0x102]
  unaligned bound_2, bound eax, [DATA + 2]
  unaligned xchg_1, xchg [DATA + 1], ax
  unaligned exchange8, cmpxchg8b [DATA + 4]
  unaligned push_1, push dword [DATA + 3]
  unaligned sgdt_0, sgdt [DATA + 0x200]
  unaligned ok_sgdt, sgdt [DATA + 0x202]
  mov eax, cr0
  and eax, ~0x40000
  mov cr0, eax
  unaligned ok_am, mov eax, [DATA + 1]
  jmp done

align 4
expectations:
%macro is 1
  event 17, 0, %1, CODE3, AC | 0x10000, AC | 0x10000
%endmacro
  is word_1
  is dword_2
  is write_2
  is rmw
  is qword_4
  is string
  is string_to
  is bits_3
  is lds_2
  is bound_2
  is xchg_1
  is exchange8
  is push_1
  is sgdt_0
expectations_end:
%include "tables.inc"
