// Signed filters as a person handles them: `quadrant filter`, a real server, a gateway as a process of its own.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { ServerProcess } from '../apps/server/src/testing/server-process.ts'
import { quadrant } from './quadrant.ts'

const GATEWAY = new URL('delivery-gateway.fixture.ts', import.meta.url).pathname

const folder = mkdtempSync(join(tmpdir(), 'quadrant-filter-'))
after(() => rmSync(folder, { recursive: true, force: true }))
// The server becomes another user where we are root.
chmodSync(folder, 0o755)
const at = (name: string) => join(folder, name)
const data = at('data')

/** A module that says it is a filter: it exports the mark of the ABI and imports what a filter logs by. */
function filterModule(seed: number): Uint8Array {
  const text = (name: string) => [name.length, ...Buffer.from(name)]
  const section = (id: number, content: readonly number[]) => [id, content.length, ...content]
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  return Uint8Array.from([
    ...head,
    ...section(1, [2, 0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0]),
    ...section(2, [1, ...text('env'), ...text('proxy_log'), 0, 0]),
    ...section(3, [1, 1]),
    ...section(7, [1, ...text('proxy_abi_version_0_2_1'), 0, 1]),
    ...section(10, [1, 2, 0, 0x0b]),
    ...section(0, [...text('seed'), seed]),
  ])
}

async function check(args: readonly string[], code: number, out: RegExp, err = /(?:)/) {
  const done = await quadrant(['filter', ...args])
  assert.equal(done.code, code, `${args.join(' ')}: ${done.stdout}${done.stderr}`)
  assert.match(done.stdout, out, args.join(' '))
  assert.match(done.stderr, err, args.join(' '))
  return done
}

test('keys, signatures and files', async () => {
  writeFileSync(at('a.wasm'), filterModule(1))
  writeFileSync(at('text.wasm'), 'text')
  await check(['keygen', '--out', at('key')], 0, /^sha256:[0-9a-f]{64}\n$/)
  await check(['keygen', '--out', at('other')], 0, /^sha256:/)
  assert.equal(statSync(at('key.pem')).mode & 0o777, 0o600)
  const mine = readFileSync(at('key.pem'), 'utf8')
  await check(['keygen', '--out', at('key')], 3, /^$/, /QDR-C015.*is there already/)
  assert.equal(readFileSync(at('key.pem'), 'utf8'), mine)
  const sign = (file: string, ...rest: string[]) => [
    'sign',
    at(file),
    '--name',
    'auth',
    '--version',
    '1',
    ...rest,
  ]
  await check(sign('a.wasm', '--key', at('key.pem')), 0, /may use +log\n/, /a\.signed is written/)
  await check(sign('text.wasm', '--key', at('key.pem')), 3, /^$/, /QDR-C018/)
  await check(sign('a.wasm', '--key', at('key.pub.pem')), 3, /^$/, /QDR-C023/)
  await check(
    ['sign', at('a.wasm'), '--name', 'A/B', '--version', '1', '--key', at('key.pem')],
    3,
    /^$/,
    /QDR-C024/,
  )
  await check(
    ['sign', at('a.wasm'), '--name', 'auth', '--version', '0', '--key', at('key.pem')],
    2,
    /^$/,
    /QDR-C012/,
  )
  await check(['verify', at('a.signed'), '--key', at('key.pub.pem')], 0, /signed by sha256:/)
  const refused = await check(
    ['verify', at('a.signed'), '--key', at('other.pub.pem'), '-o', 'json'],
    1,
    /"valid": false/,
  )
  assert.equal(
    (JSON.parse(refused.stdout) as { problems: { code: string }[] }).problems[0]!.code,
    'untrusted-key',
  )
  writeFileSync(at('b.wasm'), filterModule(2))
  writeFileSync(at('b.signed'), readFileSync(at('a.signed')))
  await check(['verify', at('b.wasm'), '--key', at('key.pub.pem')], 1, /digest-mismatch/)
  chmodSync(at('key.pem'), 0o644)
  await check(sign('a.wasm', '--key', at('key.pem')), 3, /^$/, /QDR-C023.*read by others/)
  chmodSync(at('key.pem'), 0o600)
})

