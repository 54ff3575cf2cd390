import type { Diagnostic } from '@quadrant/core'
import { compileFilter, LogLevel, SharedMemory, type FilterCrash } from '@quadrant/wasm/proxy-wasm'
import { grantedCalls } from '../filters/capability.ts'
import { PluginProperties } from '../filters/foreign/plugin-properties.ts'
import { StreamProperties } from '../filters/foreign/stream-properties.ts'
import { fileDigest } from '../filters/module-registry.ts'
import { pluginSpec } from '../filters/plugin/plugin-spec.ts'
import { ThreadFilters } from '../filters/thread-filters.ts'
import type { CheckedCases } from './check-cases.ts'
import { ManualClock } from './manual-clock.ts'
import { runConnection } from './run-connection.ts'
import { runExchange } from './run-exchange.ts'
import { testCalls } from './test-calls.ts'
import type { TestCase, TestFilter } from './test-spec.ts'
import { findFailures } from './find-failures.ts'

/** How a filter stood one case. */
export interface CaseResult {
  readonly name: string
  /** What did not come as it was expected; none where it passed. */
  readonly failures: readonly Diagnostic[]
  readonly logs: readonly string[]
  readonly callbacks: number
  readonly fuelUsed: number
}

/**
 * Runs each case through an instance of its own, without a proxy: time stands still but for what is waited for, and
 * randomness is the same each time.
 *
 * @throws {WasmError} `module` or `link` for bytes that are no filter
 */
export async function* runCases(module: Uint8Array, cases: CheckedCases): AsyncGenerator<CaseResult> {
  const { file, placeOf } = cases
  const spec = pluginSpec({ name: 'filter', digest: fileDigest(module) })
  const compiled = await compileFilter(module, spec.limits)
  for (const each of file.cases) yield await runCase(compiled, spec.digest, file.filter, each, placeOf)
}

async function runCase(
  module: WebAssembly.Module,
  digest: string,
  filter: TestFilter,
  testCase: TestCase,
  placeOf: CheckedCases['placeOf'],
): Promise<CaseResult> {
  const clock = new ManualClock(testCase.startMs)
  const logs: string[] = []
  const crashes: FilterCrash[] = []
  const properties = new StreamProperties()
  using shared = SharedMemory.create({ threadsMax: 1 })
  const filters = new ThreadFilters({
    nowNs: () => BigInt(Math.round(clock.nowMs * 1000)) * 1000n,
    monotonicNs: () => BigInt(Math.round(clock.nowMs * 1000)) * 1000n,
    fillRandom: sameRandom(),
    random: () => 0.5,
    later: (afterMs, callback) => clock.later(afterMs, callback),
    log: (_filter, _level, message) => logs.push(message),
    logLevel: () => LogLevel.TRACE,
    crashed: (_filter, crash) => crashes.push(crash),
    shared,
    calls: testCalls(testCase.calls, clock),
    pluginProperties: ({ name, rootId, vmId }) => new PluginProperties({ plugin: { name, rootId, vmId } }),
    streamProperties: (_, stream, root) => properties.of(stream, root),
    bufferBytesMax: 1 << 20,
    drainMs: 0,
  })
  const spec = pluginSpec({
    name: 'filter',
    digest,
    rootId: filter.rootId,
    vmId: filter.vmId,
    configuration: Buffer.from(testCase.configuration ?? filter.configuration),
    vmConfiguration: Buffer.from(filter.vmConfiguration),
    capabilities: [...grantedCalls(filter.capabilities)],
  })
  const refused = await filters.engine.apply([{ spec, module }])
  if (refused !== undefined) crashes.push(refused.crash)
  const chain = filters.engine.chain(['filter'])
  const connections = filters.engine.connections(['filter'])
  const failures: Diagnostic[] = []
  for (const exchange of testCase.exchanges) {
    clock.advanceTo(clock.nowMs + exchange.afterMs)
    const logStart = logs.length
    const crashStart = refused === undefined ? crashes.length : 0
    const result =
      'steps' in exchange ? runConnection(connections, exchange, clock) : runExchange(chain, exchange, clock)
    const metrics = new Map(filters.metrics.samples().map(({ name, value }) => [name, value]))
    const seen = { result, logs: logs.slice(logStart), metrics, crash: crashes[crashStart] }
    failures.push(...findFailures(exchange.expect, seen, (key, of) => placeOf(of ?? exchange.expect, key)))
  }
  const counts = filters.engine.report()[0]?.counts
  return {
    name: testCase.name,
    failures,
    logs,
    callbacks: counts?.callbacks ?? 0,
    fuelUsed: counts?.fuelUsed ?? 0,
  }
}

/** SplitMix32: the same bytes for each case. */
function sameRandom(): (bytes: Uint8Array) => void {
  let state = 0x9e37_79b9
  return (bytes) => {
    for (let index = 0; index < bytes.length; index++) {
      state = (state + 0x9e37_79b9) | 0
      let word = Math.imul(state ^ (state >>> 16), 0x21f0_aaad)
      word = Math.imul(word ^ (word >>> 15), 0x735a_2d97)
      bytes[index] = word ^ (word >>> 15)
    }
  }
}
