/**
 * Opcode table, one-byte map: the eight arithmetic operations, the shifts and
 * rotates, and the F6/F7/FE/FF groups' arithmetic. Notation: opcode-notation.ts.
 *
 * A shift by CL or by an immediate of zero leaves the flags alone, so what such a row
 * writes it reads too.
 */
import type { RowDraft } from '../opcode-notation.ts';
import { rows } from '../opcode-notation.ts';

export const ARITHMETIC: readonly RowDraft[] = rows(
  '8086',
  'translated',
  `
    00                  add Eb,Gb           w=oszapc lock
    01                  add Ev,Gv           w=oszapc lock
    02                  add Gb,Eb           w=oszapc
    03                  add Gv,Ev           w=oszapc
    04                  add AL,Ib           w=oszapc
    05                  add eAX,Iz          w=oszapc
    80/0 | 82/0         add Eb,Ib           w=oszapc lock
    81/0                add Ev,Iz           w=oszapc lock
    83/0                add Ev,sIb          w=oszapc lock
    08                  or Eb,Gb            w=oszpc u=a lock
    09                  or Ev,Gv            w=oszpc u=a lock
    0A                  or Gb,Eb            w=oszpc u=a
    0B                  or Gv,Ev            w=oszpc u=a
    0C                  or AL,Ib            w=oszpc u=a
    0D                  or eAX,Iz           w=oszpc u=a
    80/1 | 82/1         or Eb,Ib            w=oszpc u=a lock
    81/1                or Ev,Iz            w=oszpc u=a lock
    83/1                or Ev,sIb           w=oszpc u=a lock
    10                  adc Eb,Gb           r=c w=oszapc lock
    11                  adc Ev,Gv           r=c w=oszapc lock
    12                  adc Gb,Eb           r=c w=oszapc
    13                  adc Gv,Ev           r=c w=oszapc
    14                  adc AL,Ib           r=c w=oszapc
    15                  adc eAX,Iz          r=c w=oszapc
    80/2 | 82/2         adc Eb,Ib           r=c w=oszapc lock
    81/2                adc Ev,Iz           r=c w=oszapc lock
    83/2                adc Ev,sIb          r=c w=oszapc lock
    18                  sbb Eb,Gb           r=c w=oszapc lock
    19                  sbb Ev,Gv           r=c w=oszapc lock
    1A                  sbb Gb,Eb           r=c w=oszapc
    1B                  sbb Gv,Ev           r=c w=oszapc
    1C                  sbb AL,Ib           r=c w=oszapc
    1D                  sbb eAX,Iz          r=c w=oszapc
    80/3 | 82/3         sbb Eb,Ib           r=c w=oszapc lock
    81/3                sbb Ev,Iz           r=c w=oszapc lock
    83/3                sbb Ev,sIb          r=c w=oszapc lock
    20                  and Eb,Gb           w=oszpc u=a lock
    21                  and Ev,Gv           w=oszpc u=a lock
    22                  and Gb,Eb           w=oszpc u=a
    23                  and Gv,Ev           w=oszpc u=a
    24                  and AL,Ib           w=oszpc u=a
    25                  and eAX,Iz          w=oszpc u=a
    80/4 | 82/4         and Eb,Ib           w=oszpc u=a lock
    81/4                and Ev,Iz           w=oszpc u=a lock
    83/4                and Ev,sIb          w=oszpc u=a lock
    28                  sub Eb,Gb           w=oszapc lock
    29                  sub Ev,Gv           w=oszapc lock
    2A                  sub Gb,Eb           w=oszapc
    2B                  sub Gv,Ev           w=oszapc
    2C                  sub AL,Ib           w=oszapc
    2D                  sub eAX,Iz          w=oszapc
    80/5 | 82/5         sub Eb,Ib           w=oszapc lock
    81/5                sub Ev,Iz           w=oszapc lock
    83/5                sub Ev,sIb          w=oszapc lock
    30                  xor Eb,Gb           w=oszpc u=a lock
    31                  xor Ev,Gv           w=oszpc u=a lock
    32                  xor Gb,Eb           w=oszpc u=a
    33                  xor Gv,Ev           w=oszpc u=a
    34                  xor AL,Ib           w=oszpc u=a
    35                  xor eAX,Iz          w=oszpc u=a
    80/6 | 82/6         xor Eb,Ib           w=oszpc u=a lock
    81/6                xor Ev,Iz           w=oszpc u=a lock
    83/6                xor Ev,sIb          w=oszpc u=a lock
    38                  cmp Eb,Gb           w=oszapc
    39                  cmp Ev,Gv           w=oszapc
    3A                  cmp Gb,Eb           w=oszapc
    3B                  cmp Gv,Ev           w=oszapc
    3C                  cmp AL,Ib           w=oszapc
    3D                  cmp eAX,Iz          w=oszapc
    80/7 | 82/7         cmp Eb,Ib           w=oszapc
    81/7                cmp Ev,Iz           w=oszapc
    83/7                cmp Ev,sIb          w=oszapc

    C0/0                rol Eb,Ib           r=oc w=c u=o 186
    D0/0                rol Eb,1            w=oc
    D2/0                rol Eb,CL           r=oc w=c u=o interpreted
    C1/0                rol Ev,Ib           r=oc w=c u=o 186
    D1/0                rol Ev,1            w=oc
    D3/0                rol Ev,CL           r=oc w=c u=o
    C0/1                ror Eb,Ib           r=oc w=c u=o 186
    D0/1                ror Eb,1            w=oc
    D2/1                ror Eb,CL           r=oc w=c u=o interpreted
    C1/1                ror Ev,Ib           r=oc w=c u=o 186
    D1/1                ror Ev,1            w=oc
    D3/1                ror Ev,CL           r=oc w=c u=o
    C0/2                rcl Eb,Ib           r=oc w=c u=o 186
    D0/2                rcl Eb,1            r=c w=oc
    D2/2                rcl Eb,CL           r=oc w=c u=o interpreted
    C1/2                rcl Ev,Ib           r=oc w=c u=o 186
    D1/2                rcl Ev,1            r=c w=oc
    D3/2                rcl Ev,CL           r=oc w=c u=o interpreted
    C0/3                rcr Eb,Ib           r=oc w=c u=o 186
    D0/3                rcr Eb,1            r=c w=oc
    D2/3                rcr Eb,CL           r=oc w=c u=o interpreted
    C1/3                rcr Ev,Ib           r=oc w=c u=o 186
    D1/3                rcr Ev,1            r=c w=oc
    D3/3                rcr Ev,CL           r=oc w=c u=o interpreted
    C0/4 | C0/6         shl Eb,Ib           r=oszapc w=szpc u=oa 186
    D0/4 | D0/6         shl Eb,1            w=oszpc u=a
    D2/4 | D2/6         shl Eb,CL           r=oszapc w=szpc u=oa
    C1/4 | C1/6         shl Ev,Ib           r=oszapc w=szpc u=oa 186
    D1/4 | D1/6         shl Ev,1            w=oszpc u=a
    D3/4 | D3/6         shl Ev,CL           r=oszapc w=szpc u=oa
    C0/5                shr Eb,Ib           r=oszapc w=szpc u=oa 186
    D0/5                shr Eb,1            w=oszpc u=a
    D2/5                shr Eb,CL           r=oszapc w=szpc u=oa
    C1/5                shr Ev,Ib           r=oszapc w=szpc u=oa 186
    D1/5                shr Ev,1            w=oszpc u=a
    D3/5                shr Ev,CL           r=oszapc w=szpc u=oa
    C0/7                sar Eb,Ib           r=oszapc w=szpc u=oa 186
    D0/7                sar Eb,1            w=oszpc u=a
    D2/7                sar Eb,CL           r=oszapc w=szpc u=oa
    C1/7                sar Ev,Ib           r=oszapc w=szpc u=oa 186
    D1/7                sar Ev,1            w=oszpc u=a
    D3/7                sar Ev,CL           r=oszapc w=szpc u=oa

    40+r                inc Zv              w=oszap
    48+r                dec Zv              w=oszap
    FE/0                inc Eb              w=oszap lock
    FF/0                inc Ev              w=oszap lock
    FE/1                dec Eb              w=oszap lock
    FF/1                dec Ev              w=oszap lock
    84                  test Eb,Gb          w=oszpc u=a
    85                  test Ev,Gv          w=oszpc u=a
    A8                  test AL,Ib          w=oszpc u=a
    A9                  test eAX,Iz         w=oszpc u=a
    F6/0 | F6/1         test Eb,Ib          w=oszpc u=a
    F7/0 | F7/1         test Ev,Iz          w=oszpc u=a
    F6/2                not Eb              lock
    F7/2                not Ev              lock
    F6/3                neg Eb              w=oszapc lock
    F7/3                neg Ev              w=oszapc lock
    F6/4                mul Eb              w=oc u=szap
    F7/4                mul Ev              w=oc u=szap
    F6/5                imul Eb             w=oc u=szap
    F7/5                imul Ev             w=oc u=szap
    F6/6                div Eb              u=oszapc
    F7/6                div Ev              u=oszapc
    F6/7                idiv Eb             u=oszapc interpreted
    F7/7                idiv Ev             u=oszapc
    69                  imul Gv,Ev,Iz       w=oc u=szap 186
    6B                  imul Gv,Ev,sIb      w=oc u=szap 186
    27                  daa                 r=ac w=szapc u=o interpreted
    2F                  das                 r=ac w=szapc u=o interpreted
    37                  aaa                 r=a w=ac u=oszp interpreted
    3F                  aas                 r=a w=ac u=oszp interpreted
    D4                  aam Ib              w=szp u=oac interpreted
    D5                  aad Ib              w=szp u=oac interpreted
    98                  cbw
    99                  cwd
`,
);
