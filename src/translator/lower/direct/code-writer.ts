/** Writes the expressions of a function as WebAssembly code (core specification 5.4): operands first, labels as depths. */
import { LANE_STORES } from '../memory-operations.ts';
import type { ByteSink } from './byte-sink.ts';
import { K, NO_LABEL, type Nodes, ON_STACK } from './nodes.ts';

/** An `if`, which is a label that nothing branches to. */
const ANONYMOUS = -2;
const VOID = 0x40;

export class CodeWriter {
  private readonly nodes: Nodes;
  private readonly out: ByteSink;
  /** Indices of functions in the module, by their number among those called. */
  private readonly functions: readonly number[];
  private readonly labels: number[] = [];

  constructor(nodes: Nodes, out: ByteSink, functions: readonly number[]) {
    this.nodes = nodes;
    this.out = out;
    this.functions = functions;
  }

  private opcode(opcode: number): void {
    const { out } = this;
    if (opcode > 0xff) {
      out.byte(opcode >>> 16);
      out.unsigned(opcode & 0xffff);
    } else {
      out.byte(opcode);
    }
  }

  private branch(opcode: number, label: number): void {
    this.out.byte(opcode);
    this.out.unsigned(this.depth(label));
  }

  private depth(label: number): number {
    for (let n = this.labels.length - 1; n >= 0; n--) if (this.labels[n] === label) return this.labels.length - 1 - n;
    throw new Error(`code: branch to label ${label}, which does not enclose it`);
  }

  /** Writes an expression and what it is made of. */
  write(at: number): void {
    if (at === ON_STACK) return;
    const { out } = this;
    const { words } = this.nodes;
    const head = words[at]!;
    const opcode = head >>> 8;
    switch (head & 0xff) {
      case K.Const:
        out.byte(0x41);
        out.signed(words[at + 1]!);
        break;
      case K.Const64:
        out.byte(0x42);
        out.signed64(this.nodes.longs[words[at + 1]!]!);
        break;
      case K.Float: {
        const value = this.nodes.floats[words[at + 1]!]!;
        out.byte(opcode);
        if (opcode === 0x43) out.f32(value);
        else out.f64(value);
        break;
      }
      case K.Bytes:
        for (let n = 0; n < words[at + 2]!; n++) this.write(words[at + 3 + n]!);
        this.opcode(opcode);
        out.append(this.nodes.immediates[words[at + 1]!]!);
        break;
      case K.Get:
        out.byte(0x20);
        out.unsigned(words[at + 1]!);
        break;
      case K.Set:
      case K.Tee:
        this.write(words[at + 2]!);
        out.byte((head & 0xff) === K.Set ? 0x21 : 0x22);
        out.unsigned(words[at + 1]!);
        break;
      case K.Plain3:
        this.write(words[at + 1]!);
        this.write(words[at + 2]!);
        this.write(words[at + 3]!);
        this.opcode(opcode);
        break;
      case K.Plain2:
        this.write(words[at + 1]!);
        this.write(words[at + 2]!);
        this.opcode(opcode);
        break;
      case K.Plain1:
        this.write(words[at + 1]!);
        this.opcode(opcode);
        break;
      case K.Lane2:
      case K.Lane1:
        this.write(words[at + 2]!);
        if ((head & 0xff) === K.Lane2) this.write(words[at + 3]!);
        this.opcode(opcode);
        out.byte(words[at + 1]!);
        break;
      case K.Store:
      case K.Load:
        this.write(words[at + 3]!);
        if ((head & 0xff) === K.Store) this.write(words[at + 4]!);
        this.opcode(opcode);
        out.unsigned(words[at + 2]!);
        out.unsigned(words[at + 1]!);
        if (opcode > 0xff && LANE_STORES.includes(opcode)) out.byte(0);
        break;
      case K.Drop:
        this.write(words[at + 1]!);
        out.byte(0x1a);
        break;
      case K.Alone:
        out.byte(opcode);
        break;
      default:
        this.control(at, head & 0xff);
    }
  }

  private control(at: number, kind: number): void {
    const { out, labels } = this;
    const { words } = this.nodes;
    switch (kind) {
      case K.If:
        this.write(words[at + 1]!);
        out.byte(0x04);
        out.byte(words[at]! >>> 8);
        labels.push(ANONYMOUS);
        this.write(words[at + 2]!);
        if (words[at + 3] !== 0) {
          out.byte(0x05);
          this.write(words[at + 3]!);
        }
        labels.pop();
        out.byte(0x0b);
        break;
      case K.Block: {
        const label = words[at + 1]!;
        if (label !== NO_LABEL) {
          out.byte(0x02);
          out.byte(VOID);
          labels.push(label);
        }
        const end = at + 3 + words[at + 2]!;
        for (let n = at + 3; n < end; n++) this.write(words[n]!);
        if (label !== NO_LABEL) {
          labels.pop();
          out.byte(0x0b);
        }
        break;
      }
      case K.Loop:
        out.byte(0x03);
        out.byte(VOID);
        labels.push(words[at + 1]!);
        this.write(words[at + 2]!);
        labels.pop();
        out.byte(0x0b);
        break;
      case K.Br:
        this.branch(0x0c, words[at + 1]!);
        break;
      case K.BrIf:
        this.write(words[at + 2]!);
        this.branch(0x0d, words[at + 1]!);
        break;
      case K.Switch: {
        // The list is: index, then labels.
        const count = words[at + 2]! - 1;
        this.write(words[at + 3]!);
        out.byte(0x0e);
        out.unsigned(count);
        for (let n = 0; n < count; n++) out.unsigned(this.depth(words[at + 4 + n]!));
        out.unsigned(this.depth(words[at + 1]!));
        break;
      }
      case K.Call:
      case K.ReturnCall: {
        const end = at + 3 + words[at + 2]!;
        for (let n = at + 3; n < end; n++) this.write(words[n]!);
        out.byte(kind === K.Call ? 0x10 : 0x12);
        out.unsigned(this.functions[words[at + 1]!]!);
        break;
      }
      default:
        throw new Error(`code: no expression at ${at}`);
    }
  }
}
