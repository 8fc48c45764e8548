; 32-bit paging (SDM vol. 3 section 4.3, 4.7, 4.8): rights, accessed and dirty bits, 4 MB pages, reserved bits.
%include "prelude.inc"
PTE equ PT0 + (DATA >> 12) * 4
UPTE equ PT1 + (DATA >> 12) * 4
BIG equ 0x800000

; Accessed and dirty bits of an entry.
%macro log_ad 1
  mov eax, [%1]
  and eax, 0x60
  log eax
%endmacro

body:
  ; A read sets A in both levels, a write D in the last.
  and dword [PD], ~0x60
  mov dword [PTE], DATA | 3
  mov eax, cr3
  mov cr3, eax
  log_ad PTE                    ;= 0
  mov ecx, [DATA]
  log_ad PTE                    ;= 20
  log_ad PD                     ;= 20
  mov [DATA], ecx
  log_ad PTE                    ;= 60
  ; CMPXCHG writes whether it changes anything or not; so does an OR of nothing. A fault sets no D.
  mov dword [PTE], DATA | 3
  invlpg [DATA]
  mov eax, 1
  cmpxchg [DATA], ecx
  log_ad PTE                    ;= 60
  mov dword [PTE], DATA | 1
  invlpg [DATA]
  try mov [DATA], eax           ;= #PF(3)@50000
  mov eax, [PTE]
  and eax, 0x40
  log eax                       ;= 0
  ; Without CR0.WP the supervisor writes, and D is set.
  mov eax, cr0
  and eax, ~CR0_WP
  mov cr0, eax
  try mov [DATA], eax
  log_ad PTE                    ;= 60
  or eax, CR0_WP
  mov eax, cr0
  or eax, CR0_WP
  mov cr0, eax
  try mov [DATA], eax           ;= #PF(3)@50000
  ; Not present in either level.
  mov dword [PTE], DATA | 2
  invlpg [DATA]
  try mov eax, [DATA]           ;= #PF(0)@50000
  try inc dword [DATA + 8]      ;= #PF(2)@50008
  try mov eax, [0xc00000]       ;= #PF(0)@c00000
  mov dword [PTE], DATA | 3
  ; Level 3: rights are the AND of both levels.
  mov dword [UPTE], DATA | 5
  invlpg [ALIAS + DATA]
  user
  mov eax, [ALIAS + DATA]
  try3 mov [ALIAS + DATA], eax  ;= #PF(7)@450000
  try3 mov eax, [DATA]          ;= #PF(5)@50000
  try3 mov [DATA], eax          ;= #PF(7)@50000
  try3 mov eax, [0xc00004]      ;= #PF(4)@c00004
  try3 jmp dword [ALIAS + .to]  ;= #PF(5)@50000
  kernel
  and dword [PD + 4], ~2
  mov eax, cr3
  mov cr3, eax
  mov dword [UPTE], DATA | 7
  try mov [ALIAS + DATA], eax   ;= #PF(3)@450000
  or dword [PD + 4], 2
  mov eax, cr3
  mov cr3, eax
  ; Without CR4.PSE bit 7 says nothing; with it the entry is a page of 4 MB.
  mov dword [PD + 8], PT0 | 0x83
  mov ecx, [BIG + DATA]
  mov eax, CR4_PSE
  mov cr4, eax
  try mov eax, [BIG + DATA]     ;= #PF(9)@850000
  mov dword [PD + 8], 0x83
  invlpg [BIG]
  mov dword [DATA], 0x5678
  mov ecx, [BIG + DATA]
  log ecx                       ;= 5678
  log_ad PD + 8                 ;= 20
  mov dword [BIG + DATA + 4], 0x9abc
  log_ad PD + 8                 ;= 60
  mov ecx, [DATA + 4]
  log ecx                       ;= 9abc
  ; Bits 13 to 21 are reserved: no page of more than 32 bits. The bit for PAT is not.
  mov dword [PD + 8], 0x2083
  invlpg [BIG]
  try mov eax, [BIG]            ;= #PF(9)@800000
  try mov [BIG], eax            ;= #PF(b)@800000
  mov dword [PD + 8], 0x200083
  try mov eax, [BIG]            ;= #PF(9)@800000
  mov dword [PD + 8], 0x1083
  mov ecx, [BIG + DATA]
  log ecx                       ;= 5678
  ; INVLPG of any address in it forgets the whole page.
  mov ecx, [BIG + DATA + 0x1000]
  mov dword [PD + 8], 0
  invlpg [BIG + 0x3ff000]
  try mov ecx, [BIG + DATA + 0x1000]    ;= #PF(0)@851000
  ; Bit 7 of the last level is PAT's, not a size.
  mov dword [PTE], DATA | 0x83
  invlpg [DATA]
  mov ecx, [DATA]
  log ecx                       ;= 5678
  ret
.to: dd DATA
