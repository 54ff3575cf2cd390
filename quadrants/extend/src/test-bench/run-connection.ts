import { CloseType } from '@quadrant/wasm/proxy-wasm'
import type {
  ConnectionChain,
  ConnectionFilters,
  ConnectionSink,
} from '../filters/stream/connection-chain.ts'
import type { ManualClock } from './manual-clock.ts'
import type { ExchangeResult } from './run-exchange.ts'
import { TestStreamInfo } from './test-stream-info.ts'
import type { TestConnection, TestStep } from './test-spec.ts'

/**
 * Has one connection pass the filters, step by step. Nothing is read of either side before the filters let it go on; time
 * goes on as long as one holds something and there is something under way that it may wait for.
 */
export function runConnection(
  filters: ConnectionFilters,
  { steps }: TestConnection,
  clock: ManualClock,
): ExchangeResult {
  const info = new TestStreamInfo(clock.nowMs, '')
  const ends = new Ends()
  const chain = filters.open(ends, info)
  const passed: ConnectionChain = chain ?? ends
  passed.begin()
  clock.advanceUntil(() => ends.isConnected || ends.isClosed)
  for (const { from, afterMs, bytes, isEnd } of steps) {
    if (!ends.isConnected || ends.isClosed) break
    clock.advanceTo(clock.nowMs + afterMs)
    if (ends.isClosed) break
    const given = Buffer.from(bytes, 'latin1')
    if (from === 'client') info.requestBodyBytes += given.length
    else info.responseBodyBytes += given.length
    if (from === 'client') passed.downstreamData(given, isEnd)
    else passed.upstreamData(given, isEnd)
  }
  clock.advanceUntil(() => ends.isClosed || !passed.isHolding)
  const isWaiting = passed.isHolding
  info.durationNs = (clock.nowMs - info.startTimeMs) * 1e6
  passed.end(ends.isClosed ? CloseType.LOCAL : CloseType.REMOTE)
  return {
    outcome: ends.isClosed ? 'closed' : isWaiting ? 'waiting' : 'passed',
    request: undefined,
    response: undefined,
    details: undefined,
    toUpstream: ends.received.client,
    toClient: ends.received.upstream,
  }
}

/** Both ends of a connection, and what lies between them where no filter does. */
class Ends implements ConnectionSink, ConnectionChain {
  readonly isHolding = false
  isConnected = false
  isClosed = false
  /** What came through, by whom it is from. */
  readonly received: Record<TestStep['from'], string> = { client: '', upstream: '' }

  begin(): void {
    this.connect()
  }

  downstreamData(bytes: Uint8Array): void {
    this.toUpstream(bytes)
  }

  upstreamData(bytes: Uint8Array): void {
    this.toClient(bytes)
  }

  end(): void {}

  connect(): void {
    this.isConnected = true
  }

  toUpstream(bytes: Uint8Array): void {
    this.received.client += Buffer.from(bytes).toString('latin1')
  }

  toClient(bytes: Uint8Array): void {
    this.received.upstream += Buffer.from(bytes).toString('latin1')
  }

  finish(): void {
    this.isClosed = true
  }

  holdDownstream(): void {}

  holdUpstream(): void {}
}
