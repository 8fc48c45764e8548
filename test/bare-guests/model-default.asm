; The default: SSE3, NX; what came with later processors is undefined.
%include "prelude.inc"
;cpu transvisor32

body:
  mov eax, (1 << 9) | (1 << 10)
  mov cr4, eax
  try haddps xmm0, xmm1
  fld1
  try fisttp dword [DATA]
  try pshufb xmm0, xmm1         ;= #6(0)
  try pabsb mm0, mm1            ;= #6(0)
  try ptest xmm0, xmm1          ;= #6(0)
  try pextrb eax, xmm0, 1       ;= #6(0)
  try pcmpgtq xmm0, xmm1        ;= #6(0)
  try popcnt eax, ecx           ;= #6(0)
  try crc32 eax, ecx            ;= #6(0)
  try movbe eax, [DATA]         ;= #6(0)
  try stac                      ;= #6(0)
  try monitor                   ;= #6(0)
  mov eax, CR4_SMEP
  try mov cr4, eax              ;= #13(0)
  mov eax, CR4_SMAP
  try mov cr4, eax              ;= #13(0)
  mov eax, CR4_UMIP
  try mov cr4, eax              ;= #13(0)
  mov eax, 1 << 31
  try mov cr4, eax              ;= #13(0)
  ret
