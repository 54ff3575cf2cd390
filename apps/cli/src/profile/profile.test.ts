// `quadrant profile` against a server that answers as the contract says.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { decodeProfile } from '@quadrant/golang'
import {
  GetProfileResponseSchema,
  GetProfileTimelineResponseSchema,
  RecordProfileResponseSchema,
  type GetProfileRequest,
  type RecordProfileRequest,
} from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { assertGolden } from '../testing/golden.ts'
import { NOON_MS } from '../testing/made-flows.ts'
import { CART_PROFILE } from '../testing/made-profile.ts'
import { MadeServer } from '../testing/made-server.ts'
import { memoryContext, type MemoryContextOptions } from '../testing/memory-context.ts'
import { runProfile, type ProfileFlags } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'quadrant-profile-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const SUMMARY =
  '1000 samples at 99 Hz of 2 processes, 10.1 s of CPU in 10.0 s (1.01 cores), 8.00 % collecting garbage, 0.50 % in the rest of the runtime, 0.40 % with a broken stack\n'

interface Asked {
  readonly profile: GetProfileRequest[]
  readonly record: RecordProfileRequest[]
}

function answering(change: MessageInitShape<typeof GetProfileResponseSchema> = {}) {
  const asked: Asked = { profile: [], record: [] }
  const server = MadeServer.start({
    getProfile(request) {
      asked.profile.push(request)
      return create(GetProfileResponseSchema, { ...CART_PROFILE, ...change, $typeName: undefined })
    },
    recordProfile(request) {
      asked.record.push(request)
      return create(RecordProfileResponseSchema, {
        range: { startNs: Date.now() * 1e6, endNs: (Date.now() + request.seconds * 1000) * 1e6 },
        frequencyHz: request.frequencyHz || 99,
      })
    },
    getProfileTimeline: () =>
      create(GetProfileTimelineResponseSchema, {
        resolutionSeconds: 1,
        points: [{ timeNs: (Date.now() - 500) * 1e6, samples: 40 }],
      }),
  })
  return { asked, server }
}

async function ran(
  server: MadeServer | undefined,
  flags: Partial<ProfileFlags>,
  target?: string,
  options: MemoryContextOptions = {},
) {
  const context = memoryContext({ nowMs: NOON_MS + 60_000, ...options })
  let error: unknown
  try {
    await runProfile(context, { output: 'table', data: server?.data ?? '/nowhere', ...flags }, target)
  } catch (thrown) {
    error = thrown
  }
  return { out: context.out(), outBytes: context.outBytes(), err: context.err(), error }
}

test('each form goes to stdout, and what it stands for to stderr', async () => {
  const made = answering()
  await using server = await made.server
  const check = async (output: ProfileFlags['output'], isIt: (out: string, bytes: Uint8Array) => void) => {
    const { out, outBytes, err, error } = await ran(server, { output }, 'cart')
    assert.equal(error, undefined)
    assert.equal(err, SUMMARY)
    isIt(out, outBytes)
  }
  await check('table', (out) => assertGolden('profile-table.txt', out))
  await check('folded', (out) => assertGolden('profile-folded.txt', out))
  await check('svg', (out) => {
    assert.match(out, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>\n$/)
    assert.match(out, /12:00:00\.000 to 12:00:10\.000<[^]*1000 samples at 99 Hz of 2 processes/)
  })
  await check('pprof', (_out, bytes) => {
    const profile = decodeProfile(bytes)
    assert.equal(profile.timeNs, BigInt(NOON_MS) * 1_000_000n)
    assert.equal(
      profile.samples.reduce((sum, { values }) => sum + values[0]!, 0),
      1000,
    )
  })
  await check('speedscope', (out) => {
    const { profiles, name } = JSON.parse(out) as { profiles: unknown[]; name: string }
    assert.deepEqual([profiles.length, name], [3, 'cart'])
  })
  await check('json', (out) => {
    const { samples, processes } = JSON.parse(out) as { samples: number; processes: string[] }
    assert.deepEqual([samples, processes.length], [1000, 2])
  })
  // Only speedscope shows the order of time.
  assert.deepEqual(
    made.asked.profile.map(({ timeOrder }) => timeOrder),
    [false, false, false, false, true, false],
  )
})

test('on a terminal the table has as many rows as fit, and pprof is refused before anything is asked', async () => {
  const made = answering()
  await using server = await made.server
  const { out } = await ran(server, { rows: 3 }, 'cart', { columns: 90 })
  assert.equal(out.split('\n').length, 6)
  assert.match(out, /\n… 11 more\n$/)
  const { error, out: nothing } = await ran(server, { output: 'pprof', for: 1 }, 'svc:cart', { columns: 90 })
  assert.ok(error instanceof CliError)
  assert.equal(nothing, '')
  assert.deepEqual([error.code, error.exitCode], ['QDR-C014', 2])
  assert.equal(error.fix, 'quadrant profile svc:cart -o pprof --file cart.pb.gz')
  assert.deepEqual([made.asked.record.length, made.asked.profile.length], [0, 1])
  // What it says to do works there.
  const file = join(folder, 'cart.pb.gz')
  const written = await ran(server, { output: 'pprof', file }, 'svc:cart', { columns: 90 })
  assert.deepEqual([written.error, written.out], [undefined, ''])
  assert.match(written.err, /cart\.pb\.gz: \d+ B written\n|cart\.pb\.gz: [\d.]+ kB written\n/)
  assert.equal(decodeProfile(readFileSync(file)).locations.length > 5, true)
})

