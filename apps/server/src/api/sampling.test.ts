import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Severity } from '@quadrant/proto'
import { AgentClient } from '../testing/agent-client.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { TemporaryDir } from '../testing/temporary.ts'

test('sampling rules are told to agents where they are sound, and nothing else of the instruction changes', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  const { api } = server
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const next = () => agent.instruction()
  await api.setInstruction({ instruction: { udpBytes: true, requests: { redactedHeaders: ['x-tenant'] } } })
  await next()
  const rules = [{ id: 'high', header: 'X-Trace-Sampling', value: 'high' }]
  const answer = await api.setSampling({ rules, capturesPerSecondMax: 50 })
  assert.deepEqual([answer.applied, answer.problems], [true, []])
  const told = await next()
  assert.deepEqual(told, answer.instruction)
  assert.equal(told.udpBytes, true)
  assert.deepEqual(told.requests!.redactedHeaders, ['x-tenant'])
  assert.equal(told.requests!.samplingRules[0]!.header, 'X-Trace-Sampling')
  assert.equal(told.requests!.capturesPerSecondMax, 50)

  const refused = await api.setSampling({ rules: [...rules, { id: 'bad', header: 'x:y' }] })
  assert.equal(refused.applied, false)
  assert.deepEqual(
    refused.problems.map(({ code, severity, place }) => [code, severity, place]),
    [['SAMPLE004', Severity.ERROR, 'rules[1].header']],
  )
  assert.equal(refused.instruction!.requests!.samplingRules.length, 1)
  await assert.rejects(api.setSampling({ rules, capturesPerSecondMax: 10_001 }), /captures_per_second_max/)
  const checkedOnly = await api.setSampling({ rules: [{ id: 'all' }], checkOnly: true })
  assert.deepEqual(
    [checkedOnly.applied, checkedOnly.problems.map(({ severity }) => severity)],
    [false, [Severity.WARNING]],
  )
  // None of these has reached the agent: what comes next is what is set next.
  await api.setSampling({ rules: [] })
  assert.deepEqual((await next()).requests!.samplingRules, [])
})
