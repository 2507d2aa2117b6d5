// A program: a file that behaves like a disk with a volatile cache. What was not flushed (fsync) is in memory
// only, and lost when the power is cut. It speaks the kernel's FUSE protocol itself: one file needs a dozen of its messages.
//
//   node forgetful-device.ts <store> <file>
//
// `store` has what was flushed; `file` is the mount point. Commands on stdin: `cut <share> <blocks> <seed>` waits until so many
// blocks are not flushed, keeps that share of them, drops the rest, and fails every later request.
import { execFileSync } from 'node:child_process';
import { fstatSync, openSync, promises, readSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { randomOf } from '../../faults/random.ts';

const BLOCK = 4_096;
const MAX_WRITE = 128 * 1_024;

const [storePath = '', file = ''] = process.argv.slice(2);
const store = openSync(storePath, 'r+');
const { size } = fstatSync(store);

/** Blocks written since the last flush, by number. */
const unflushed = new Map<number, Buffer>();
let hasPower = true;

const readBlock = (number: number): Buffer => {
  const cached = unflushed.get(number);
  if (cached) return cached;
  const block = Buffer.alloc(BLOCK);
  readSync(store, block, 0, BLOCK, number * BLOCK);
  return block;
};

/** Calls `work` for each block of the range with its part of it. */
const eachBlock = (
  offset: number,
  length: number,
  work: (block: number, from: number, to: number, at: number) => void,
) => {
  for (let at = 0; at < length;) {
    const from = (offset + at) % BLOCK;
    const to = Math.min(BLOCK, from + length - at);
    work(Math.floor((offset + at) / BLOCK), from, to, at);
    at += to - from;
  }
};

const read = (offset: number, length: number): Buffer => {
  const data = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
  eachBlock(offset, data.length, (block, from, to, at) => readBlock(block).copy(data, at, from, to));
  return data;
};

const flush = (): void => {
  for (const [number, block] of unflushed) writeSync(store, block, 0, BLOCK, number * BLOCK);
  unflushed.clear();
};

let cutAt: { readonly share: number; readonly blocks: number; readonly seed: string } | undefined;

/** Cuts the power if requested and enough was written. */
const cutIfDue = (): void => {
  if (!cutAt || unflushed.size < cutAt.blocks) return;
  const random = randomOf(cutAt.seed);
  const { share } = cutAt;
  const written = unflushed.size;
  for (const number of [...unflushed.keys()]) if (!random.chance(share)) unflushed.delete(number);
  const kept = unflushed.size;
  flush();
  [hasPower, cutAt] = [false, undefined];
  process.stdout.write(`cut ${written - kept} ${kept}\n`);
};

const write = (offset: number, data: Buffer): void =>
  eachBlock(offset, data.length, (number, from, to, at) => {
    const isWhole = to - from === BLOCK;
    const block = isWhole ? Buffer.alloc(BLOCK) : Buffer.from(readBlock(number));
    data.copy(block, from, at, at + to - from);
    unflushed.set(number, block);
  });

const [EIO, ENOSYS] = [5, 38];
const [
  INIT,
  FORGET,
  GETATTR,
  SETATTR,
  OPEN,
  READ,
  WRITE,
  STATFS,
  RELEASE,
  FSYNC,
  FLUSH,
  INTERRUPT,
  DESTROY,
  BATCH_FORGET,
] = [26, 2, 3, 4, 14, 15, 16, 17, 18, 20, 25, 36, 38, 42];
const silent = [FORGET, INTERRUPT, BATCH_FORGET];
const A_FILE = 0o100600;

const attributes = (): Buffer => {
  const out = Buffer.alloc(104);
  out.writeBigUInt64LE(1n, 16); // ino
  out.writeBigUInt64LE(BigInt(size), 24);
  out.writeBigUInt64LE(BigInt(size / 512), 32);
  out.writeUInt32LE(A_FILE, 76);
  out.writeUInt32LE(1, 80); // nlink
  out.writeUInt32LE(BLOCK, 96);
  return out;
};

const greeting = (asked: Buffer): Buffer => {
  const BIG_WRITES = 1 << 5;
  const MAX_PAGES = 1 << 22;
  const out = Buffer.alloc(64);
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(31, 4);
  out.writeUInt32LE(asked.readUInt32LE(8), 8); // max_readahead
  out.writeUInt32LE(BIG_WRITES | MAX_PAGES, 12);
  out.writeUInt16LE(12, 16); // max_background
  out.writeUInt16LE(9, 18); // congestion_threshold
  out.writeUInt32LE(MAX_WRITE, 20);
  out.writeUInt32LE(1, 24); // time_gran
  out.writeUInt16LE(MAX_WRITE / 4_096, 28); // max_pages
  return out;
};

/** The answer to a message of the kernel: its body, or the number of an error. */
const answer = (opcode: number, body: Buffer): Buffer | number => {
  if (opcode === INIT) return greeting(body);
  if (opcode === GETATTR || opcode === SETATTR) return attributes();
  if (opcode === OPEN) return Buffer.alloc(16);
  if (opcode === STATFS) return Buffer.alloc(80);
  if (opcode === RELEASE || opcode === FLUSH || opcode === DESTROY) return Buffer.alloc(0);
  if (!hasPower) return EIO;
  if (opcode === READ) return read(Number(body.readBigUInt64LE(8)), body.readUInt32LE(16));
  if (opcode === FSYNC) {
    flush();
    return Buffer.alloc(0);
  }
  if (opcode !== WRITE) return ENOSYS;
  const length = body.readUInt32LE(16);
  write(Number(body.readBigUInt64LE(8)), body.subarray(40, 40 + length));
  cutIfDue();
  const out = Buffer.alloc(8);
  out.writeUInt32LE(length, 0);
  return out;
};

const fuse = await promises.open('/dev/fuse', 'r+');

const reply = (unique: bigint, result: Buffer | number): Promise<unknown> => {
  const [error, body] = typeof result === 'number' ? [-result, Buffer.alloc(0)] : [0, result];
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeInt32LE(error, 4);
  head.writeBigUInt64LE(unique, 8);
  return fuse.write(Buffer.concat([head, body]));
};

const HEAD = 40;

const serve = async (): Promise<void> => {
  const buffer = Buffer.alloc(MAX_WRITE + 8_192);
  for (;;) {
    const { bytesRead } = await fuse.read(buffer, 0, buffer.length, null);
    const opcode = buffer.readUInt32LE(4);
    const unique = buffer.readBigUInt64LE(8);
    const result = silent.includes(opcode) ? null : answer(opcode, buffer.subarray(HEAD, bytesRead));
    if (result !== null) await reply(unique, result);
  }
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const [, share = '', blocks = '', seed = ''] = /^cut (\S+) (\S+) (.*)$/.exec(line) ?? [];
  cutAt = { share: Number(share), blocks: Number(blocks), seed };
  cutIfDue();
});

const options = `fd=3,rootmode=${A_FILE.toString(8)},user_id=0,group_id=0,allow_other`;
execFileSync('mount', ['-i', '-t', 'fuse', '-o', options, 'forgetful-device', file], {
  stdio: ['ignore', 'inherit', 'inherit', fuse.fd],
});
process.stdout.write('mounted\n');
// unmounted: ENODEV
await serve().catch(() => process.exit(0));
