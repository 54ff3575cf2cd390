// `quadrant gc` and `quadrant profile` as a person runs them: real processes, real exit codes.
import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { create } from '@bufbuild/protobuf'
import { decodeProfile } from '@quadrant/golang'
import {
  GetServiceResponseSchema,
  ListRuntimeEventsResponseSchema,
  RecordProfileResponseSchema,
} from '@quadrant/proto'
import { madeCollection } from '../testing/made-events.ts'
import { CART_PROFILE } from '../testing/made-profile.ts'
import { MadeServer } from '../testing/made-server.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

let server: MadeServer
before(async () => {
  server = await MadeServer.start({
    async *listRuntimeEvents({ follow }, { signal }) {
      for (let round = 0; ; round++) {
        const events = Array.from({ length: 200 }, (_, i) => madeCollection({}, round * 200 + i))
        yield create(ListRuntimeEventsResponseSchema, { events })
        if (!follow) return
        await sleep(20, undefined, { signal }).catch(() => {})
        if (signal.aborted) return
      }
    },
    getProfile: () => CART_PROFILE,
    recordProfile: ({ seconds }) =>
      create(RecordProfileResponseSchema, {
        range: { startNs: Date.now() * 1e6, endNs: (Date.now() + seconds * 1000) * 1e6 },
        frequencyHz: 99,
      }),
    getService: () =>
      create(GetServiceResponseSchema, {
        instances: [
          { process: { pid: 4711, service: 'cart' } },
          { process: { pid: 47, service: 'Checkout' } },
          { process: { pid: 23, service: 'cart' } },
          { process: { pid: 5 } },
        ],
      }),
  })
})
after(() => server[Symbol.asyncDispose]())

type Program = ChildProcessByStdio<null, Readable, Readable>

function start(...args: string[]): Program {
  return spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: server.data, QUADRANT_DATA: server.data },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function run(...args: string[]): Promise<{ code: number | null; out: Buffer; err: string }> {
  const program = start(...args)
  const [[code], out, err] = await Promise.all([
    once(program, 'close') as Promise<[number | null]>,
    buffer(program.stdout),
    buffer(program.stderr),
  ])
  return { code, out, err: err.toString() }
}

test('Ctrl-C is exit code 130', { timeout: 60_000 }, async () => {
  const check = async (output: 'stdout' | 'stderr', ...args: string[]) => {
    const program = start(...args)
    await once(program[output], 'data')
    program.stdout.resume()
    program.stderr.resume()
    program.kill('SIGINT')
    assert.deepEqual(await once(program, 'close'), [130, null], args.join(' '))
  }
  await Promise.all([
    check('stdout', 'gc', '-f', '--since', '5m'),
    check('stderr', 'profile', 'cart', '--for', '10m'),
  ])
})

test('a reader that has seen enough is success', { timeout: 60_000 }, async () => {
  const program = start('gc', '-f', '--since', '5m', '-o', 'jsonl')
  program.stdout.once('data', () => program.stdout.destroy())
  const [[code], err] = await Promise.all([
    once(program, 'exit') as Promise<[number | null]>,
    buffer(program.stderr),
  ])
  assert.deepEqual([code, err.toString()], [0, ''])
})

test('bytes arrive through a pipe as they are', { timeout: 60_000 }, async () => {
  const { code, out, err } = await run('profile', 'cart', '-o', 'pprof')
  assert.equal(code, 0, err)
  assert.equal(decodeProfile(out).samples.length, 10)
})

test('services and process ids that the server knows are completed', { timeout: 60_000 }, async () => {
  const check = async (words: readonly string[], expected: string) => {
    const { code, out } = await run('__complete', ...words)
    assert.deepEqual([code, out.toString().replaceAll(/\t.*$/gm, '')], [0, expected], words.join(' '))
  }
  await Promise.all([
    check(['gc', 'c'], 'cart\n'),
    check(['profile', 'C'], 'Checkout\n'),
    check(['gc', '4'], '47\n4711\n'),
    check(['profile', 'cart', '--kind', 'g'], 'gc\n'),
    check(['profile', '-o', 's'], 'svg\nspeedscope\n'),
  ])
})

test('mistakes are usage errors with what was meant', { timeout: 60_000 }, async () => {
  const check = async (line: string, expected: RegExp) => {
    const { code, out, err } = await run(...line.split(' '))
    assert.deepEqual([code, out.length], [2, 0], `${line}: ${err}`)
    assert.match(err, expected, line)
  }
  await Promise.all([
    check('gc --folow', /did you mean --follow/),
    check('gc -f -o json', /use -o jsonl/),
    check('gc cart shop', /`shop` is one argument too many/),
    check('profil', /did you mean `profile`/),
    check('profile -o svgg', /did you mean svg\?/),
    check('profile --for 10', /--for `10`: a duration from 1s to 600s/),
    check('profile --for 11m', /a duration from 1s to 600s/),
    check('profile --for 10s --hz 100', /a whole number from 1 to 99/),
    check('profile host:web-1', /only services and processes have a runtime/),
  ])
})
