/**
 * Opcode table, one-byte map: moves, the stack, strings, control transfers,
 * flags, ports and the system instructions. Notation: opcode-notation.ts.
 *
 * REP CMPS and SCAS with a count of zero leave the flags alone, so they read what
 * they write.
 */
import type { RowDraft } from '../opcode-notation.ts';
import { rows } from '../opcode-notation.ts';

export const ONE_BYTE: readonly RowDraft[] = rows(
  '8086',
  'translated',
  `
    88                  mov Eb,Gb
    89                  mov Ev,Gv
    8A                  mov Gb,Eb
    8B                  mov Gv,Ev
    A0                  mov AL,Ob
    A1                  mov eAX,Ov
    A2                  mov Ob,AL
    A3                  mov Ov,eAX
    B0+r                mov Zb,Ib
    B8+r                mov Zv,Iz
    C6/0                mov Eb,Ib
    C7/0                mov Ev,Iz
    8C                  mov Rv/Mw,Sw        sensitive
    8E                  mov Sw,Rv/Mw        sensitive
    8D                  lea Gv,M
    86                  xchg Eb,Gb          lock
    87                  xchg Ev,Gv          lock
    90+r                xchg Zv,eAX
    NFx 90 | F2 90      nop
    F3 90               pause
    C4                  les Gv,Mp           callout sensitive ends
    C5                  lds Gv,Mp           callout sensitive ends
    D7                  xlat
    62                  bound Gv,Ma         186 interpreted
    63                  arpl Ew,Gw          w=z 286 interpreted

    50+r                push Zv
    58+r                pop Zv
    FF/6                push Ev
    8F/0                pop Ev
    68                  push Iz             186
    6A                  push sIb            186
    60                  pusha               186 interpreted
    61                  popa                186 interpreted
    06                  push ES             sensitive
    0E                  push CS             sensitive
    16                  push SS             sensitive
    1E                  push DS             sensitive
    07                  pop ES              sensitive
    17                  pop SS              callout sensitive ends
    1F                  pop DS              sensitive
    9C                  pushf               r=oszapcdin sensitive
    9D                  popf                r=oszapcdin w=oszapcdin sensitive
    C8                  enter Iw,Ib         186 interpreted
    C9                  leave               186

    A4                  movs Yb,Xb          r=d
    A5                  movs Yv,Xv          r=d
    A6                  cmps Xb,Yb          r=doszapc w=oszapc
    A7                  cmps Xv,Yv          r=doszapc w=oszapc
    AA                  stos Yb,AL          r=d
    AB                  stos Yv,eAX         r=d
    AC                  lods AL,Xb          r=d
    AD                  lods eAX,Xv         r=d
    AE                  scas AL,Yb          r=doszapc w=oszapc
    AF                  scas eAX,Yv         r=doszapc w=oszapc
    6C                  ins Yb,DX           r=d 186 callout sensitive
    6D                  ins Yz,DX           r=d 186 callout sensitive
    6E                  outs DX,Xb          r=d 186 callout sensitive
    6F                  outs DX,Xz          r=d 186 callout sensitive

    70+cc               jcc Jb              r=oszapc ends
    E0                  loopne Jb           r=z ends
    E1                  loope Jb            r=z ends
    E2                  loop Jb             ends
    E3                  jcxz Jb             ends
    E8                  call Jz             ends
    E9                  jmp Jz              ends
    EB                  jmp Jb              ends
    FF/2                call Ev             ends
    FF/4                jmp Ev              ends
    C2                  ret Iw              ends
    C3                  ret                 ends
    9A                  callf Ap            callout sensitive ends
    EA                  jmpf Ap             callout sensitive ends
    FF/3                callf Mp            callout sensitive ends
    FF/5                jmpf Mp             callout sensitive ends
    CA                  retf Iw             callout sensitive ends
    CB                  retf                callout sensitive ends
    CC                  int3                r=oszapcdin callout sensitive ends
    CD                  int Ib              r=oszapcdin callout sensitive ends
    CE                  into                r=oszapcdin callout sensitive ends
    F1                  int1                r=oszapcdin callout sensitive ends 386
    CF                  iret                w=oszapcdin callout sensitive ends

    9E                  sahf                w=szapc interpreted
    9F                  lahf                r=szapc
    F5                  cmc                 r=c w=c
    F8                  clc                 w=c
    F9                  stc                 w=c
    FC                  cld                 w=d
    FD                  std                 w=d
    FA                  cli                 w=i sensitive
    FB                  sti                 w=i sensitive
    D6                  salc                r=c undocumented interpreted
    9B                  wait
    F4                  hlt                 callout sensitive ends

    E4                  in AL,Ib            callout sensitive
    E5                  in eAX,Ib           callout sensitive
    EC                  in AL,DX            callout sensitive
    ED                  in eAX,DX           callout sensitive
    E6                  out Ib,AL           callout sensitive
    E7                  out Ib,eAX          callout sensitive
    EE                  out DX,AL           callout sensitive
    EF                  out DX,eAX          callout sensitive
`,
);
