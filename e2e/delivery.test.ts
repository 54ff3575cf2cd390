// Filters on their way to a gateway, with the server, the gateway or both killed at any moment: what serves, and what is on
// disk, is always whole, signed, and never older than before.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { openDiskDirectory, ReleaseStore } from '@quadrant/extend'
import {
  generateSigningKey,
  readRelease,
  readSigningKey,
  SignedKind,
  signRelease,
  TrustedKeys,
} from '@quadrant/extend/release'
import { ReleaseStage, type SignedRelease } from '@quadrant/proto'
import { ServerProcess } from '../apps/server/src/testing/server-process.ts'
import { FULL } from './requirements.ts'

const KILLS = FULL ? 100 : 4
const GATEWAY = new URL('delivery-gateway.fixture.ts', import.meta.url).pathname
/** Several windows, so that a kill falls within it. */
const MODULE_BYTES = 3 << 20
const UPLOAD_BYTES = 128 << 10
const DAY_NS = 86_400e9

test(`kill -9 of the server, the gateway or both while filters are pushed, ${KILLS} times`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-delivery-'))
  // The server becomes another user where we are root.
  chmodSync(folder, 0o755)
  const { privatePem, publicPem } = generateSigningKey()
  const key = readSigningKey(privatePem)
  const keys = TrustedKeys.of([publicPem])
  const keyFile = join(folder, 'key.pub')
  writeFileSync(keyFile, publicPem)
  const data = join(folder, 'data')
  const own = join(folder, 'gateway')

  let server = await ServerProcess.start(data)
  let gateway = await Gateway.start(data, own, keyFile)
  const pushes: Push[] = []
  const push = (): Push => {
    const version = BigInt(pushes.length + 1)
    const module = wasmModule(MODULE_BYTES)
    const next = new Push(version, module, signedBy(key, version, module))
    pushes.push(next)
    return next
  }
  try {
    let acceptedMin = 0n
    const moments = fc.sample(fc.record({ delayMs: fc.nat(220), whom: fc.nat(2) }), {
      numRuns: KILLS,
      seed: 11,
    })
    let cutCount = 0
    for (const { delayMs, whom } of moments) {
      const current = push()
      const pushing = current.send(server).catch(() => false)
      await sleep(delayMs)
      if (whom !== 1) await server.stop('SIGKILL')
      if (whom !== 0) await gateway.kill()
      if (!(await pushing)) cutCount++
      if (whom !== 0) {
        // What lies on its disk now is what it would serve.
        const { accepted } = await assertVerified(own, keys)
        assert.ok(accepted >= acceptedMin, `${accepted} after ${acceptedMin}`)
        acceptedMin = accepted
      }
      const [nextServer, nextGateway] = await Promise.all([
        whom === 1 ? server : ServerProcess.start(data),
        whom === 0 ? gateway : Gateway.start(data, own, keyFile),
      ])
      server = nextServer
      gateway = nextGateway
      // The same push again, from where it was: the same release may be there already.
      await current.send(server)
      for (const digest of gateway.served) {
        const served = pushes.find((one) => one.digest === digest)
        assert.ok(served, `${digest} was never pushed`)
      }
    }
    // Left alone, the newest serves.
    const last = pushes.at(-1)!
    await eventually('the newest release serves', () => gateway.served.at(-1) === last.digest)
    await eventually('the server knows', async () => {
      const { filters } = await server.filters.listFilters({})
      const status = filters[0]?.states[0]?.status
      return status?.stage === ReleaseStage.SERVING && status.version === last.version
    })
    const held = await assertVerified(own, keys)
    assert.deepEqual([held.accepted, held.serving], [last.version, last.version])
    // An old one, sent again by whoever has the token, changes nothing.
    await assert.rejects(pushes[0]!.send(server, signedBy(key, 1n, last.module)), /was pushed before/)
    const { facts } = await server.api.listFacts({ coordinate: 'gateway:edge-1' })
    assert.deepEqual(facts.map(({ subject, predicate }) => `${subject} ${predicate}`).sort(), [
      `filter:auth@${last.version} serves`,
      `wasm:${last.digest} serves`,
    ])
    t.diagnostic(`${KILLS} kills, ${pushes.length} releases, ${cutCount} pushes cut`)
  } catch (error) {
    t.diagnostic(server.log)
    throw error
  } finally {
    await server.stop('SIGKILL')
    await gateway.kill()
    rmSync(folder, { recursive: true, force: true })
  }
})

