; CR4.SMEP (SDM vol. 3 section 4.6.1): the supervisor fetches no code from the user's pages.
%include "prelude.inc"
HERE equ DATA + 0x100

body:
  mov byte [HERE], 0xff         ; jmp ebx
  mov byte [HERE + 1], 0xe3
  mov eax, HERE + ALIAS
  try jmp eax
  mov edx, CR4_SMEP
  mov cr4, edx
  try jmp eax                   ;= #PF(11)@450100
  try call eax                  ;= #PF(11)@450100
  add esp, 4
  ; An instruction whose second byte lies in a page of the user.
  mov byte [DATA + 0xfff], 0xff
  mov byte [DATA + 0x1000], 0xe3
  mov eax, DATA + 0xfff
  try jmp eax
  or dword [PT0 + (DATA >> 12) * 4 + 4], 4
  invlpg [DATA + 0x1000]
  try jmp eax                   ;= #PF(11)@51000
  and dword [PT0 + (DATA >> 12) * 4 + 4], ~4
  invlpg [DATA + 0x1000]
  try jmp eax
  ; Data are not concerned; nor is level 3.
  mov ecx, [ALIAS + DATA + 0x100]
  and ecx, 0xffff
  log ecx                       ;= e3ff
  user
  mov ebx, .done + ALIAS
  mov eax, HERE + ALIAS
  jmp eax
.done:
  kernel
  xor edx, edx
  mov cr4, edx
  mov eax, HERE + ALIAS
  try jmp eax
  ret