test('push, swap, roll back, switch off', async () => {
  await using server = await ServerProcess.start(data)
  assert.ok(server.address)
  const args = ['--data', data]
  const key = ['--key', at('key.pem')]
  const sign = (version: number, ...rest: string[]) =>
    check(['sign', at('a.wasm'), '--name', 'auth', '--version', String(version), ...rest], 0, /^filter/)
  await check(['list', ...args], 0, /^$/, /no filter was pushed/)
  await sign(1, ...key)
  await check(['push', at('a.signed'), ...args], 0, /^$/, /no gateway with a place for auth is connected/)
  await using gateway = await Gateway.start()
  await gateway.serves(1)
  await check(['push', at('a.signed'), ...args], 0, /^edge-1 {2}serving\n$/)
  // Of a stranger: the old one serves on.
  await sign(2, '--key', at('other.pem'))
  await check(['push', at('a.signed'), ...args], 1, /^edge-1 {2}refused {2}untrusted-key: /)
  await check(['list', ...args], 0, /^edge-1 +auth +1 +refused 2 .*untrusted-key/m)
  await sign(3, ...key)
  await check(['push', at('a.signed'), '--stage', ...args], 0, /^$/, /filter swap auth 3 offers it/)
  assert.equal(gateway.count, 1)
  await check(['swap', 'auth', '3', ...args], 0, /^edge-1 {2}serving\n$/)
  await check(['swap', 'auth', '1', ...args], 3, /^$/, /QDR-C024.*\nfix: .*rollback auth --to 1/)
  await check(['swap', 'auth', '9', ...args], 3, /^$/, /QDR-C016/)
  await sign(2, ...key)
  await check(['push', at('a.signed'), ...args], 3, /^$/, /QDR-C024.*was pushed before/)
  await check(
    ['rollback', 'auth', '--to', '1', ...key, ...args],
    0,
    /serving/,
    /version 4 of auth is version 1 again/,
  )
  // What whoever has the token has pushed is not signed by us because we are asked to go back.
  await check(
    ['rollback', 'auth', '--to', '2', ...key, ...args],
    3,
    /^$/,
    /QDR-C024.*version 2 of auth.*no key that signed it is trusted[\s\S]*\nfix: .*--trust/,
  )
  await check(['list', 'auth', ...args], 0, /^ +4 .*\n +3 .*\n +2 .*\n +1 /m)
  const { stdout } = await check(['list', '-o', 'json', ...args], 0, /^\{/)
  const [filter] = (
    JSON.parse(stdout) as { filters: { newestVersion: string; states: { status: object }[] }[] }
  ).filters
  assert.equal(filter!.newestVersion, '4')
  assert.partialDeepStrictEqual(filter!.states[0]!.status, {
    stage: 'RELEASE_STAGE_SERVING',
    servingVersion: '4',
  })
  await check(['kill', 'auth', '--reason', 'it loops', ...args], 0, /^edge-1 {2}off\n$/)
  await check(['list', ...args], 0, /^edge-1 +auth +4 +off /m)
  await check(['kill', 'auth', '--undo', ...key, ...args], 0, /^edge-1 {2}on\n$/)
  // A key that signs no more: what it has signed may be signed again.
  await check(
    ['rollback', 'auth', '--to', '2', '--trust', at('other.pub.pem'), ...key, ...args],
    0,
    /serving/,
    /version 5 of auth is version 2 again/,
  )
  await check(['kill', 'auth', '--key', at('other.pem'), ...args], 1, /^edge-1 {2}untrusted-key: /)
  assert.deepEqual(gateway.switched, [false, true])
})

/** A gateway as a process of its own. */
class Gateway implements AsyncDisposable {
  readonly switched: boolean[] = []
  count = 0
  readonly #child: ChildProcess
  #wake = () => {}

  private constructor() {
    const args = [GATEWAY, join(data, 'agent.sock'), at('gateway'), at('key.pub.pem')]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const told = JSON.parse(line) as { serving?: string; isOn?: boolean }
      if (told.serving !== undefined) this.count++
      if (told.isOn !== undefined) this.switched.push(told.isOn)
      this.#wake()
    })
  }

  static async start(): Promise<Gateway> {
    return new Gateway()
  }

  /** Waits until it has begun to serve so often. */
  async serves(count: number): Promise<void> {
    while (this.count < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }
}
