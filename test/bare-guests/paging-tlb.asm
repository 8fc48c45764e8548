; What the TLB keeps, and what makes it forget (SDM vol. 3 section 4.10): INVLPG, CR3, CR4.PGE, global pages; a change that
; gives more rights needs nothing.
%include "prelude.inc"
PTE equ PT0 + (DATA >> 12) * 4

body:
  mov dword [DATA], 0x1111
  mov dword [DATA + 0x1000], 0x2222
  ; An entry stays until it is flushed.
  mov ecx, [DATA]
  mov dword [PTE], (DATA + 0x1000) | 3
  mov ecx, [DATA]
  log ecx                       ;= 1111
  invlpg [DATA + 0xfff]
  mov ecx, [DATA]
  log ecx                       ;= 2222
  mov dword [PTE], DATA | 3
  mov eax, cr3
  mov cr3, eax
  mov ecx, [DATA]
  log ecx                       ;= 1111
  ; More rights count at once: the processor walks again before it faults.
  mov dword [PTE], DATA | 1
  invlpg [DATA]
  mov ecx, [DATA]
  try mov [DATA], ecx           ;= #PF(3)@50000
  mov dword [PTE], DATA | 3
  try mov [DATA], ecx
  mov dword [PTE], 0
  invlpg [DATA]
  try mov ecx, [DATA]           ;= #PF(0)@50000
  mov dword [PTE], DATA | 3
  try mov ecx, [DATA]
  ; A global page stays when CR3 is loaded, and goes with INVLPG and CR4.PGE.
  mov eax, CR4_PGE
  mov cr4, eax
  mov dword [PTE], DATA | 0x103
  invlpg [DATA]
  mov ecx, [DATA]
  mov dword [PTE], (DATA + 0x1000) | 0x103
  mov eax, cr3
  mov cr3, eax
  mov ecx, [DATA]
  log ecx                       ;= 1111
  invlpg [DATA]
  mov ecx, [DATA]
  log ecx                       ;= 2222
  mov dword [PTE], DATA | 0x103
  mov eax, CR4_PGE
  mov cr4, eax
  mov ecx, [DATA]
  log ecx                       ;= 2222
  xor eax, eax
  mov cr4, eax
  mov ecx, [DATA]
  log ecx                       ;= 1111
  ; So it does when CR0.PG is cleared.
  mov dword [PTE], (DATA + 0x1000) | 3
  mov eax, cr0
  and eax, ~CR0_PG
  mov cr0, eax
  or eax, CR0_PG
  mov cr0, eax
  mov ecx, [DATA]
  log ecx                       ;= 2222
  mov dword [PTE], DATA | 3
  invlpg [DATA]
  ; INVLPG is of level 0, and looks at neither limit nor page; with a register it is undefined.
  invlpg [0xfffff000]
  db 0x0f, 0x01, 0x7d, 0x00     ; invlpg [ebp]
  mov ebx, .behind
  db 0x0f, 0x01, 0xff            ;= #6(0)
.behind:
  user
  try3 invlpg [ALIAS]           ;= #13(0)
  kernel
  ret
