/**
 * Where iced-x86 and our decoder differ on purpose, each with its reason.
 * Whatever is not listed here must agree to the letter.
 */

/**
 * Encodings that are instructions to iced-x86 and undefined (#UD) to us: they came after SSE4.2, belong to other makers'
 * processors, or are virtualisation and power-on features that the guest's processor does not have.
 */
export const NOT_OUR_CPU: Readonly<Record<string, string>> = {
  'TSX (2013)': 'xabort xbegin xend xtest xsusldtrk xresldtrk',
  'SGX (2015)': 'encls enclu enclv',
  'VMX: the guest sees no nested virtualisation':
    'vmcall vmlaunch vmresume vmxoff vmfunc vmread vmwrite vmptrld vmptrst vmclear vmxon invept invvpid',
  'SVM (AMD)': 'vmrun vmmcall vmload vmsave stgi clgi skinit invlpga invlpgb tlbsync vmgexit',
  'SMX, TDX, HRESET': 'getsec tdcall seamcall seamret seamops hreset',
  'XSAVE (2008)': 'xgetbv xsetbv xsave xrstor xsaveopt xsavec xsaves xrstors',
  'SMAP, PKU, PCID (2010 and later)': 'clac stac rdpkru wrpkru invpcid',
  'RDTSCP, RDRAND and others of the kind (2006 and later)':
    'rdtscp rdpid rdrand rdseed ptwrite serialize pconfig wrmsrns',
  'AMD only: SYSCALL in 32-bit code, 3DNow!, SSE4a and others':
    'syscall sysret femms extrq insertq movntss movntsd monitorx mwaitx clzero rdpru mcommit',
  'Cache-line and waiting instructions after CLFLUSH (2015 and later)':
    'clflushopt clwb umonitor umwait tpause movdiri movdir64b enqcmd enqcmds',
  'CET shadow stacks (2020)': 'clrssbsy incsspd rstorssp saveprevssp setssbsy wrssd wrussd',
  'AES, PCLMULQDQ, SHA, GFNI (2010 and later)':
    'aesimc aesenc aesenclast aesdec aesdeclast aeskeygenassist pclmulqdq sha1nexte sha1msg1 sha1msg2 sha1rnds4 ' +
    'sha256rnds2 sha256msg1 sha256msg2 gf2p8mulb gf2p8affineqb gf2p8affineinvqb',
  'Key Locker (2020)':
    'loadiwkey encodekey128 encodekey256 aesenc128kl aesenc256kl aesdec128kl aesdec256kl aesencwide128kl ' +
    'aesencwide256kl aesdecwide128kl aesdecwide256kl',
  'ADX, RAO-INT': 'adcx adox aadd aand axor aor',
};

/**
 * Opcodes that begin VEX, EVEX and XOP (what is left of LES, LDS, BOUND and POP is
 * defined), 0F 0F, and the two opcodes that VIA's PadLock took.
 */
export const NEW_ENCODINGS: Readonly<Record<string, string>> = {
  c4: 'VEX, three bytes',
  c5: 'VEX, two bytes',
  '62': 'EVEX',
  '8f': 'XOP',
  '0f0f': '3DNow!',
  '0fa6': 'PadLock',
  '0fa7': 'PadLock',
};

/** A difference in writing: iced's text is changed by it before the texts are compared. */
export interface Rewrite {
  readonly reason: string;
  /** Only for these mnemonics of the table; for all when left out. */
  readonly only?: readonly string[];
  /** Only in code of this size; in both when left out. */
  readonly code32?: boolean;
  readonly from: RegExp;
  readonly to: string;
}

const STRINGS: readonly string[] = ['movs', 'cmps', 'stos', 'lods', 'scas', 'ins', 'outs', 'xlat'];

export const REWRITES: readonly Rewrite[] = [
  {
    reason: 'prefixes that mean nothing to a processor of this age are not printed',
    from: /^((?:data(?:16|32) )?)(?:(?:bnd|notrack|xacquire|xrelease|hint-taken|hint-not-taken) )+/,
    to: '$1',
  },
  { reason: 'REP before RET does nothing', only: ['ret'], from: /\brep /, to: '' },
  { reason: 'the top of the x87 stack is st(0) wherever it is written', from: /\bst\b(?!\()/g, to: 'st(0)' },
  { reason: 'FSTPNCE has one operand, as FSTP', only: ['fstpnce'], from: /,st\(0\)$/, to: '' },
  { reason: 'far pointers are written selector:offset', from: / far (0x\w+|\d),(0x\w+|\d)$/, to: ' far $2:$1' },
  {
    reason: 'the size of a far pointer tells the operand size',
    only: ['callf', 'jmpf'],
    from: /^data(?:16|32) /,
    to: '',
  },
  { reason: 'retf, as in the SDM', only: ['retf'], from: /\bret far/, to: 'retf' },
  {
    reason: 'the reg field of a hint NOP is no operand',
    only: ['nop'],
    from: /^(nop .*),e?(?:[abcd]x|[sb]p|[sd]i)$/,
    to: '$1',
  },
  { reason: '66 90 exchanges (E)AX with itself: a NOP', only: ['nop'], from: /^xchg (e?ax),\1$/, to: 'nop' },
  {
    reason: 'x87 images carry no size',
    only: ['fldenv', 'fnstenv', 'frstor', 'fnsave'],
    from: /fpu(?:env14|env28|state94|state108) ptr /,
    to: '',
  },
  {
    reason: 'the width of the offset in A0 to A3 tells the address size',
    only: ['mov'],
    from: /^addr(?:16|32) /,
    to: '',
  },
  { reason: 'the destination of a string instruction is always in ES', only: STRINGS, from: /es:(\[e?di\])/, to: '$1' },
  {
    reason: 'the usual operands of string instructions are left away',
    only: STRINGS,
    code32: true,
    from: /^((?:rep |repe |repne )?\w+) (?:dx,)?\w+ ptr \[e..\](?:,\w+ ptr \[e..\])?(?:,dx)?$/,
    to: '$1',
  },
  {
    reason: 'the same in 16-bit code',
    only: STRINGS,
    code32: false,
    from: /^((?:rep |repe |repne )?\w+) (?:dx,)?\w+ ptr \[..\](?:,\w+ ptr \[..\])?(?:,dx)?$/,
    to: '$1',
  },
  { reason: 'XLATB is what XLAT without operands is called', only: ['xlat'], from: /^xlat$/, to: 'xlatb' },
  {
    reason: 'MASKMOV has its segment in front',
    only: ['maskmovq', 'maskmovdqu'],
    from: /^(.*)(maskmov.*),([c-gs]s)$/,
    to: '$1$3 $2',
  },
  { reason: 'the implied XMM0 is printed', only: ['pblendvb', 'blendvps', 'blendvpd'], from: /$/, to: ',xmm0' },
  {
    reason: '16-bit LGDT and the like print as such: they load a base of 24 bits',
    only: ['lgdt', 'lidt', 'sgdt', 'sidt'],
    code32: true,
    from: /^/,
    to: 'data16 ',
  },
  {
    reason: 'the same in 16-bit code',
    only: ['lgdt', 'lidt', 'sgdt', 'sidt'],
    code32: false,
    from: /^/,
    to: 'data32 ',
  },
];