test('a file that cannot be written is told', async () => {
  await using server = await answering().server
  const { error } = await ran(server, { file: join(folder, 'nowhere/x.svg'), output: 'svg' }, 'cart')
  assert.ok(error instanceof CliError)
  assert.deepEqual([error.code, error.exitCode], ['QDR-C015', 3])
})

test('what is asked: whose, which range, which kinds', async () => {
  const made = answering()
  await using server = await made.server
  const now = NOON_MS + 60_000
  const check = async (flags: Partial<ProfileFlags>, startMs: number, endMs: number, kinds: string[]) => {
    const { error } = await ran(server, flags, '4711')
    assert.equal(error, undefined)
    const { subject, range, kinds: asked } = made.asked.profile.pop()!
    assert.deepEqual(
      [subject, range!.startNs, range!.endNs, asked],
      ['4711', startMs * 1e6, endMs * 1e6, kinds],
    )
  }
  await check({}, now - 60_000, now, [])
  await check({ since: '5m', kind: ['gc', 'runtime'] }, now - 300_000, now, ['gc', 'runtime'])
  await check({ since: '5m', until: '1m' }, now - 300_000, now - 60_000, [])
  await check({ until: '1m' }, now - 120_000, now - 60_000, [])
})

test('--for records, waits for the samples and asks for that range', { timeout: 60_000 }, async () => {
  const made = answering()
  await using server = await made.server
  const { error, err } = await ran(server, { for: 1, hz: 50 }, 'cart', { now: Date.now })
  assert.equal(error, undefined)
  assert.equal(err, `recording at 50 Hz for 1 s (Ctrl-C ends)\n${SUMMARY}`)
  assert.deepEqual(
    made.asked.record.map(({ seconds, frequencyHz }) => [seconds, frequencyHz]),
    [[1, 50]],
  )
  const { range } = made.asked.profile[0]!
  assert.equal(Math.round((range!.endNs - range!.startNs) / 1e6), 1000)
  assert.ok(range!.endNs <= Date.now() * 1e6)
})

test('Ctrl-C while recording ends it, and says when agents are as before', { timeout: 60_000 }, async () => {
  const made = answering()
  await using server = await made.server
  const ended = new AbortController()
  const running = ran(server, { for: 600 }, 'cart', { now: Date.now, signal: ended.signal, columns: 80 })
  while (made.asked.record.length === 0) await new Promise((resolve) => setImmediate(resolve))
  setTimeout(() => ended.abort(), 300)
  const { error, err, out } = await running
  assert.deepEqual([error, out, made.asked.profile.length], [undefined, '', 0])
  assert.match(err, /\d+ s left/)
  assert.match(err, /agents go back to their usual rate by themselves at \d\d:\d\d:\d\d/)
})

test('what is missing is told, and nothing at all says what would fill it', async () => {
  const drops = [
    { stage: 'profile.kernel', reason: 'map full', count: 12 },
    { stage: 'agent.flow-cap', reason: 'cap', count: 5 },
  ]
  await using server = await answering({ windows: 40, windowsOmitted: 7, drops }).server
  assert.equal(
    (await ran(server, {}, 'cart')).err,
    [
      'note: 12 lost at profile.kernel: map full\n',
      'note: 7 of 40 windows of samples are left out, they are more than one answer holds; a shorter range has all\n',
      SUMMARY,
    ].join(''),
  )
  await using empty = await answering({ profile: undefined, processes: [] }).server
  const check = async (flags: Partial<ProfileFlags>, target: string, expected: RegExp) => {
    const { error, out, err } = await ran(empty, flags, target)
    assert.deepEqual([error, out], [undefined, ''])
    assert.match(err, expected)
  }
  await check(
    {},
    'cart',
    /^no samples of cart in that time; another --since looks further back, --for 10s records\n$/,
  )
  await check({ since: '1h' }, 'cart', /^no samples of cart in that time; --for 10s records\n$/)
  assert.equal(decodeProfile((await ran(empty, { output: 'pprof' }, 'cart')).outBytes).samples.length, 0)
})

test('flags and targets that make no sense are usage errors, and failures of the server are told', async () => {
  const check = async (flags: Partial<ProfileFlags>, target: string | undefined, message: RegExp) => {
    const { error } = await ran(undefined, flags, target)
    assert.ok(error instanceof CliError)
    assert.equal(error.exitCode, 2)
    assert.match(error.format(), message)
  }
  await check({ for: 10, since: '5m' }, 'cart', /--for records from now on/)
  await check({ hz: 99 }, 'cart', /give --for too/)
  await check({ since: '1m', until: '2m' }, 'cart', /--since is not before --until/)
  await check({ since: '2030-01-01T00:00:00Z' }, 'cart', /--since is in the future/)
  await check({}, 'addr:10.0.0.1', /only services and processes/)
  const failing = async (code: Code) => {
    await using server = await MadeServer.start({
      getProfile() {
        throw new ConnectError('as told', code)
      },
    })
    const { error } = await ran(server, {}, 'crat')
    assert.ok(error instanceof CliError)
    return [error.code, error.exitCode, error.fix]
  }
  assert.deepEqual(await failing(Code.NotFound), [
    'QDR-C016',
    3,
    'quadrant top --by services lists those that talk',
  ])
  assert.deepEqual(await failing(Code.FailedPrecondition), ['QDR-C011', 3, undefined])
  assert.deepEqual(await failing(Code.InvalidArgument), ['QDR-C012', 2, undefined])
  assert.equal((await failing(Code.Internal))[0], 'QDR-C011')
})
