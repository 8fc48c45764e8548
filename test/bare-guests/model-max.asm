; `-cpu max`: all that is implemented.
;cpu max
%include "prelude.inc"

body:
  mov eax, (1 << 9) | (1 << 10) | CR4_SMEP | CR4_SMAP | CR4_UMIP
  try mov cr4, eax
  mov eax, 7
  xor ecx, ecx
  cpuid
  and ebx, (1 << 7) | (1 << 20)
  log ebx                       ;= 100080
  and ecx, 4
  log ecx                       ;= 4
  mov eax, 1
  cpuid
  and ecx, (1 << 9) | (1 << 19) | (1 << 20) | (1 << 22) | (1 << 23)
  log ecx                       ;= d80200
  try pshufb xmm0, xmm1
  try pabsb mm0, mm1
  try ptest xmm0, xmm1
  mov ecx, 0xf0f0
  popcnt eax, ecx
  log eax                       ;= 8
  xor eax, eax
  crc32 eax, ecx
  log eax                       ;= 1ae3426a
  mov dword [DATA], 0x01020304
  movbe eax, [DATA]
  log eax                       ;= 4030201
  try stac
  try clac
  try monitor                   ;= #6(0)
  emms
  ret
