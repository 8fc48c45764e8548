; PAE with NX (SDM vol. 3 section 4.4, 4.6, 4.7): three levels, pages of 2 MB, reserved bits, execute-disable.
%include "prelude.inc"
PDPT equ 0x43000
PPD equ 0x44000
PPT equ 0x45000
EFER equ 0xc0000080
PTE equ PPT + (DATA >> 12) * 8
BIG equ 0x800000

body:
  ; 0 to 1 MB as it is, and again for the user at ALIAS; 2 MB pages at BIG.
  mov edi, PDPT
  xor eax, eax
  mov ecx, 0x3000 / 4
  rep stosd
  mov dword [PDPT], PPD | 1
  mov dword [PPD], PPT | 7
  mov dword [PPD + (ALIAS >> 21) * 8], PPT | 7
  mov dword [PPD + (BIG >> 21) * 8], 0x83
  mov edi, PPT
  mov eax, 7
  mov ecx, 256
.entry:
  stosd
  mov dword [edi], 0
  add edi, 4
  add eax, 0x1000
  loop .entry
  mov eax, cr0
  and eax, ~CR0_PG
  mov cr0, eax
  mov ecx, CR4_PAE
  mov cr4, ecx
  mov eax, PDPT
  mov cr3, eax
  mov ecx, EFER
  xor eax, eax
  xor edx, edx
  wrmsr
  mov eax, cr0
  or eax, CR0_PG
  mov cr0, eax

  mov dword [DATA], 0x1234
  mov ecx, [BIG + DATA]
  log ecx                       ;= 1234
  mov eax, [PPD + (BIG >> 21) * 8]
  and eax, 0x60
  log eax                       ;= 20
  ; Beyond the pointers and tables that are there.
  try mov eax, [0x40000000]     ;= #PF(0)@40000000
  try mov [0x600000], eax       ;= #PF(2)@600000
  ; The upper half must be zero; without NX the last bit too. What is reserved counts before rights.
  mov dword [PTE + 4], 0x80000000
  invlpg [DATA]
  try mov eax, [DATA]           ;= #PF(9)@50000
  mov dword [PTE + 4], 1
  try mov [DATA], eax           ;= #PF(b)@50000
  mov dword [PTE + 4], 0
  mov dword [PPD + (BIG >> 21) * 8], 0x2083
  invlpg [BIG]
  try mov eax, [BIG]            ;= #PF(9)@800000
  mov dword [PPD + (BIG >> 21) * 8], 0x100083
  try mov eax, [BIG]            ;= #PF(9)@800000
  mov dword [PPD + (BIG >> 21) * 8], 0x1083
  mov ecx, [BIG + DATA]
  log ecx                       ;= 1234
  ; Pointers: MOV to CR3 looks at what is present, and changes nothing where it faults.
  mov dword [PDPT + 8], 0x1e7
  mov eax, PDPT
  try mov cr3, eax              ;= #13(0)
  mov dword [PDPT + 8], PPD | 1
  mov dword [PDPT + 12], 1
  try mov cr3, eax              ;= #13(0)
  mov dword [PDPT + 12], 0x80000000
  try mov cr3, eax              ;= #13(0)
  mov dword [PDPT + 12], 0
  ; They are in the processor: a change counts when CR3 is loaded.
  try mov ecx, [0x40000000 + DATA]      ;= #PF(0)@40050000
  mov cr3, eax
  try mov ecx, [0x40000000 + DATA]
  mov dword [PDPT + 8], 0x1e6
  mov cr3, eax
  try mov ecx, [0x40000000 + DATA]      ;= #PF(0)@40050000

  ; Execute-disable. Without EFER.NXE no fault tells of fetching.
  mov byte [DATA], 0xff         ; jmp ebx
  mov byte [DATA + 1], 0xe3
  mov eax, DATA
  try jmp eax
  and dword [PTE], ~1
  invlpg [DATA]
  try jmp eax                   ;= #PF(0)@50000
  or dword [PTE], 1
  mov ecx, EFER
  mov eax, 1 << 11
  xor edx, edx
  wrmsr
  mov eax, DATA
  and dword [PTE], ~1
  try jmp eax                   ;= #PF(10)@50000
  or dword [PTE], 1
  try jmp eax
  mov dword [PTE + 4], 0x80000000
  invlpg [DATA]
  try jmp eax                   ;= #PF(11)@50000
  mov ecx, [eax]
  and ecx, 0xffff
  log ecx                       ;= e3ff
  mov dword [PTE + 4], 0x80000001
  invlpg [DATA]
  try mov ecx, [eax]            ;= #PF(9)@50000
  try jmp eax                   ;= #PF(19)@50000
  mov dword [PTE + 4], 0
  ; In any level: all that is below a directory entry with the bit.
  mov dword [PPD + (ALIAS >> 21) * 8 + 4], 0x80000000
  invlpg [ALIAS + DATA]
  mov eax, ALIAS + DATA
  try jmp eax                   ;= #PF(11)@450000
  mov dword [PPD + (ALIAS >> 21) * 8 + 4], 0
  invlpg [ALIAS + DATA]
  mov dword [PPD + (BIG >> 21) * 8 + 4], 0x80000000
  mov ecx, cr3
  mov cr3, ecx
  mov eax, BIG + DATA
  try jmp eax                   ;= #PF(11)@850000
  ; An instruction that begins in one page and ends in one that must not be executed.
  mov byte [DATA + 0xfff], 0xff
  mov byte [DATA + 0x1000], 0xe3
  mov eax, DATA + 0xfff
  try jmp eax
  mov dword [PTE + 12], 0x80000000
  invlpg [DATA + 0x1000]
  try jmp eax                   ;= #PF(11)@51000
  ; Level 3.
  user
  mov eax, ALIAS + DATA
  mov ebx, .back + ALIAS
  jmp eax
.back:
  mov eax, ALIAS + DATA + 0x1000
  try3 jmp eax                  ;= #PF(15)@451000
  try3 mov ecx, [eax]
  kernel
  ; Reserved bits of EFER.
  mov ecx, EFER
  mov eax, 1 << 8
  xor edx, edx
  try wrmsr                     ;= #13(0)
  xor eax, eax
  wrmsr
  ; Out of PAE again.
  mov eax, cr0
  and eax, ~CR0_PG
  mov cr0, eax
  ret
