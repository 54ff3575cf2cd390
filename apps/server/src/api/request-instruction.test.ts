import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RequestProtocol, Severity } from '@quadrant/proto'
import { AgentClient } from '../testing/agent-client.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { TemporaryDir } from '../testing/temporary.ts'

test('how requests are observed is told to agents as a whole, and nothing else of the instruction changes', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  const { api } = server
  assert.deepEqual(await api.getRequestInstruction({}).then(({ requests, hosts }) => [requests, hosts]), [
    undefined,
    [],
  ])
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const next = () => agent.instruction()
  await api.setInstruction({ instruction: { udpBytes: true } })
  await next()

  const asked = {
    preciseServices: ['cart'],
    protocols: [RequestProtocol.GRPC],
    samplingRules: [{ id: 'high', header: 'X-Trace-Sampling', value: 'high' }],
    redactedHeaders: ['x-tenant'],
    routeRules: [{ service: 'cart', pattern: '/carts/:id' }],
  }
  const answer = await api.setRequestInstruction({ requests: asked })
  assert.deepEqual([answer.applied, answer.problems], [true, []])
  const told = await next()
  assert.equal(told.udpBytes, true)
  assert.deepEqual(told.requests, answer.requests)
  assert.deepEqual(told.requests!.preciseServices, ['cart'])
  assert.equal(told.requests!.routeRules[0]!.pattern, '/carts/:id')

  // Each of these is refused or only looked at: what the agent is told next is what is set last.
  const refused = await api.setRequestInstruction({
    requests: {
      samplingRules: [{ id: 'high', header: 'x:y' }],
      routeRules: [{ pattern: '/a' }, { pattern: '/:1' }],
    },
  })
  assert.equal(refused.applied, false)
  assert.deepEqual(
    refused.problems.map(({ code, severity, place }) => [code, severity, place]),
    [
      ['SAMPLE004', Severity.ERROR, 'sampling_rules[0].header'],
      ['ROUTE005', Severity.ERROR, 'route_rules[1].pattern'],
    ],
  )
  assert.deepEqual(refused.requests, answer.requests)
  const checked = await api.setRequestInstruction({
    requests: { samplingRules: [{ id: 'all' }] },
    checkOnly: true,
  })
  assert.deepEqual([checked.applied, checked.problems.map(({ code }) => code)], [false, ['SAMPLE012']])
  await assert.rejects(api.setRequestInstruction({}), /requests is missing/)
  await assert.rejects(
    api.setRequestInstruction({ requests: { capturesPerSecondMax: 10_001 }, checkOnly: true }),
    /captures_per_second_max/,
  )
  await assert.rejects(
    api.setRequestInstruction({ requests: { services: ['\u001b[2J'] } }),
    /requests\.services\[0\]/,
  )
  // Sampling rules alone leave the rest as it is.
  await api.setSampling({ rules: [] })
  const after = await next()
  assert.deepEqual(after.requests!.preciseServices, ['cart'])
  await api.setRequestInstruction({ requests: { off: true } })
  const last = await next()
  assert.deepEqual([last.requests!.off, last.requests!.preciseServices, last.udpBytes], [true, [], true])
})

test('what each host makes of it comes from its report, and goes with its agent', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  const { api } = server
  const until = async (
    condition: (host: Awaited<ReturnType<typeof hosts>>[number] | undefined) => boolean,
  ) => {
    for (let tries = 0; tries < 200; tries++) {
      const [host] = await hosts()
      if (condition(host)) return host!
      await sleep(25)
    }
    return assert.fail('it was never so')
  }
  const hosts = async () => (await api.getRequestInstruction({})).hosts
  {
    await using agent = new AgentClient(dir.path)
    await agent.hello()
    const silent = await until((host) => host?.connected ?? false)
    assert.deepEqual([silent.host, silent.timeNs, silent.report], ['alpha', 0, undefined])
    agent.send({
      case: 'report',
      value: {
        timeNs: 5e9,
        source: 'ebpf',
        instruction: { requests: { redactedHeaders: ['x-tenant'] } },
        requests: { generation: 3, effectiveNs: 4e9, headerScan: true },
        blindSpots: ['requests: something', 'another thing'],
      },
    })
    const said = await until((host) => host?.timeNs === 5e9)
    assert.deepEqual(said.instruction!.redactedHeaders, ['x-tenant'])
    assert.deepEqual([said.report!.generation, said.report!.headerScan], [3, true])
    assert.deepEqual(said.problems, ['requests: something'])
  }
  const left = await until((host) => host?.connected === false)
  assert.deepEqual([left.host, left.report], ['alpha', undefined])
})
