import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lonelyHost, NO_PROPERTIES } from '../testing/lonely-host.ts'
import {
  callOf,
  caught,
  constant,
  forever,
  madeFilter,
  repeated,
  type MadeFilter,
} from '../testing/made-filter.ts'
import { LogLevel, MapType, Result } from './abi.ts'
import { compileFilter } from './compile-filter.ts'
import type { FilterHost } from './filter-host.ts'
import { FilterVm } from './filter-vm.ts'
import { HeaderMap } from './header-map.ts'
import { HttpContext, type HttpStream } from './http-context.ts'
import { FILTER_LIMITS, type FilterLimits } from './limits.ts'
import { RootContext } from './root-context.ts'

const NO_STREAM: HttpStream = {
  properties: NO_PROPERTIES,
  continueRequest: () => {},
  continueResponse: () => {},
  close: () => {},
  fail: () => {},
  localResponse: () => {},
  clearRouteCache: () => {},
  bufferedRequest: () => undefined,
  bufferedResponse: () => undefined,
  bufferRequest: () => true,
  bufferResponse: () => true,
  addRequestTrailers: () => undefined,
  addResponseTrailers: () => undefined,
  requestHeaders: () => undefined,
  responseHeaders: () => undefined,
  responseTrailers: () => undefined,
}

async function rootOf(
  filter: MadeFilter,
  given: Partial<FilterHost> = {},
  limits: Partial<FilterLimits> = {},
  properties = NO_PROPERTIES,
): Promise<RootContext> {
  const module = await compileFilter(madeFilter(filter), FILTER_LIMITS)
  const vm = FilterVm.instantiate(module, lonelyHost(given), {
    vmId: '',
    vmConfiguration: new Uint8Array(),
    env: {},
    limits: { ...FILTER_LIMITS, ...limits },
    capabilities: undefined,
  })
  vm.initialize()
  return new RootContext(vm, vm.nextContextId()!, {
    rootId: '',
    configuration: new Uint8Array(),
    properties,
  })
}

test('a guest that catches what ends it is ended all the same', async () => {
  const root = await rootOf({
    callbacks: [{ name: 'proxy_on_vm_start', parameterCount: 2, code: forever(caught(forever([]))) }],
  })
  assert.equal(root.start(), false)
  assert.equal(root.vm.crash?.failure, 'fuel')
})

test('a guest that catches what ends its calls calls nobody any more', async () => {
  let callCount = 0
  const enqueue = () => {
    callCount++
    return Result.OK
  }
  const root = await rootOf(
    {
      imports: [{ name: 'proxy_enqueue_shared_queue', parameterCount: 3 }],
      callbacks: [
        { name: 'proxy_on_vm_start', parameterCount: 2, code: forever(caught(callOf(0, 1, 0, 1))) },
      ],
    },
    { sharedQueues: { ...lonelyHost().sharedQueues, enqueue } },
    { hostCallsPerCallMax: 1000 },
  )
  assert.equal(root.start(), false)
  assert.equal(root.vm.crash?.failure, 'host-calls')
  assert.ok(callCount < 1300, String(callCount))
})

test('time is looked at whenever calls have moved much, however few they are', async () => {
  let callCount = 0
  // What the host does for it takes its time.
  const enqueue = () => {
    callCount++
    const end = performance.now() + 5
    while (performance.now() < end);
    return Result.OK
  }
  const root = await rootOf(
    {
      imports: [{ name: 'proxy_enqueue_shared_queue', parameterCount: 3 }],
      callbacks: [{ name: 'proxy_on_vm_start', parameterCount: 2, code: forever(callOf(0, 1, 0, 1 << 18)) }],
    },
    { sharedQueues: { ...lonelyHost().sharedQueues, enqueue } },
    { timePerCallMsMax: 20 },
  )
  assert.equal(root.start(), false)
  assert.equal(root.vm.crash?.failure, 'time')
  assert.ok(callCount < 40, String(callCount))
})

test('a function of the host may take as long as a callback, and no more of them follow', async () => {
  let callCount = 0
  const callForeign = () => {
    callCount++
    const end = performance.now() + 15
    while (performance.now() < end);
    return new Uint8Array()
  }
  const root = await rootOf(
    {
      imports: [{ name: 'proxy_call_foreign_function', parameterCount: 6 }],
      callbacks: [
        { name: 'proxy_on_vm_start', parameterCount: 2, code: forever(callOf(0, 0, 1, 0, 0, 0, 0)) },
      ],
    },
    {},
    { timePerCallMsMax: 20 },
    { ...NO_PROPERTIES, callForeign },
  )
  assert.equal(root.start(), false)
  assert.equal(root.vm.crash?.failure, 'time')
  assert.ok(callCount < 10, String(callCount))
})

test('a filter does not make a map longer than any message may be', async () => {
  const headers = new HeaderMap()
  const root = await rootOf({
    imports: [
      { name: 'proxy_set_effective_context', parameterCount: 1 },
      { name: 'proxy_add_header_map_value', parameterCount: 5 },
    ],
    callbacks: [
      {
        name: 'proxy_on_request_headers',
        parameterCount: 3,
        isGiving: true,
        // Names and values of no bytes.
        code: [...repeated(20_000, callOf(1, MapType.REQUEST_HEADERS, 0, 0, 0, 0)), ...constant(0)],
      },
    ],
  })
  assert.equal(root.start(), true)
  new HttpContext(root, root.vm.nextContextId()!, NO_STREAM, true).requestHeaders(headers, true)
  assert.equal(root.vm.crash, undefined)
  assert.ok(headers.size <= 4096, String(headers.size))
  assert.equal(root.vm.refused.values, 20_000 - headers.size)
})

test('what waits for an answer takes no more of the host than it may', async () => {
  let calls = 0
  const root = await rootOf(
    {
      imports: [{ name: 'proxy_http_call', parameterCount: 10 }],
      callbacks: [
        {
          name: 'proxy_on_vm_start',
          parameterCount: 2,
          isGiving: true,
          // 512 KiB each, of a body.
          code: [...repeated(200, callOf(0, 0, 1, 0, 0, 0, 1 << 19, 0, 0, 0, 0)), ...constant(1)],
        },
      ],
    },
    {
      httpCall: () => {
        calls++
        return { call: { cancel: () => {} } }
      },
    },
  )
  assert.equal(root.start(), true)
  assert.equal(calls, FILTER_LIMITS.callBytesMax / (1 << 19))
  assert.equal(root.vm.refused.calls, 200 - calls)
})

test('lines are counted together, by whichever way they are logged', async () => {
  let lines = 0
  const log = () => {
    lines++
  }
  const root = await rootOf(
    {
      imports: [
        { name: 'proxy_log', parameterCount: 3 },
        { name: 'fd_write', parameterCount: 4, from: 'wasi_snapshot_preview1' },
      ],
      callbacks: [
        {
          name: 'proxy_on_vm_start',
          parameterCount: 2,
          isGiving: true,
          code: [
            // One vector of one byte, at 16.
            ...[constant(16), constant(1024), [0x36, 2, 0], constant(20), constant(1), [0x36, 2, 0]].flat(),
            ...repeated(20, callOf(0, LogLevel.INFO, 0, 1)),
            // Each is a line when the callback ends, or when the next makes it too long.
            ...repeated(20, callOf(1, 1, 16, 1, 32)),
            ...constant(1),
          ],
        },
      ],
    },
    { log },
    { logLinesPerSecondMax: 25, logLineBytesMax: 1 },
  )
  assert.equal(root.start(), true)
  assert.equal(lines, 25)
  assert.equal(root.vm.refused.logLines, 15)
})
