import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { isCommit, openTcpProxy, type ProxyOptions, type TcpProxy } from './tcp-proxy.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** The bytes that arrive at a socket, and how it ended. */
const watch = (socket: Socket) => {
  const seen = { bytes: Buffer.alloc(0), chunks: 0, end: 'open' };
  socket
    .on('data', (chunk: Buffer) => {
      seen.bytes = Buffer.concat([seen.bytes, chunk]);
      seen.chunks += 1;
    })
    .on('end', () => (seen.end = 'FIN'))
    .on('error', (error: NodeJS.ErrnoException) => (seen.end = error.code ?? error.message));
  return seen;
};

/** Sends its name to each client, then echoes. */
const startServer = async (name = '') => {
  const connections: { socket: Socket; seen: ReturnType<typeof watch> }[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    connections.push({ socket, seen: watch(socket) });
    socket.write(name);
    socket.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => {
    for (const { socket } of connections) socket.destroy();
    server.close();
  });
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  return { target, connections, last: () => connections.at(-1)?.seen };
};
const openProxy = async (options: ProxyOptions): Promise<TcpProxy> => {
  const proxy = await openTcpProxy(options);
  closing.push(() => proxy.close());
  return proxy;
};
const open = async () => {
  const server = await startServer();
  return { server, proxy: await openProxy({ target: server.target }) };
};
const client = async ({ port }: TcpProxy) => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const seen = watch(socket);
  closing.push(() => socket.destroy());
  await once(socket, 'connect');
  return { socket, seen };
};
const connected = async ({ server, proxy }: Awaited<ReturnType<typeof open>>) => {
  const mine = await client(proxy);
  mine.socket.write('hello');
  await eventually(() => mine.seen.bytes.toString() === 'hello', { every: 5 });
  return { ...mine, server: server.connections.at(-1) as (typeof server.connections)[number] };
};
const lots = Buffer.from(Array.from({ length: 40_000 }, (_, index) => (index * 7) % 251));
const says = (seen: { bytes: Buffer }, text: string) => eventually(() => seen.bytes.toString() === text, { every: 5 });
/** How many of 50 MiB the sender can send; the buffers of system and proxy take less than 20. */
const takenOf50MiB = async (socket: Socket): Promise<number> => {
  let [taken, before] = [0, -1];
  const send = (): unknown =>
    taken < 50 &&
    socket.write(Buffer.alloc(1_048_576), () => {
      taken += 1;
      send();
    });
  send();
  await eventually(() => taken === before || ((before = taken), false), { every: 90 });
  return taken;
};
/** Long enough for everything to pass that passes. */
const aWhile = (ms = 60) => new Promise((resolve) => setTimeout(resolve, ms));

describe('plain forwarding', () => {
  test('keeps the bytes of a large stream, also to a reader that is slower', async () => {
    const { proxy } = await open();
    const { socket, seen } = await client(proxy);
    const megabytes = Buffer.concat(Array.from({ length: 60 }, () => lots));
    socket.pause();
    socket.end(megabytes);
    await aWhile();
    socket.resume();
    await eventually(() => seen.end === 'FIN', { every: 5 });
    expect(seen.bytes.equals(megabytes)).toBe(true);
  });

  test('makes the sender wait for a reader that does not read', async () => {
    const sink = createServer({ pauseOnConnect: true }, (socket) => closing.push(() => socket.destroy()));
    await once(sink.listen(0, '127.0.0.1'), 'listening');
    closing.push(() => sink.close());
    const { port } = sink.address() as AddressInfo;
    for (const condition of ['none', 'latency'] as const) {
      const proxy = await openProxy({ target: { host: '127.0.0.1', port } });
      if (condition === 'latency') proxy.latency(1);
      const { socket } = await client(proxy);
      expect(await takenOf50MiB(socket)).toBeLessThan(20);
    }
  });

  test('forwards a half-close while the other side still sends', async () => {
    const world = await open();
    const { socket, seen, server } = await connected(world);
    socket.end('bye');
    await eventually(() => server.seen.end === 'FIN', { every: 5 });
    expect(server.seen.bytes.toString()).toBe('hellobye');
    await eventually(() => seen.end === 'FIN', { every: 5 });
    await eventually(() => world.proxy.connections() === 0, { every: 5 });
  });

  test('forwards a reset', async () => {
    const { socket, server } = await connected(await open());
    socket.resetAndDestroy();
    await eventually(() => server.seen.end === 'ECONNRESET', { every: 5 });
  });

  test('resets clients if the server is down', async () => {
    const proxy = await openProxy({ target: { host: '127.0.0.1', port: 1 } });
    const { seen } = await client(proxy);
    await eventually(() => seen.end === 'ECONNRESET', { every: 5 });
    await eventually(() => proxy.connections() === 0, { every: 5 });
  });

  test('replaces host and port of a URL, and nothing else', async () => {
    const { proxy } = await open();
    const there = (url: string) => proxy.through(url).replace(String(proxy.port), 'PORT');
    expect(there('postgresql://me:p%40ss@db.example:5432/shop?sslmode=disable')).toBe(
      'postgresql://me:p%40ss@127.0.0.1:PORT/shop?sslmode=disable',
    );
    expect(there('amqp://me:secret@broker/%2Fv?heartbeat=8')).toBe('amqp://me:secret@127.0.0.1:PORT/%2Fv?heartbeat=8');
  });
});

