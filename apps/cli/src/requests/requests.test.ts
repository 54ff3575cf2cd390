// `quadrant requests` against a server that answers as the contract says, and checks rules as a real one does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { checkSamplingRules, compileRouteRules, samplingRuleOf } from '@quadrant/observe'
import {
  GetRequestInstructionResponseSchema,
  RequestInstructionSchema,
  RequestProtocol,
  SetRequestInstructionResponseSchema,
  Severity,
  type RequestHostSchema,
  type RequestInstruction,
} from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { assertGolden } from '../testing/golden.ts'
import { NOON_MS } from '../testing/made-flows.ts'
import { MadeServer } from '../testing/made-server.ts'
import { memoryContext } from '../testing/memory-context.ts'
import { runRequestsAdd, runRequestsList, runRequestsRemove, runRequestsSet } from './run.ts'

type HostInit = MessageInitShape<typeof RequestHostSchema>

const RULES = [
  { id: 'high', header: 'X-Trace-Sampling', value: 'high', capturesPerSecondMax: 50 },
  { id: 'some', service: 'shop-*', route: '/carts/{id}', rate: { case: 'perThousand', value: 1.5 } },
  { id: 'calls', protocol: RequestProtocol.GRPC, rate: { case: 'perSecond', value: 5 } },
] as const

/** Keeps an instruction; its one agent follows it with the report after next, `web-2` never comes. */
function keeping(requests: RequestInstruction | undefined, hosts: readonly HostInit[] = []) {
  const state = { requests, generation: 3, reports: 0 }
  const server = MadeServer.start({
    getRequestInstruction() {
      const { generation, requests: now } = state
      state.reports++
      const alpha: HostInit = {
        host: 'web-1',
        connected: true,
        timeNs: (NOON_MS + state.reports) * 1e6,
        ...(now && !now.off && { report: { generation, effectiveNs: (NOON_MS - 5000) * 1e6 } }),
        ...(now && { instruction: now }),
      }
      return create(GetRequestInstructionResponseSchema, {
        ...(now && { requests: now }),
        hosts: hosts.length > 0 ? [...hosts] : [alpha],
      })
    },
    setRequestInstruction({ requests: asked, checkOnly }) {
      const severities = { error: Severity.ERROR, warning: Severity.WARNING, info: Severity.INFO }
      const problems = [
        ...checkSamplingRules(asked!.samplingRules.map(samplingRuleOf)).diagnostics,
        ...compileRouteRules(asked!.routeRules).diagnostics,
      ].map(({ code, severity, place, message, fix = '' }) => ({
        code,
        severity: severities[severity],
        place,
        message,
        fix,
      }))
      const applied = !checkOnly && !problems.some(({ severity }) => severity === Severity.ERROR)
      if (applied) {
        state.requests = asked!
        state.generation++
      }
      return create(SetRequestInstructionResponseSchema, { applied, problems })
    },
  })
  return { state, server }
}

async function ran(
  server: MadeServer,
  run: (context: ReturnType<typeof memoryContext>, flags: { output: 'table'; data: string }) => Promise<void>,
) {
  const context = memoryContext({ nowMs: NOON_MS })
  let error: unknown
  try {
    await run(context, { output: 'table', data: server.data })
  } catch (thrown) {
    error = thrown
  }
  if (error !== undefined && !(error instanceof CliError)) throw error
  return { out: context.out(), err: context.err(), error }
}

const FULL = create(RequestInstructionSchema, {
  services: ['shop-*', 'cart'],
  preciseServices: ['cart'],
  samplingRules: [...RULES],
  capturesPerSecondMax: 500,
  redactedHeaders: ['x-tenant-*'],
  redactedParameters: ['page_token'],
  routeRules: [{ service: 'cart', pattern: '/carts/:id/*' }, { pattern: '/static/*' }],
  routesPerServiceMax: 1000,
  tlsOff: true,
})

