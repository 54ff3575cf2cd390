import {
  FILTER_LIMITS,
  FilterVm,
  LogLevel,
  Result,
  RootContext,
  type FilterHost,
  type Properties,
} from '@quadrant/wasm/proxy-wasm'
import { NO_CALLS } from './thread-filters.ts'

/** Most filters start in a few milliseconds once they are compiled; what takes longer is not warmed to its end. */
const CALL_MS_MAX = 50

/**
 * Starts a module once, with nobody around it, and forgets the instance. V8 compiles functions when they are first called,
 * and all threads have what one has compiled: of a filter in Go that is 20 of the 24 ms of its first start, for which a
 * thread with streams would stand still. What is wrong with the module turns out where it is really started.
 */
export function warmModule(module: WebAssembly.Module, memoryBytesMax: number): void {
  try {
    const vm = FilterVm.instantiate(module, lonelyHost(), {
      vmId: '',
      vmConfiguration: EMPTY,
      env: {},
      limits: { ...FILTER_LIMITS, memoryBytesMax, timePerCallMsMax: CALL_MS_MAX },
      capabilities: undefined,
    })
    vm.initialize()
    if (vm.crash !== undefined) return
    const id = vm.nextContextId() ?? 1
    const root = new RootContext(vm, id, { rootId: '', configuration: EMPTY, properties: NOTHING_KNOWN })
    root.start()
    root.release()
  } catch {
    // It is no filter that can be linked.
  }
}

const EMPTY = new Uint8Array()

const NOTHING_KNOWN: Properties = {
  get: () => Result.NOT_FOUND,
  set: () => Result.NOT_FOUND,
  callForeign: () => Result.NOT_FOUND,
}

/** Answers as one that has nothing and does nothing. Its clocks go on a little each time they are read. */
function lonelyHost(): FilterHost {
  let ns = 0n
  const next = () => (ns += 1000n)
  return {
    nowNs: next,
    monotonicNs: next,
    fillRandom: () => {},
    logLevel: () => LogLevel.CRITICAL,
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
    ...NO_CALLS,
    tick: () => () => {},
  }
}
