/**
 * What a hard disk and a CD-ROM drive have in common as devices of an IDE
 * channel: registers, the data port with its blocks, direct memory access, interrupts.
 *
 * What holds: outside of a data phase the data port is harmless; a reset forgets whatever was under
 * way; data phases are bounded by the buffers that a command made.
 */
import type { BlockBackend, BlockDone } from './block-backend.ts';
import type { BlockOperation, BlockQueue } from './block-queue.ts';
import { ABRT, BSY, DRDY, DRQ, DSC, ERR, TaskFile } from './ide-taskfile.ts';

/** The channel as its drives see it. */
export interface DriveHost {
  /** The drive's interrupt has changed. */
  interruptChanged(): void;
  /** Takes up direct memory access where both sides are ready for it. */
  dmaReady(): void;
}

/** Moves bytes between a drive and memory, as far as the host's table of regions goes. Returns how many. */
export interface DmaPort {
  toMemory(data: Uint8Array): number;
  fromMemory(target: Uint8Array): number;
}

interface DmaPhase {
  readonly data: Uint8Array;
  readonly toMemory: boolean;
  done: number;
  readonly then: () => void;
}

export abstract class IdeDrive {
  readonly task = new TaskFile();
  /** INTRQ, as far as this drive goes. */
  interrupt = false;
  host: DriveHost | undefined;
  protected readonly queue: BlockQueue;
  private operation: BlockOperation | undefined;
  private buffer: Uint8Array = new Uint8Array(0);
  private position = 0;
  private blockEnd = 0;
  private blockSize = 0;
  private toHost = false;
  private whenDrained: (() => void) | undefined;
  private dma: DmaPhase | undefined;

  constructor(queue: BlockQueue) {
    this.queue = queue;
  }

  /** Carries out a command. */
  abstract command(code: number): void;
  /** After a reset of any kind. */
  protected abstract whenReset(): void;
  /** A block for the host is ready, or (`out`) wanted from it. */
  protected blockReady(_out: boolean, _size: number): void {}

  /** Whether the drive waits for direct memory access. */
  get wantsDma(): boolean {
    return this.dma !== undefined;
  }

  /** Power-on or software reset. */
  reset(): void {
    this.abandon();
    this.clearInterrupt();
    this.whenReset();
  }

  /** Held in reset: busy until the host lets go. */
  hold(): void {
    this.reset();
    this.task.status = BSY;
  }

  /** Reading the status register takes the interrupt away. */
  clearInterrupt(): void {
    if (!this.interrupt) return;
    this.interrupt = false;
    this.host?.interruptChanged();
  }

  readData(size: number): number {
    let value = 0;
    if (this.buffer.length === 0 || !this.toHost) return value;
    for (let i = 0; i < size; i++) value |= (this.buffer[this.position + i] ?? 0) << (i * 8);
    this.advance(size);
    return value >>> 0;
  }

  writeData(value: number, size: number): void {
    if (this.buffer.length === 0 || this.toHost) return;
    for (let i = 0; i < size && this.position + i < this.blockEnd; i++)
      this.buffer[this.position + i] = value >>> (i * 8);
    this.advance(size);
  }

  /** Moves what can be moved; the channel calls it while its bus master is on. */
  runDma(port: DmaPort): void {
    const { dma } = this;
    if (dma === undefined) return;
    const rest = dma.data.subarray(dma.done);
    dma.done += dma.toMemory ? port.toMemory(rest) : port.fromMemory(rest);
    if (dma.done < dma.data.length) return;
    this.dma = undefined;
    dma.then();
  }

  // ---- what commands are made of ----------------------------------------------------------------

  /** Forgets what is under way. */
  protected abandon(): void {
    this.operation?.cancel();
    this.operation = undefined;
    this.dma = undefined;
    this.endData();
  }

  protected raiseInterrupt(): void {
    this.interrupt = true;
    this.host?.interruptChanged();
  }

  /** The end of a command that went well. */
  protected succeed(): void {
    this.task.error = 0;
    this.task.status = DRDY | DSC;
    this.raiseInterrupt();
  }

  /** The end of one that did not. */
  protected fail(error: number, status = 0): void {
    this.abandon();
    this.task.error = error;
    this.task.status = DRDY | DSC | ERR | status;
    this.raiseInterrupt();
  }

  protected abort(): void {
    this.fail(ABRT);
  }

  /** Reads sectors; busy until then. */
  protected readBlocks(backend: BlockBackend, sector: number, target: Uint8Array, then: BlockDone): void {
    this.task.status = DRDY | DSC | BSY;
    this.operation = this.queue.read(backend, sector, target, this.over(then));
  }

  protected writeBlocks(backend: BlockBackend, sector: number, data: Uint8Array, then: BlockDone): void {
    this.task.status = DRDY | DSC | BSY;
    this.operation = this.queue.write(backend, sector, data, this.over(then));
  }

  protected flushBlocks(backend: BlockBackend, then: BlockDone): void {
    this.task.status = DRDY | DSC | BSY;
    this.operation = this.queue.flush(backend, this.over(then));
  }

  /** Busy for as long as moving so many bytes takes. */
  protected beBusy(bytes: number, then: () => void): void {
    this.task.status = DRDY | DSC | BSY;
    this.operation = this.queue.wait(bytes, this.over(then));
  }

  /** Gives `data` to the host through the data port, an interrupt for each block of `blockSize` bytes. */
  protected sendData(data: Uint8Array, blockSize: number, then: () => void): void {
    this.beginData(data, blockSize, true, then);
    this.task.status = DRDY | DSC | DRQ;
    this.blockReady(false, this.blockEnd);
    this.raiseInterrupt();
  }

  /** Takes a block from the host. @param interrupt whether the host is told that it is wanted */
  protected receiveData(target: Uint8Array, interrupt: boolean, then: () => void): void {
    this.beginData(target, target.length, false, then);
    this.task.status = DRDY | DSC | DRQ;
    this.blockReady(true, target.length);
    if (interrupt) this.raiseInterrupt();
  }

  /** Moves `data` by direct memory access, as soon as the host has set that up. */
  protected transferDma(data: Uint8Array, toMemory: boolean, then: () => void): void {
    this.task.status = DRDY | DSC | DRQ;
    this.dma = { data, toMemory, done: 0, then };
    this.host?.dmaReady();
  }

  private over(then: BlockDone): BlockDone {
    return (error) => {
      this.operation = undefined;
      then(error);
    };
  }

  private beginData(buffer: Uint8Array, blockSize: number, toHost: boolean, then: () => void): void {
    this.buffer = buffer;
    this.position = 0;
    this.blockSize = blockSize;
    this.blockEnd = Math.min(blockSize, buffer.length);
    this.toHost = toHost;
    this.whenDrained = then;
  }

  private endData(): void {
    this.buffer = new Uint8Array(0);
    this.position = 0;
    this.blockEnd = 0;
    this.whenDrained = undefined;
  }

  private advance(size: number): void {
    this.position += size;
    if (this.position < this.blockEnd) return;
    this.position = this.blockEnd;
    if (this.blockEnd === this.buffer.length) {
      const then = this.whenDrained;
      this.endData();
      then?.();
      return;
    }
    this.blockEnd = Math.min(this.blockEnd + this.blockSize, this.buffer.length);
    this.blockReady(!this.toHost, this.blockEnd - this.position);
    this.raiseInterrupt();
  }
}
