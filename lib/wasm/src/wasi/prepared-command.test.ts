// A command that has begun early does what it would have done, and nothing before it is run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildGuest, NEEDS_GO } from '../testing/go-guest.ts'
import { runCommand } from './command.ts'
import { compileCommand } from './compile.ts'
import { memoryDirectory } from './fs/memory-file-system.ts'
import { bytesInput, CollectedOutput } from './io/buffers.ts'
import { PreparedCommand } from './prepared-command.ts'
import { ResidentProgram } from './resident-program.ts'

const OK = { kind: 'exit', code: 0 } as const

test('it has come so far that it only waits for what it is given', NEEDS_GO, async () => {
  const module = await compileCommand(buildGuest(), { isMetered: true })
  const options = { args: ['wasiprog', 'stdio', 'x'], env: { A: 'b' } }
  const cold = new CollectedOutput()
  const { fuelUsed: coldFuel } = await runCommand(module, {
    ...options,
    stdin: bytesInput('line\n'),
    stdout: cold,
  })
  using prepared = await PreparedCommand.prepare(module, options)
  const [stdout, stderr] = [new CollectedOutput(), new CollectedOutput()]
  const result = await prepared.run({ stdin: bytesInput('line\n'), stdout, stderr })
  assert.partialDeepStrictEqual(result, OK)
  assert.deepEqual([stdout.text, stderr.text], [cold.text, 'done\n'])
  // It is the same program: about as much, whenever it computed it.
  assert.ok(Math.abs(result.fuelUsed! / coldFuel! - 1) < 0.2, `${result.fuelUsed} and ${coldFuel} units`)
  await assert.rejects(prepared.run(), { code: 'option', message: /once/ })
})

test('what others could see waits: files are as they are when it is run', NEEDS_GO, async () => {
  const module = await compileCommand(buildGuest())
  const directory = memoryDirectory({ files: {} })
  const prepared = await PreparedCommand.prepare(module, {
    args: ['wasiprog', 'files', '/d'],
    preopens: [{ path: '/d', directory }],
  })
  assert.deepEqual(directory.names(10), [])
  const stdout = new CollectedOutput()
  assert.partialDeepStrictEqual(await prepared.run({ stdout }), OK)
  assert.match(stdout.text, /^gone: errno 44$/m)
})

test('one that is ended, not run or no program gives back what it had', NEEDS_GO, async () => {
  const module = await compileCommand(buildGuest(), { isMetered: true })
  const waiting = await PreparedCommand.prepare(module, { args: ['wasiprog', 'busy'] })
  assert.partialDeepStrictEqual(await waiting.run({ wallTimeMsMax: 50 }), {
    kind: 'killed',
    reason: 'wall-time',
  })
  const aborted = await PreparedCommand.prepare(module, { args: ['wasiprog', 'busy'] })
  assert.partialDeepStrictEqual(await aborted.run({ signal: AbortSignal.abort() }), {
    kind: 'killed',
    reason: 'aborted',
  })
  {
    using _unused = await PreparedCommand.prepare(module)
  }
  // (module), without memory and _start.
  const empty = await compileCommand(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  await assert.rejects(PreparedCommand.prepare(empty), { code: 'link' })
})

test('runs of a resident program are its own each, as many at once as it may have', NEEDS_GO, async () => {
  using program = await ResidentProgram.start(await compileCommand(buildGuest(), { isMetered: true }), {
    prepare: () => ({ args: ['wasiprog', 'stdio'] }),
    warmMax: 3,
    runsMax: 5,
  })
  const run = async (line: string) => {
    const stdout = new CollectedOutput()
    const result = await program.run({ stdin: bytesInput(line), stdout })
    return result === undefined ? undefined : stdout.text.split('\n')[2]
  }
  const answers = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(run))
  assert.deepEqual(answers, ['A', 'B', 'C', 'D', 'E', undefined])
  assert.partialDeepStrictEqual(program.counts, { runs: 5, running: 0, refused: 1, failed: 0 })
})
