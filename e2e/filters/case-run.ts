import { CaseGrpc } from './case-grpc.ts'
import { CaseUpstream } from './case-upstream.ts'
import { type Guests, guestsOf } from './case-names.ts'
import { EnvoyHost } from './envoy-host.ts'
import { GatewayHost } from './gateway-host.ts'
import type { FilterCase, FilterHost, GuestName } from './filter-case.ts'
import { outcomeLines, type Recording } from './recording.ts'

/** How many cases run at once. */
const CASES_AT_ONCE = 12

/** Runs cases in real Envoy. */
export async function runInEnvoy(cases: readonly FilterCase[], guests: Guests): Promise<Recording> {
  await using upstream = await CaseUpstream.open()
  await using grpc = await CaseGrpc.open()
  const survived = cases.filter(({ endsEnvoy }) => endsEnvoy === undefined)
  const clusters = { grpc: { port: grpc.port, isHttp2: true }, dead: { port: 1 } }
  const recordings: Recording[] = []
  for (const own of apart(guests)) {
    await using host = await EnvoyHost.start({ cases: survived, guests: own, upstream, clusters })
    recordings.push(await runCases(host, survived, own))
  }
  return byCase(survived, recordings)
}

/** Runs cases in our gateway. */
export async function runInGateway(cases: readonly FilterCase[], guests: Guests): Promise<Recording> {
  await using upstream = await CaseUpstream.open()
  await using grpc = await CaseGrpc.open()
  const clusters = { grpc: { port: grpc.port, isHttp2: true }, dead: { port: 1 } }
  const recordings: Recording[] = []
  for (const own of apart(guests)) {
    await using host = await GatewayHost.start({ cases, guests: own, upstream, clusters })
    recordings.push(await runCases(host, cases, own))
  }
  return byCase(cases, recordings)
}

/** Those that run the same cases are not run together: what filters share would be one thing. */
function apart({ go, ...others }: Guests): readonly Guests[] {
  return [others, go === undefined ? {} : { go }].filter((own) => Object.keys(own).length > 0)
}

function byCase(cases: readonly FilterCase[], recordings: readonly Recording[]): Recording {
  return Object.fromEntries(
    cases.map(({ name }) => [name, Object.assign({}, ...recordings.map((one) => one[name]))]),
  )
}

/** What a host does in each case, some of them at once. */
export async function runCases(
  host: FilterHost,
  cases: readonly FilterCase[],
  guests: Guests,
): Promise<Recording> {
  const recording: Record<string, Partial<Record<GuestName, readonly string[]>>> = {}
  const waiting = cases.flatMap((one) => {
    recording[one.name] = {}
    return guestsOf(one, guests).map((guest) => ({ guest, one }))
  })
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      recording[next.one.name]![next.guest] = outcomeLines(await host.run(next.guest, next.one))
  }
  await Promise.all(Array.from({ length: CASES_AT_ONCE }, work))
  return recording
}