describe('a slow network', () => {
  test('delays each chunk by the latency in both directions, and keeps the order whatever the jitter', async () => {
    const server = await startServer();
    let turn = 0;
    const proxy = await openProxy({ target: server.target, random: () => [1, 0, 0.5][turn++ % 3] ?? 0 });
    proxy.latency(40, 30);
    const { socket, seen } = await client(proxy);
    const startedAt = performance.now();
    for (const word of ['one ', 'two ', 'three ']) {
      socket.write(word);
      await aWhile(2);
    }
    await says(seen, 'one two three ');
    expect(performance.now() - startedAt).toBeGreaterThan(75);
  });

  test('slices what is sent', async () => {
    const world = await open();
    world.proxy.slice(100);
    const { socket, seen } = await client(world.proxy);
    socket.write(lots.subarray(0, 5_000));
    await eventually(() => seen.bytes.length === 5_000, { every: 5 });
    expect(seen.bytes.equals(lots.subarray(0, 5_000))).toBe(true);
    expect(seen.chunks).toBeGreaterThan(20);
  });

  test('lets no more bytes pass than its bandwidth', async () => {
    const world = await open();
    world.proxy.bandwidth(50_000);
    const { socket, seen } = await client(world.proxy);
    const startedAt = performance.now();
    socket.write(lots.subarray(0, 20_000));
    await eventually(() => seen.bytes.length === 20_000, { every: 5 });
    expect(performance.now() - startedAt).toBeGreaterThan(350);
  });

  test('passes on late that one side has closed', async () => {
    const world = await open();
    const { socket, server } = await connected(world);
    world.proxy.slowClose(150);
    const startedAt = performance.now();
    socket.end();
    await eventually(() => server.seen.end === 'FIN', { every: 5 });
    expect(performance.now() - startedAt).toBeGreaterThan(140);
  });

  test('that is healed still delivers what was in flight', async () => {
    const world = await open();
    world.proxy.latency(80);
    const { socket, seen } = await client(world.proxy);
    socket.write('late');
    await aWhile(10);
    world.proxy.heal();
    socket.write(' and on time');
    await says(seen, 'late and on time');
  });
});

describe('a black hole', () => {
  test('lets neither bytes nor closes pass, in either direction, and sockets stay open', async () => {
    const world = await open();
    const [first, second] = [await connected(world), await connected(world)];
    world.proxy.blackHole();
    first.socket.write('anybody?');
    first.server.socket.write('anybody?');
    second.socket.resetAndDestroy();
    first.server.socket.end();
    await aWhile();
    expect([first, second].map(({ server }) => [server.seen.bytes.toString(), server.seen.end])).toEqual([
      ['hello', 'open'],
      ['hello', 'open'],
    ]);
    expect([first.seen.bytes.toString(), first.seen.end]).toEqual(['hello', 'open']);
  });

  test('takes from the sender no more than systems buffer', async () => {
    const world = await open();
    const { socket } = await connected(world);
    world.proxy.blackHole();
    expect(await takenOf50MiB(socket)).toBeLessThan(20);
  });

  test('accepts new connections, which the server does not see', async () => {
    const world = await open();
    world.proxy.blackHole();
    const { socket, seen } = await client(world.proxy);
    socket.write('hello');
    await aWhile();
    expect([seen.bytes.length, seen.end, world.server.connections.length]).toEqual([0, 'open', 0]);
    world.proxy.heal();
    await eventually(() => seen.end === 'ECONNRESET', { every: 5 });
  });

  test.each(['up', 'down'] as const)('only %s leaves the other direction alone', async (direction) => {
    const world = await open();
    const before = await connected(world);
    world.proxy.blackHole(direction);
    const mine = await client(world.proxy);
    const pairs = [before, { ...mine, server: await eventually(() => world.server.connections[1]) }];
    for (const { socket, seen, server } of pairs) {
      const [passes, silent] = direction === 'down' ? [server.seen, seen] : [seen, server.seen];
      const [heard, unheard] = [passes.bytes.toString(), silent.bytes.toString()];
      socket.write('from the client');
      server.socket.write('from the server');
      await says(passes, `${heard}${direction === 'down' ? 'from the client' : 'from the server'}`);
      await aWhile(20);
      expect(silent.bytes.toString()).toBe(unheard);
    }
  });

  test('that is healed resets what lost bytes in it, on both sides, and new connections pass', async () => {
    const world = await open();
    const { seen, server } = await connected(world);
    world.proxy.blackHole('up');
    world.proxy.heal();
    await eventually(() => seen.end === 'ECONNRESET' && server.seen.end === 'ECONNRESET', { every: 5 });
    await connected(world);
    expect(world.proxy.connections()).toBe(1);
  });
});

