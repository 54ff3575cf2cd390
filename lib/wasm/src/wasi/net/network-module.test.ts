// A Go program dials: what it sees is what it sees outside of the host.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { DirectGuest } from '../../testing/direct-guest.ts'
import { buildGuest, NEEDS_GO } from '../../testing/go-guest.ts'
import { runCommand } from '../command.ts'
import type { CommandOptions } from '../command-options.ts'
import { compileCommand } from '../compile.ts'
import { Errno } from '../errno.ts'
import { CollectedOutput } from '../io/buffers.ts'
import { guestImports } from '../imports/imports.ts'
import { SocketListener } from '../io/socket.ts'
import { MACHINE_NETWORK, type GuestNetwork } from './guest-network.ts'
import { networkModule } from './network-module.ts'
import { parseNetworkRule } from './network-rule.ts'
import { networkErrno } from './pending.ts'

let compiled: Promise<WebAssembly.Module> | undefined

interface Given extends CommandOptions {
  readonly rules?: readonly string[]
  readonly network?: GuestNetwork
}

async function run(
  args: readonly string[],
  { rules = [], network = MACHINE_NETWORK, ...options }: Given = {},
) {
  compiled ??= compileCommand(buildGuest('netprog'))
  const stdout = new CollectedOutput()
  const stderr = new CollectedOutput()
  const modules = [networkModule({ rules: rules.map(parseNetworkRule), network })]
  const result = await runCommand(await compiled, {
    args: ['netprog', ...args],
    stdout,
    stderr,
    modules,
    ...options,
  })
  assert.deepEqual([result, stderr.text], [{ kind: 'exit', code: 0 }, ''])
  return stdout.text.trimEnd().split('\n')
}