test('what is asked for, the rules, and what each host makes of them', async () => {
  const report = { generation: 4, effectiveNs: (NOON_MS - 12_000) * 1e6, headerScan: true, services: 7 }
  const said = { connected: true, timeNs: NOON_MS * 1e6, instruction: FULL }
  const hosts: HostInit[] = [
    { host: 'web-1', ...said, report: { ...report, captures: 1234, capturesCapped: 5, preciseServices: 1 } },
    { host: 'web-2', ...said, report, instruction: { samplingRules: [] } },
    { host: 'web-3', ...said, problems: ['requests are not seen: no cgroup v2 \u001b[2J'] },
    { host: 'web-4', connected: true },
    { host: 'web-5' },
  ]
  await using server = await keeping(FULL, hosts).server
  const { out, err, error } = await ran(server, runRequestsList)
  assert.equal(error, undefined)
  assert.equal(err, '')
  assertGolden('requests-list.txt', out)

  const context = memoryContext({ nowMs: NOON_MS })
  await runRequestsList(context, { output: 'json', data: server.data })
  const answer = create(GetRequestInstructionResponseSchema, { requests: FULL, hosts })
  assert.equal(context.out(), jsonDocument(jsonEncoder(GetRequestInstructionResponseSchema)(answer)))
})

test('nobody has asked for anything yet: the first rule turns requests on, and says so', async () => {
  const { state, server: starting } = keeping(undefined)
  await using server = await starting
  assertGolden('requests-list-unset.txt', (await ran(server, runRequestsList)).out)
  const { out, err } = await ran(server, (context, flags) =>
    runRequestsAdd(context, { ...flags, header: 'X-Trace-Sampling=high' }, 'high'),
  )
  assert.match(err, /requests of all services are observed from now on/)
  assert.match(out, /^high +X-Trace-Sampling: high/m)
  assert.match(out, /^web-1 +follows +4 /m)
  assert.equal(state.requests!.off, false)
})

test('rules are added, replaced in their place, put first and removed', async () => {
  const { state, server: starting } = keeping(FULL)
  await using server = await starting
  const ids = () => state.requests!.samplingRules.map(({ id }) => id)
  const add = (id: string, more: object) =>
    ran(server, (context, flags) => runRequestsAdd(context, { ...flags, ...more }, id))

  assert.equal((await add('new', { header: 'x-debug', cap: 3 })).err, '')
  assert.deepEqual(ids(), ['high', 'some', 'calls', 'new'])
  await add('some', { header: ' x-a : b=c ', route: '/x' })
  assert.deepEqual(ids(), ['high', 'some', 'calls', 'new'])
  const { header, value, service, route } = state.requests!.samplingRules[1]!
  assert.deepEqual([header, value, service, route], ['x-a', 'b=c', '', '/x'])
  await add('calls', { proto: 'grpc', perSecond: 2, first: true })
  assert.deepEqual(ids(), ['calls', 'high', 'some', 'new'])
  // Nothing else has changed.
  assert.deepEqual({ ...state.requests!, samplingRules: [] }, { ...FULL, samplingRules: [] })

  const remove = (...names: string[]) =>
    ran(server, (context, flags) => runRequestsRemove(context, flags, ...names))
  assert.match((await remove('hihg')).error!.message, /no sampling rule is called `hihg`/)
  assert.equal((await remove('hihg')).error!.fix, 'did you mean high?')
  assert.match((await remove()).error!.message, /NAME of a sampling rule is missing/)
  assert.equal((await remove('high', 'new')).error, undefined)
  assert.deepEqual(ids(), ['calls', 'some'])
})

