import { LogLevel, Result } from '../proxy-wasm/abi.ts'
import type { FilterHost, Properties } from '../proxy-wasm/filter-host.ts'

/** A host of filters with nobody around. */
export function lonelyHost(given: Partial<FilterHost> = {}): FilterHost {
  return {
    nowNs: () => 0n,
    monotonicNs: () => process.hrtime.bigint(),
    fillRandom: () => {},
    logLevel: () => LogLevel.INFO,
    log: () => {},
    sharedData: { get: () => Result.NOT_FOUND, set: () => Result.OK },
    sharedQueues: {
      register: () => ({ token: 1 }),
      resolve: () => undefined,
      enqueue: () => Result.OK,
      dequeue: () => Result.EMPTY,
      release: () => {},
    },
    metrics: { define: () => undefined },
    httpCall: () => ({ result: Result.BAD_ARGUMENT }),
    grpcCall: () => ({ result: Result.PARSE_FAILURE }),
    grpcStream: () => ({ result: Result.PARSE_FAILURE }),
    tick: () => () => {},
    ...given,
  }
}

/** Nothing is known of anything. */
export const NO_PROPERTIES: Properties = {
  get: () => Result.NOT_FOUND,
  set: () => Result.NOT_FOUND,
  callForeign: () => Result.NOT_FOUND,
}
