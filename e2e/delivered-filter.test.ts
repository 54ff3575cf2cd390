// A filter in Go from its source to answers of a real gateway: signed, pushed, refused, switched off, and there again after
// kill -9 with no server.
import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ServerProcess } from '../apps/server/src/testing/server-process.ts'
import { goFilterFile } from '../quadrants/extend/src/testing/go-filter.ts'
import { freePort } from './free-port.ts'
import { quadrant } from './quadrant.ts'
import { lacking } from './requirements.ts'

const MAIN = fileURLToPath(new URL('../apps/cli/src/main.ts', import.meta.url))
const SOURCE = fileURLToPath(new URL('../examples/filters/hello-header', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'quadrant-delivered-'))
after(() => rmSync(folder, { recursive: true, force: true }))
// The server becomes another user where we are root.
chmodSync(folder, 0o755)
const at = (name: string) => join(folder, name)

async function filter(args: readonly string[], code = 0): Promise<string> {
  const done = await quadrant(['filter', ...args])
  assert.equal(done.code, code, `${args.join(' ')}: ${done.stdout}${done.stderr}`)
  return done.stdout
}

test(
  'a signed filter serves on a real gateway, whatever happens around it',
  { skip: lacking('go') },
  async () => {
    const env = { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' }
    execFileSync('go', ['build', '-buildmode=c-shared', '-o', at('hello.wasm'), '.'], { cwd: SOURCE, env })
    for (const name of ['release', 'stranger']) await filter(['keygen', '--out', at(name)])
    const sign = (version: number, key: string) =>
      filter([
        'sign',
        at('hello.wasm'),
        '--name',
        'hello',
        '--version',
        String(version),
        '--key',
        at(`${key}.pem`),
      ])
    const toServer = ['--data', at('data')]
    const server = await ServerProcess.start(at('data'))
    const port = await freePort()
    writeFileSync(at('gateway.yaml'), configuration(port))
    let gateway = await Gateway.start(port)
    try {
      // What is to be delivered is missing, and its policy is to close.
      assert.deepEqual(await gateway.answer(), { status: 503, header: null })
      await sign(1, 'release')
      assert.equal(await filter(['push', at('hello.signed'), ...toServer]), 'edge-1  serving\n')
      const served = { status: 200, header: 'true' }
      assert.deepEqual(await gateway.answer(), served)
      await counted(toServer, (use) => use.streams === 1 && use.calls > 0 && use.instances > 0)
      assert.match(await filter(['list', ...toServer]), /^local .*\n[^]*^edge-1 +local .* from a file/m)
      await sign(2, 'stranger')
      assert.match(
        await filter(['push', at('hello.signed'), ...toServer], 1),
        /^edge-1 {2}refused {2}untrusted-key/,
      )
      assert.deepEqual(await gateway.answer(), served)
      // By somebody with the token and no key: not this gateway.
      assert.match(await filter(['kill', 'hello', ...toServer], 1), /^edge-1 {2}unsigned/)
      assert.deepEqual(await gateway.answer(), served)
      const signed = ['--key', at('release.pem'), ...toServer]
      assert.equal(await filter(['kill', 'hello', ...signed]), 'edge-1  off\n')
      assert.deepEqual(await gateway.answer(), { status: 503, header: null })
      assert.equal(await filter(['kill', 'hello', '--undo', ...signed]), 'edge-1  on\n')
      await server.stop('SIGKILL')
      await gateway.kill()
      gateway = await Gateway.start(port)
      // Whoever comes first finds the filter there: what was kept is ready before anything is listened on.
      assert.deepEqual(await gateway.answer(), served)
    } finally {
      await gateway.kill()
      await server.stop('SIGKILL')
    }
  },
)

test(
  'a release that crashes as soon as it serves gives way to the one before it',
  { skip: lacking('go') },
  async () => {
    const toServer = ['--data', at('data')]
    await using server = await ServerProcess.start(at('data'))
    assert.ok(server.address)
    const port = await freePort()
    writeFileSync(at('gateway.yaml'), configuration(port, 'probe', ''))
    const gateway = await Gateway.start(port)
    try {
      const push = async (module: string, version: number) => {
        const key = ['--key', at('release.pem'), '--out', at('probe.signed')]
        await filter(['sign', module, '--name', 'probe', '--version', String(version), ...key])
        copyFileSync(module, at('probe.wasm'))
        assert.equal(await filter(['push', at('probe.signed'), ...toServer]), 'edge-1  serving\n')
      }
      await push(at('hello.wasm'), 1)
      await push(goFilterFile('guest/hostilefilter'), 2)
      for (const end = Date.now() + 30_000; ; await sleep(50)) {
        const { header } = await gateway.answer({ 'x-deed': 'trap' })
        if (header === 'true') break
        assert.ok(Date.now() < end, 'version 1 does not come back')
      }
      const list = await filter(['list', ...toServer])
      assert.match(
        list,
        /^edge-1 +probe +1 +rolled back 2 .* withdrawn: of its first \d+ streams \d+ crashed/m,
      )
    } finally {
      await gateway.kill()
    }
  },
)

interface Use {
  readonly streams: number
  readonly calls: number
  readonly instances: number
}

/** What the gateway counts of the filter has reached the server. */
async function counted(toServer: readonly string[], isSeen: (use: Use) => boolean): Promise<void> {
  for (;;) {
    const { filters } = JSON.parse(await filter(['list', '-o', 'json', ...toServer])) as {
      readonly filters: readonly {
        readonly states: readonly { readonly reading?: { readonly use: Use } }[]
      }[]
    }
    const use = filters[0]?.states[0]?.reading?.use
    if (use !== undefined && isSeen(use)) return
    await sleep(200)
  }
}

function configuration(
  port: number,
  name = 'hello',
  grant = ', capabilities: [headers, body, log, properties]',
): string {
  return `listeners:
  - { name: web, address: 127.0.0.1:${port}, filters: [${name}] }
virtual_hosts:
  - { name: all, domains: ['*'], routes: [{ name: all, match: { prefix: / }, respond: { body: one } }] }
filters:
  - { name: ${name}, module: { delivered: ${name} }${grant} }
  - { name: local, module: { file: ${at('hello.wasm')} } }
delivery:
  server: ${at('data')}/agent.sock
  node: edge-1
  trusted_keys: [{ name: release, file: ${at('release.pub.pem')} }]
  state_directory: ${at('filters')}
`
}

class Gateway {
  readonly #child: ChildProcess
  readonly #url: string

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#url = `http://127.0.0.1:${port}/`
  }

  /** Listens, and has said so. */
  static async start(port: number): Promise<Gateway> {
    const args = [MAIN, 'gateway', '--config', at('gateway.yaml'), '--workers', '1']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    while (!said.includes('listens on')) {
      assert.equal(child.exitCode, null, said)
      await sleep(20)
    }
    return new Gateway(child, port)
  }

  async answer(
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly header: string | null }> {
    const response = await fetch(this.#url, { headers })
    await response.arrayBuffer()
    return { status: response.status, header: response.headers.get('x-envoy-wasm') }
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