/** A TCP server on the loopback. */
async function serve(t: test.TestContext, onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Repeats what it was sent, once that has ended. */
function repeat(socket: Socket): void {
  let text = ''
  socket.on('data', (part) => (text += part.toString()))
  socket.on('end', () => socket.end(`${text} back`))
}

/** A port of the loopback where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test(
  'a connection is dialled, ended half, answered, refused and reset, as outside of the host',
  NEEDS_GO,
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-net-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const answering = await serve(t, repeat)
    const resetting = await serve(t, (socket) => socket.once('data', () => socket.resetAndDestroy()))
    const closed = await closedPort()
    const addresses = [answering, resetting, closed].map((port) => `127.0.0.1:${port}`)
    const inside = await run(['dial', ...addresses], { rules: ['127.0.0.0/8:*'] })
    assert.deepEqual(inside, [
      `${addresses[0]} peer ${addresses[0]} local true`,
      `${addresses[0]} "hello back" ok`,
      `${addresses[1]} peer ${addresses[1]} local true`,
      `${addresses[1]} "" ECONNRESET`,
      `${addresses[2]} ECONNREFUSED`,
    ])
    const native = join(folder, 'netprog')
    execFileSync('go', ['build', '-buildvcs=false', '-o', native, '.'], {
      cwd: join(import.meta.dirname, '../../../../../guest/netprog'),
    })
    // The servers are of this process: it must not be held up.
    const { promise, resolve } = Promise.withResolvers<string>()
    const { execFile } = await import('node:child_process')
    execFile(native, ['dial', ...addresses], (_, stdout) => resolve(stdout))
    assert.deepEqual((await promise).trimEnd().split('\n'), inside)
  },
)

test(
  'what no rule allows is refused, by name before it is asked for, by address after',
  NEEDS_GO,
  async (t) => {
    const port = await serve(t, repeat)
    const asked: string[] = []
    const answers: Readonly<Record<string, readonly string[]>> = {
      'inside.test': ['127.0.0.1'],
      'metadata.test': ['169.254.169.254'],
      'both.test': ['169.254.169.254', '127.0.0.1'],
      'other.test': ['192.0.2.1'],
    }
    const network: GuestNetwork = {
      ...MACHINE_NETWORK,
      lookup: async (name) => {
        asked.push(name)
        const found = answers[name]
        if (found === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
        return found
      },
    }
    const dial = async (host: string, rules: readonly string[]) => {
      asked.length = 0
      const lines = await run(['dial', `${host}:${port}`], { rules, network })
      return [lines.at(-1)!.split(' ').slice(1).join(' '), asked.join(' ')]
    }
    const done = '"hello back" ok'
    assert.deepEqual(await dial('inside.test', []), ['EACCES', ''])
    assert.deepEqual(await dial('inside.test', ['other.test:*']), ['EACCES', ''])
    assert.deepEqual(await dial('inside.test', ['*.test:*']), [done, 'inside.test'])
    assert.deepEqual(await dial('inside.test', [`inside.test:${port - 1}`]), ['EACCES', ''])
    assert.deepEqual(await dial('INSIDE.test', [`inside.test:${port}`]), [done, 'inside.test'])
    assert.deepEqual(await dial('inside.test', ['127.0.0.1:*']), [done, 'inside.test'])
    assert.deepEqual(await dial('other.test', ['127.0.0.1:*']), ['EACCES', 'other.test'])
    assert.deepEqual(await dial('metadata.test', ['*.test:*', '*:*']), ['EACCES', 'metadata.test'])
    assert.deepEqual(await dial('both.test', ['*.test:*']), [done, 'both.test'])
    assert.deepEqual(await dial('127.0.0.1', ['inside.test:*']), ['EACCES', ''])
    assert.deepEqual(await dial('missing.test', ['*:*']), ['no such host', 'missing.test'])
    assert.deepEqual(await dial('[::ffff:127.0.0.1]', ['127.0.0.1:*']), [done, ''])
    assert.deepEqual(
      await run(['lookup', 'both.test', 'inside.test', 'missing.test'], { rules: ['*:*'], network }),
      ['both.test [127.0.0.1] ok', 'inside.test [127.0.0.1] ok', 'missing.test [] no such host'],
    )
    assert.deepEqual(await run(['lookup', 'both.test'], { network }), ['both.test [] EACCES'])
  },
)

test(
  'an answer that changes leads nowhere else: what was checked is what is connected to',
  NEEDS_GO,
  async (t) => {
    const port = await serve(t, repeat)
    let lookups = 0
    const connected: string[] = []
    const network: GuestNetwork = {
      lookup: async () => (lookups++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']),
      connect: (address, to) => {
        connected.push(address)
        return MACHINE_NETWORK.connect(address, to)
      },
    }
    const lines = await run(['dial', `changing.test:${port}`], { rules: ['127.0.0.1:*'], network })
    assert.deepEqual(
      [lines[0], lookups, connected],
      [`changing.test:${port} peer 127.0.0.1:${port} local true`, 1, ['127.0.0.1']],
    )
  },
)

test(
  'the next address is tried beside one that does not answer, and after one that refuses',
  NEEDS_GO,
  async (t) => {
    const port = await serve(t, repeat)
    const silent: Socket[] = []
    const network: GuestNetwork = {
      lookup: async (name) =>
        name === 'silent.test' ? ['192.0.2.1', '127.0.0.1'] : ['127.0.0.2', '127.0.0.1'],
      connect: (address, to) => {
        if (address !== '192.0.2.1') return MACHINE_NETWORK.connect(address, to)
        const socket = new Socket()
        silent.push(socket)
        return socket
      },
    }
    const names = [`silent.test:${port}`, `refusing.test:${port}`]
    const lines = await run(['dial', ...names], { rules: ['*:*'], network })
    assert.deepEqual(
      lines,
      names.flatMap((name) => [`${name} peer 127.0.0.1:${port} local true`, `${name} "hello back" ok`]),
    )
    assert.deepEqual(
      silent.map((socket) => socket.destroyed),
      [true],
    )
  },
)

test('deadlines, contexts and Close end what waits, and other goroutines go on', NEEDS_GO, async (t) => {
  const port = await serve(t, () => {})
  const silent: Socket[] = []
  const network: GuestNetwork = {
    ...MACHINE_NETWORK,
    connect: (address, to) => {
      if (address !== '192.0.2.1') return MACHINE_NETWORK.connect(address, to)
      const socket = new Socket()
      silent.push(socket)
      return socket
    },
  }
  const lines = await run(['deadline', '192.0.2.1:1', `127.0.0.1:${port}`], { rules: ['*:*'], network })
  assert.deepEqual(lines, ['cancel canceled', 'timeout timeout', 'read timeout', 'closed true', 'ticks true'])
  // What the guest has given up is given up by the host.
  assert.deepEqual(
    silent.map((socket) => socket.destroyed),
    [true, true],
  )
})

test('listeners are taken by their port, and know where they are', NEEDS_GO, async () => {
  const servers = [0, 1, 2].map(() =>
    createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1'),
  )
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  const lines = await run(['listen', `:${ports[1]}`, ':1'], {
    listeners: servers.map((server) => new SocketListener(server)),
    env: { LISTEN_FDS: '3', LISTEN_FDS_START: '3' },
  })
  assert.deepEqual(lines, [`:${ports[1]} 127.0.0.1:${ports[1]}`, `:1 127.0.0.1:${ports[0]}`, 'rest 1 ok'])
  assert.deepEqual(await run(['listen', ':80']), [':80 EACCES', 'rest 0 ok'])
})

test('errors of the system have the names that programs look for', () => {
  const errno = (code: string) => networkErrno(Object.assign(new Error(), { code }))
  for (const [code, expected] of [
    ['ECONNREFUSED', Errno.CONNREFUSED],
    ['ECONNRESET', Errno.CONNRESET],
    ['EHOSTUNREACH', Errno.HOSTUNREACH],
    ['ENETUNREACH', Errno.NETUNREACH],
    ['ETIMEDOUT', Errno.TIMEDOUT],
    ['EADDRNOTAVAIL', Errno.ADDRNOTAVAIL],
    ['EACCES', Errno.PERM],
    ['ENOTFOUND', Errno.NOENT],
    ['EAI_AGAIN', Errno.AGAIN],
    ['EAI_FAIL', Errno.IO],
  ] as const)
    assert.equal(errno(code), expected, code)
})

test('whatever a guest calls with whatever arguments, it gets an answer', async () => {
  const texts = [
    '127.0.0.1:80',
    '[::1]:80',
    'a.test:1',
    'a.test',
    'b.test',
    '127.0.0.1',
    ':80',
    '[',
    '\u0000:1',
    '',
  ]
  const silent: Socket[] = []
  const network: GuestNetwork = {
    lookup: async (name) => (name === 'a.test' ? ['127.0.0.1', '::1', 'nonsense', '169.254.0.1'] : []),
    connect: () => {
      const socket = new Socket()
      silent.push(socket)
      return socket
    },
  }
  const module = networkModule({ rules: ['*:80', 'a.test:*'].map(parseNetworkRule), network })
  const i32 = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 20 }) },
    { weight: 3, arbitrary: fc.nat({ max: texts.length - 1 }).map((index) => index * 32) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 65_536, 65_532, 65_533, 2 ** 31 - 1, -(2 ** 31)) },
  )
  const wild = fc.record({
    name: fc.constantFrom('status', 'address', 'dial', 'fd_read', 'fd_write', 'sock_shutdown', 'fd_close'),
    args: fc.array(i32, { minLength: 5, maxLength: 5 }),
  })
  const asking = fc.record({
    name: fc.constantFrom('dial', 'resolve'),
    args: fc
      .tuple(fc.constantFrom(0, 4, 6, 5), fc.nat({ max: texts.length - 1 }))
      .map(([family, index]) => [family, index * 32, texts[index]!.length, 1024]),
  })
  const call = fc.oneof(wild, asking)
  const errnos = new Set<number>(Object.values(Errno))
  let dialledCount = 0
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
      const guest = new DirectGuest()
      for (const [index, text] of texts.entries()) guest.bytes.set(Buffer.from(text), index * 32)
      const { quadrant_net_v1: ours, wasi_snapshot_preview1: wasi } = guestImports(guest.guest, [module])
      for (const { name, args } of calls) {
        const answer = (ours![name] ?? wasi![name]!)(...(args as unknown as never[]))
        // None of them may wait: what was dialled is non-blocking.
        assert.ok(
          typeof answer === 'number' && errnos.has(answer),
          `${name}(${args.join(', ')}): ${typeof answer === 'number' ? answer : 'a promise'}`,
        )
        if (name === 'dial' && answer === 0) dialledCount++
        if (args[0] === 0) await Promise.resolve()
      }
      guest.guest.descriptors.closeAll()
      await new Promise(setImmediate)
      assert.ok(silent.splice(0).every((socket) => socket.destroyed))
    }),
    { seed: 65, numRuns: 500 },
  )
  assert.ok(dialledCount > 10, `${dialledCount} were dialled`)
})