describe('connections', () => {
  test('are reset on both sides', async () => {
    const world = await open();
    const { seen, server } = await connected(world);
    world.proxy.reset();
    await eventually(() => seen.end === 'ECONNRESET' && server.seen.end === 'ECONNRESET', { every: 5 });
    expect(world.proxy.connections()).toBe(0);
  });

  test('are refused while existing ones stay, until it is healed', async () => {
    const world = await open();
    const { socket, seen } = await connected(world);
    world.proxy.refuse();
    await expect(client(world.proxy)).rejects.toThrow('ECONNREFUSED');
    socket.write(' again');
    await says(seen, 'hello again');
    world.proxy.heal();
    await connected(world);
    socket.write(' and again');
    await says(seen, 'hello again and again');
  });

  test('go to another server after a retarget, and those to the old one are reset', async () => {
    const [old, next] = [await startServer('old'), await startServer('next')];
    const proxy = await openProxy({ target: old.target });
    const before = await client(proxy);
    await says(before.seen, 'old');
    proxy.retarget(next.target);
    await eventually(() => before.seen.end === 'ECONNRESET', { every: 5 });
    await says((await client(proxy)).seen, 'next');
  });

  test('end with the proxy, whose port is free again', async () => {
    const world = await open();
    const { seen } = await connected(world);
    await world.proxy.close();
    await eventually(() => seen.end === 'ECONNRESET', { every: 5 });
    await openProxy({ target: world.server.target, port: world.proxy.port });
  });
});

describe('a cut', () => {
  const startup = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]);
  const commit = Buffer.from('Q\0\0\0\x0bcommit\0');
  const ready = Buffer.from('Z\0\0\0\x05I');
  const notice = Buffer.from('N\0\0\0\x05\0');
  /** A client after start-up, and a server that sends only what the test sends. */
  const started = async () => {
    const server = createServer({ noDelay: true });
    closing.push(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const proxy = await openProxy({ target: { host: '127.0.0.1', port }, protocol: 'postgres' });
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const mine = await client(proxy);
    const [socket] = await accepted;
    closing.push(() => socket.destroy());
    const seen = watch(socket);
    mine.socket.write(startup);
    await eventually(() => seen.bytes.length === startup.length, { every: 5 });
    socket.write(ready);
    await eventually(() => mine.seen.bytes.length === ready.length, { every: 5 });
    return { proxy, ...mine, server: { socket, seen } };
  };
  const said = (...parts: Buffer[]) => Buffer.concat(parts).toString();

  test('after a frame lets its whole answer come before the reset, and hands on neither it nor what is said later', async () => {
    const { proxy, socket, seen, server } = await started();
    proxy.cutAfter(isCommit);
    socket.write(commit);
    await says(server.seen, said(startup, commit));
    socket.write(commit);
    server.socket.write(notice);
    await aWhile(80);
    expect([seen.end, server.seen.end]).toEqual(['open', 'open']);
    server.socket.write(ready);
    await eventually(() => seen.end === 'ECONNRESET' && server.seen.end === 'ECONNRESET', { every: 5 });
    expect(seen.bytes.toString()).toBe(said(ready));
    expect(server.seen.bytes.toString()).toBe(said(startup, commit));
  });

  test('holds for what is on its way against the frame', async () => {
    const { proxy, socket, seen, server } = await started();
    proxy.cutAfter(isCommit, { silent: true });
    proxy.latency(500);
    server.socket.write(notice);
    await aWhile(15);
    socket.write(commit);
    await says(server.seen, said(startup, commit));
    expect([seen.bytes.toString(), seen.end]).toEqual([said(ready), 'open']);
  });

  test('in silence is ended by healing, answered or not', async () => {
    const { proxy, socket, seen, server } = await started();
    proxy.cutAfter(isCommit, { silent: true });
    socket.write(commit);
    await says(server.seen, said(startup, commit));
    proxy.heal();
    await eventually(() => seen.end === 'ECONNRESET', { every: 5, within: 1_000 });
  });

  test('before a frame that comes in pieces passes no more than its beginning', async () => {
    const { proxy, socket, seen, server } = await started();
    proxy.cutBefore(isCommit);
    for (const byte of commit) {
      socket.write(Buffer.from([byte]));
      await aWhile(2);
    }
    await eventually(() => seen.end === 'ECONNRESET' && server.seen.end === 'ECONNRESET', { every: 5 });
    expect(said(startup, commit.subarray(0, -1))).toContain(server.seen.bytes.toString());
  });
});

test('a proxy that does not know the protocol says so instead of never cutting', async () => {
  const { proxy } = await open();
  expect(() => proxy.cutAfter(() => true)).toThrow('knows the protocol');
});
