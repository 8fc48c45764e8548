; CR4.SMAP (SDM vol. 3 section 4.6.1): the supervisor's data accesses to the user's pages, explicit and implicit.
%include "prelude.inc"
USER equ ALIAS + DATA

body:
  mov dword [DATA], 0x1234
  mov eax, CR4_SMAP
  mov cr4, eax
  clac
  try mov eax, [USER]           ;= #PF(1)@450000
  try mov [USER + 4], eax       ;= #PF(3)@450004
  stac
  mov ecx, [USER]
  mov dword [USER + 4], 0x77
  clac
  log ecx                       ;= 1234
  mov ecx, [DATA + 4]
  log ecx                       ;= 77
  ; POPF opens and closes too.
  pushfd
  or dword [esp], 1 << 18
  popfd
  try mov ecx, [USER]
  pushfd
  and dword [esp], ~(1 << 18)
  popfd
  try add dword [USER], 1       ;= #PF(3)@450000
  try push dword [USER]         ;= #PF(1)@450000
  ; Code of the user's pages may be fetched.
  mov eax, there + ALIAS
  jmp eax
there:
  mov eax, back
  jmp eax
back:
  ; An access that crosses from the supervisor's into a page of the user.
  or dword [PT0 + (DATA >> 12) * 4 + 4], 4
  invlpg [DATA + 0x1000]
  try mov eax, [DATA + 0xffe]   ;= #PF(1)@51000
  and dword [PT0 + (DATA >> 12) * 4 + 4], ~4
  invlpg [DATA + 0x1000]
  ; Implicit accesses are closed whatever AC says: an LDT in a page of the user.
  stac
  mov eax, [gdt + 0x20]
  mov [USER + 0x800], eax
  mov eax, [gdt + 0x24]
  mov [USER + 0x804], eax
  mov ax, 0x30
  lldt ax
  mov ax, 7
  try mov fs, ax                ;= #PF(1)@450800
  clac
  ; Level 3 itself is not concerned, and has neither CLAC nor STAC.
  user
  mov eax, [USER]
  try3 stac                     ;= #6(0)
  try3 clac                     ;= #6(0)
  try3 mov eax, [DATA]          ;= #PF(5)@50000
  kernel
  ; With the bit clear, none of it.
  xor eax, eax
  mov cr4, eax
  mov ecx, [USER]
  log ecx                       ;= 1234
  ret
