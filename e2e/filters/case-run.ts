import { CaseGrpc } from './case-grpc.ts'
import { CaseUpstream } from './case-upstream.ts'
import { type Guests, guestsOf } from './case-names.ts'
import { EnvoyHost } from './envoy-host.ts'
import { GatewayHost } from './gateway-host.ts'
import type { FilterCase, FilterHost, GuestName } from './filter-case.ts'
import { outcomeLines, type Recording } from './recording.ts'

/** How many cases run at once. */
const CASES_AT_ONCE = 12

/** Runs cases in real Envoy, in one process for each guest: what they share would be one thing otherwise. */
export async function runInEnvoy(cases: readonly FilterCase[], guests: Guests): Promise<Recording> {
  await using upstream = await CaseUpstream.open()
  await using grpc = await CaseGrpc.open()
  const survived = cases.filter(({ endsEnvoy }) => endsEnvoy === undefined)
  const clusters = { grpc: { port: grpc.port, isHttp2: true }, dead: { port: 1 } }
  const recordings: Recording[] = []
  for (const guest of Object.keys(guests) as GuestName[]) {
    const own = { [guest]: guests[guest] }
    await using host = await EnvoyHost.start({ cases: survived, guests: own, upstream, clusters })
    recordings.push(await runCases(host, survived, own))
  }
  return Object.fromEntries(
    survived.map(({ name }) => [name, Object.assign({}, ...recordings.map((one) => one[name]))]),
  )
}

/** Runs cases in our gateway, one for each guest. */
export async function runInGateway(cases: readonly FilterCase[], guests: Guests): Promise<Recording> {
  await using upstream = await CaseUpstream.open()
  await using grpc = await CaseGrpc.open()
  const ours = cases.filter(({ exchanges }) => exchanges.every(({ kind }) => kind === 'http'))
  const clusters = { grpc: { port: grpc.port, isHttp2: true }, dead: { port: 1 } }
  const recordings: Recording[] = []
  for (const guest of Object.keys(guests) as GuestName[]) {
    const own = { [guest]: guests[guest] }
    await using host = await GatewayHost.start({ cases: ours, guests: own, upstream, clusters })
    recordings.push(await runCases(host, ours, own))
  }
  return Object.fromEntries(
    ours.map(({ name }) => [name, Object.assign({}, ...recordings.map((one) => one[name]))]),
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
