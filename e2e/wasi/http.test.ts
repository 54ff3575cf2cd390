// Go's net/http inside of the host: 100 clients at once, each waits for a timer, sends 3 MB and gets 8 MB. Meanwhile the
// host's event loop turns: what it is held up is measured, and never more than 20 ms. `npm run e2e` alone runs it.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { FULL, missing } from '../requirements.ts'

const PROGRAM = join(import.meta.dirname, '../../guest/wasiprog')
const HOST = join(import.meta.dirname, 'serving-host.ts')
const CLIENTS = 100
const UP_BYTES = 3 << 20
const DOWN_BYTES = 8 << 20
const STALL_MS_MAX = 20
/** The machine's other processes hold up the host too, also one that goes before them: the best of some rounds counts. */
const ROUNDS = 5

interface Delay {
  readonly maxMs: number
  readonly p99Ms: number
  readonly meanMs: number
}

test(
  'a Go server with 100 clients holds up the event loop for no more than 20 ms',
  { skip: (!FULL && 'measured by npm run e2e') || missing('go', 'nice') },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasihttp-'))
    const program = join(folder, 'prog.wasm')
    execFileSync('go', ['build', '-o', program, '.'], {
      cwd: PROGRAM,
      env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-buildvcs=false' },
    })
    const host = spawn('nice', ['-n', '-20', process.execPath, HOST, program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
    t.after(() => {
      host.kill('SIGKILL')
      agent.destroy()
      rmSync(folder, { recursive: true })
    })
    const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]()
    const line = async () => (await lines.next()).value ?? ''
    const url = await line()
    const body = Buffer.alloc(UP_BYTES, 'x')
    const measured = async (): Promise<Delay> => {
      host.stdin.write('\n')
      return JSON.parse(await line()) as Delay
    }

    // The engine compiles a function when it is called first.
    await Promise.all(['/slow', '/large'].map((path) => received(agent, url + path)))
    await received(agent, `${url}/echo`, body)
    await measured()
    const rounds: Delay[] = []
    for (let round = 0; round < ROUNDS && !rounds.some(({ maxMs }) => maxMs <= STALL_MS_MAX); round++) {
      const began = performance.now()
      await Promise.all(
        Array.from({ length: CLIENTS }, async () => {
          assert.equal(await received(agent, `${url}/slow`), 4)
          assert.equal(await received(agent, `${url}/echo`, body), UP_BYTES)
          assert.equal(await received(agent, `${url}/large`), DOWN_BYTES)
        }),
      )
      const seconds = (performance.now() - began) / 1000
      const delay = await measured()
      rounds.push(delay)
      t.diagnostic(
        `held up for ${delay.maxMs} ms at most, ${delay.p99Ms} ms at p99; ${Math.round((CLIENTS * 11) / seconds)} MB/s`,
      )
    }
    const bestMs = Math.min(...rounds.map(({ maxMs }) => maxMs))
    assert.ok(bestMs <= STALL_MS_MAX, `held up for ${bestMs} ms in the best of ${ROUNDS} rounds`)
    await received(agent, `${url}/quit`)
    assert.deepEqual(JSON.parse(await line()), { kind: 'exit', code: 0 })
  },
)

/** How many bytes are answered. */
async function received(agent: Agent, url: string, body?: Uint8Array): Promise<number> {
  const sent = request(url, { agent, method: body === undefined ? 'GET' : 'POST' })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [AsyncIterable<Uint8Array>]
  let bytes = 0
  for await (const chunk of answer) bytes += chunk.length
  return bytes
}
