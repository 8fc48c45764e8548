/**
 * A virtio block device (Virtual I/O Device 1.2, 5.2) on a block backend.
 *
 * What holds: no request touches a sector outside the disk; data moves in pieces of bounded size, however much a
 * request asks for; a driver that does not know of flushes gets its writes on the host's disk one by one.
 */
import { type BlockBackend, SECTOR_SIZE } from '../block-backend.ts';
import type { BlockOperation, BlockQueue } from '../block-queue.ts';
import type { GuestMemory } from '../guest-memory.ts';
import { gather, scatter, slice, totalLength } from './segments.ts';
import { type Chain, QUEUE_SIZE, type Segment } from './split-queue.ts';
import { VirtioDevice } from './virtio-device.ts';

/** Features. */
const SEG_MAX = 1 << 2;
const READ_ONLY = 1 << 5;
const BLOCK_SIZE = 1 << 6;
const FLUSH = 1 << 9;
/** Requests. */
const IN = 0;
const OUT = 1;
const FLUSH_REQUEST = 4;
const GET_ID = 8;
/** Status of a request. */
const OK = 0;
const IO_ERROR = 1;
const UNSUPPORTED = 2;
const HEADER = 16;
const ID_LENGTH = 20;
/** Bytes that are moved at once. */
const PIECE = 256 * 1024;

interface Request {
  readonly chain: Chain;
  readonly type: number;
  readonly sector: number;
  readonly data: readonly Segment[];
  readonly length: number;
  readonly status: Segment;
}

export class VirtioBlock extends VirtioDevice {
  readonly type = 2;
  readonly classCode = 0x010000;
  readonly config = new Uint8Array(60);
  private readonly backend: BlockBackend;
  private readonly queue: BlockQueue;
  private readonly serial: string;
  private readonly underWay = new Set<BlockOperation>();

  constructor(memory: GuestMemory, backend: BlockBackend, queue: BlockQueue, serial: string) {
    super(memory, 1, SEG_MAX | BLOCK_SIZE | FLUSH | (backend.readOnly ? READ_ONLY : 0));
    this.backend = backend;
    this.queue = queue;
    this.serial = serial;
    const view = new DataView(this.config.buffer);
    view.setUint32(0, backend.sectors % 2 ** 32, true);
    view.setUint32(4, Math.floor(backend.sectors / 2 ** 32), true);
    view.setUint32(12, QUEUE_SIZE - 2, true);
    view.setUint32(20, SECTOR_SIZE, true);
  }

  protected whenReset(): void {
    for (const operation of this.underWay) operation.cancel();
    this.underWay.clear();
  }

  protected handle(chain: Chain): void {
    const request = this.parse(chain);
    if (request === undefined) return this.breakDown();
    const { type, sector, length } = request;
    if (type === FLUSH_REQUEST) return this.flush(request, 1);
    if (type === GET_ID) return this.giveId(request);
    if (type !== IN && type !== OUT) return this.end(request, UNSUPPORTED, 1);
    const refused = type === OUT && this.backend.readOnly;
    if (refused || length % SECTOR_SIZE !== 0 || sector + length / SECTOR_SIZE > this.backend.sectors) {
      return this.end(request, IO_ERROR, 1);
    }
    if (type === IN) this.read(request, 0);
    else this.write(request, 0);
  }

  /** Header, data and status, wherever the descriptors cut them. */
  private parse(chain: Chain): Request | undefined {
    const readable = totalLength(chain.readable);
    const writable = totalLength(chain.writable);
    if (readable < HEADER || writable < 1) return undefined;
    const header = gather(this.memory, slice(chain.readable, 0, HEADER), new Uint8Array(HEADER));
    const view = new DataView(header.buffer);
    const type = view.getUint32(0, true);
    const out = type === OUT;
    return {
      chain,
      type,
      sector: view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32,
      data: out ? slice(chain.readable, HEADER, readable - HEADER) : slice(chain.writable, 0, writable - 1),
      length: out ? readable - HEADER : writable - 1,
      status: slice(chain.writable, writable - 1, 1)[0] as Segment,
    };
  }

  private read(request: Request, from: number): void {
    const piece = slice(request.data, from, PIECE);
    const data = new Uint8Array(totalLength(piece));
    if (data.length === 0) return this.end(request, OK, request.length + 1);
    this.operate(
      (finish) => this.queue.read(this.backend, request.sector + from / SECTOR_SIZE, data, finish),
      (error) => {
        if (error !== undefined) return this.end(request, IO_ERROR, 1);
        scatter(this.memory, piece, data);
        this.read(request, from + data.length);
      },
    );
  }

  private write(request: Request, from: number): void {
    const piece = slice(request.data, from, PIECE);
    const data = gather(this.memory, piece, new Uint8Array(totalLength(piece)));
    if (data.length === 0) return this.hasAccepted(FLUSH) ? this.end(request, OK, 1) : this.flush(request, 1);
    this.operate(
      (finish) => this.queue.write(this.backend, request.sector + from / SECTOR_SIZE, data, finish),
      (error) => {
        if (error !== undefined) return this.end(request, IO_ERROR, 1);
        this.write(request, from + data.length);
      },
    );
  }

  private flush(request: Request, written: number): void {
    this.operate(
      (finish) => this.queue.flush(this.backend, finish),
      (error) => this.end(request, error === undefined ? OK : IO_ERROR, written),
    );
  }

  private giveId(request: Request): void {
    const id = new Uint8Array(ID_LENGTH);
    id.set(new TextEncoder().encode(this.serial).subarray(0, ID_LENGTH));
    const length = Math.min(ID_LENGTH, request.length);
    scatter(this.memory, slice(request.data, 0, length), id);
    this.end(request, OK, length + 1);
  }

  private operate(start: (finish: (error?: Error) => void) => BlockOperation, then: (error?: Error) => void): void {
    const operation = start((error) => {
      this.underWay.delete(operation);
      then(error);
    });
    this.underWay.add(operation);
  }

  private end(request: Request, status: number, written: number): void {
    this.memory.write(request.status.address, Uint8Array.of(status));
    this.finish(request.chain, 0, written);
  }
}