/** What a process that begins with this folder would serve is whole and signed. */
async function assertVerified(folder: string, keys: TrustedKeys) {
  // As it is: nothing is changed by looking.
  const names = readdirSync(folder)
  const store = await ReleaseStore.open(await openDiskDirectory(folder))
  assert.deepEqual(store.damaged, [])
  const holding = store.holding('auth')
  let serving = 0n
  for (const signed of [holding?.serving, holding?.previous, holding?.candidate]) {
    if (!signed) continue
    assert.ok('signers' in keys.check(SignedKind.release, signed.release, signed.signatures))
    const read = readRelease(signed.release)
    assert.ok('release' in read)
    const file = `${Buffer.from(read.release.moduleSha256).toString('hex')}.wasm`
    assert.ok(names.includes(file), `${file} of version ${read.release.version} is not there`)
    const bytes = readFileSync(join(folder, file))
    assert.equal(`${createHash('sha256').update(bytes).digest('hex')}.wasm`, file)
    if (signed === holding?.serving) serving = read.release.version
  }
  const accepted = holding?.acceptedVersion ?? 0n
  assert.ok(serving <= accepted)
  return { accepted, serving }
}

/** A gateway as a process of its own, and what it has served. */
class Gateway {
  readonly served: string[] = []
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(data: string, folder: string, keyFile: string): Promise<Gateway> {
    const args = [GATEWAY, join(data, 'agent.sock'), folder, keyFile]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const gateway = new Gateway(child)
    const ready = new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)))
      createInterface({ input: child.stdout }).on('line', (line) => {
        const told = JSON.parse(line) as { ready?: boolean; serving?: string }
        if (told.serving !== undefined) gateway.served.push(told.serving)
        if (told.ready) resolve()
      })
    })
    await ready
    return gateway
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

class Push {
  readonly version: bigint
  readonly module: Uint8Array
  readonly digest: string
  readonly #signed: SignedRelease

  constructor(version: bigint, module: Uint8Array, signed: SignedRelease) {
    this.version = version
    this.module = module
    this.digest = `sha256:${createHash('sha256').update(module).digest('hex')}`
    this.#signed = signed
  }

  /** Uploads what the server has not, and pushes. */
  async send(server: ServerProcess, signed = this.#signed): Promise<true> {
    const client = server.filters
    const upload = { moduleSha256: sha256(this.module), moduleBytes: this.module.length }
    for (let { heldBytes, complete } = await client.uploadModule(upload); !complete;) {
      const data = this.module.subarray(heldBytes, heldBytes + UPLOAD_BYTES)
      ;({ heldBytes, complete } = await client.uploadModule({ ...upload, offset: heldBytes, data }))
    }
    await client.pushRelease({ release: signed })
    return true
  }
}

function signedBy(
  key: ReturnType<typeof readSigningKey>,
  version: bigint,
  module: Uint8Array,
): SignedRelease {
  const nowNs = Date.now() * 1e6
  return signRelease(
    {
      name: 'auth',
      version,
      moduleSha256: sha256(module),
      moduleBytes: module.length,
      abi: '0.2.1',
      notBeforeNs: nowNs - DAY_NS,
      expiresNs: nowNs + DAY_NS,
    },
    [key],
  )
}

/** A module that compiles, with a custom section of random bytes. */
function wasmModule(bytes: number): Uint8Array {
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0]
  const content = bytes - head.length - 4
  const length = [0, 1, 2, 3].map((i) => ((content >>> (7 * i)) & 0x7f) | (i < 3 ? 0x80 : 0))
  const module = new Uint8Array(randomBytes(bytes))
  module.set([...head, ...length, 1, 0x78])
  return module
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; ; await sleep(50)) {
    if (await isSo()) return
    if (Date.now() > end) throw new Error(`not in time: ${what}`)
  }
}
