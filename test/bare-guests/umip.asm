; CR4.UMIP (SDM vol. 3 section 2.5): SGDT, SIDT, SLDT, STR and SMSW are for level 0.
%include "prelude.inc"

body:
  mov eax, CR4_UMIP
  mov cr4, eax
  sgdt [DATA]
  sidt [DATA + 8]
  mov eax, [DATA + 2]
  sub eax, gdt
  log eax                       ;= 0
  str ax
  movzx eax, ax
  log eax                       ;= 28
  user
  try3 sgdt [ALIAS + DATA]      ;= #13(0)
  try3 sidt [ALIAS + DATA]      ;= #13(0)
  try3 sldt ax                  ;= #13(0)
  try3 str eax                  ;= #13(0)
  try3 str [ALIAS + DATA]       ;= #13(0)
  try3 smsw eax                 ;= #13(0)
  ; Before the operand is looked at.
  try3 smsw [DATA]              ;= #13(0)
  kernel
  xor eax, eax
  mov cr4, eax
  user
  try3 sgdt [ALIAS + DATA]
  try3 smsw eax
  try3 sidt [DATA]              ;= #PF(7)@50000
  kernel
  ret