test('what is wrong is told with the flag, the code and the fix, and nothing is changed', async () => {
  const { state, server: starting } = keeping(FULL)
  await using server = await starting
  const refused = async (run: Parameters<typeof ran>[1], ...told: RegExp[]) => {
    const { error, out } = await ran(server, run)
    assert.ok(error, String(told[0]))
    assert.equal(error.exitCode, 2)
    for (const one of told) assert.match(error.format(), one)
    assert.equal(out, '')
  }
  const add = (id: string, more: object): Parameters<typeof ran>[1] => {
    return (context, flags) => runRequestsAdd(context, { ...flags, ...more }, id)
  }
  const set = (more: object): Parameters<typeof ran>[1] => {
    return (context, flags) => runRequestsSet(context, { ...flags, ...more })
  }
  await refused(
    add('x', { header: 'a b' }),
    /nothing was changed\nerror\[SAMPLE004\] rule 'x', --header is no name/,
  )
  await refused(
    add('x', { header: 'Authorization=1' }),
    /error\[SAMPLE010\] rule 'x', --header would put a secret/,
    /\nfix: leave the value out/,
  )
  await refused(add('a b', {}), /error\[SAMPLE002\] rule 'a b', NAME has other characters/)
  await refused(add('x', { perThousand: 0 }), /error\[SAMPLE008\] rule 'x', --per-thousand is 0/)
  await refused(add('x', { perThousand: 1, perSecond: 1 }), /two rates/)
  await refused(add('x', { header: '=high' }), /has no name/)
  await refused(
    set({ routeRule: ['/a', 'cart=users/:id'] }),
    /error\[ROUTE003\] --route-rule 'cart=users\/:id' does not begin with/,
  )
  await refused(set({}), /nothing is to be set/, /--help/)
  await refused(set({ on: true, off: true }), /contradict/)
  await refused(set({ precise: ['none', 'cart'] }), /--precise none stands alone/)
  assert.equal(state.requests, FULL)

  const warned = await ran(server, add('late', { header: 'x-trace-sampling', value: 'high', service: 'a' }))
  assert.equal(warned.error, undefined)
  const never = await ran(server, add('never', { header: 'X-Trace-Sampling=high', service: 'cart' }))
  assert.match(
    never.err,
    /^warning\[SAMPLE011\] rule 'never' is never reached.*\nfix: put 'never' before 'high'/,
  )
  const before = state.requests
  const dry = await ran(server, add('dry', { header: 'x-dry', dryRun: true }))
  assert.match(dry.err, /it could be done; nothing was changed/)
  assert.equal(state.requests, before)
  assert.doesNotMatch(dry.out, /x-dry/)
})

test('settings: each list takes the place of the one before, and the rest stays', async () => {
  const { state, server: starting } = keeping(FULL)
  await using server = await starting
  const check = async (more: object, expected: Partial<RequestInstruction>) => {
    const before = state.requests!
    const { error } = await ran(server, (context, flags) => runRequestsSet(context, { ...flags, ...more }))
    assert.equal(error, undefined)
    assert.deepEqual(state.requests, create(RequestInstructionSchema, { ...before, ...expected }))
  }
  await check({ service: ['pay', 'pay', 'cart'] }, { services: ['pay', 'cart'] })
  await check({ service: ['all'] }, { services: [] })
  await check({ precise: ['pay'], cap: 7 }, { preciseServices: ['pay'], capturesPerSecondMax: 7 })
  await check({ precise: ['none'] }, { preciseServices: [] })
  await check({ proto: ['grpc', 'http1'] }, { protocols: [RequestProtocol.GRPC, RequestProtocol.HTTP1] })
  await check({ redactHeader: ['x-a'] }, { redactedHeaders: ['x-a'] })
  await check(
    { redactHeader: ['none'], redactParameter: ['p'] },
    { redactedHeaders: [], redactedParameters: ['p'] },
  )
  await check({ routes: 9, tls: 'off' }, { routesPerServiceMax: 9, tlsOff: true })
  await check({ tls: 'on' }, { tlsOff: false })
  await check({ routeRule: ['none'] }, { routeRules: [] })
  await check({ off: true }, { off: true })
  await check({ cap: 8 }, { off: true, capturesPerSecondMax: 8 })
  await check({ on: true }, { off: false })
})

test('off, and on for those that are named first', async () => {
  const named = keeping(undefined)
  await using server = await named.server
  await ran(server, (context, flags) => runRequestsSet(context, { ...flags, redactHeader: ['x-a'] }))
  assert.equal(named.state.requests!.off, true)
  named.state.requests = undefined
  await ran(server, (context, flags) => runRequestsSet(context, { ...flags, service: ['cart'] }))
  assert.deepEqual([named.state.requests!.off, named.state.requests!.services], [false, ['cart']])
  named.state.requests = { ...FULL, off: true }
  const { err } = await ran(server, (context, flags) =>
    runRequestsAdd(context, { ...flags, header: 'x-b' }, 'b'),
  )
  assert.match(err, /requests are off: quadrant requests set --on/)
})
