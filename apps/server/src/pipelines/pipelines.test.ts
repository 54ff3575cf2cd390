import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { RuntimeBatchSchema } from '@quadrant/proto'
import { AgentClient } from '../testing/agent-client.ts'
import { type BatchInit, EPOCH, secondOf } from '../testing/batch.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { TemporaryDir } from '../testing/temporary.ts'

test(
  'what agents tell goes on as OTLP, with semantic conventions, and each stage is counted',
  { timeout: 120_000 },
  async () => {
    using dir = new TemporaryDir()
    const file = join(dir.path, 'pipeline.yaml')
    writeFileSync(
      file,
      `receivers: { quadrant: }
processors: { batch: { timeout: 10ms } }
exporters: { file: { path: told/out.jsonl } }
service: { pipelines: { metrics: { receivers: [quadrant], processors: [batch], exporters: [file] } } }
`,
    )
    await using server = await ServerProcess.start(dir.path, ['--pipeline', file])
    await using agent = new AgentClient(dir.path)
    await agent.hello()
    const endedNs = (Date.now() - 1000) * 1e6
    const runtime = create(RuntimeBatchSchema, {
      processKeys: ['1@1'],
      gcCycles: [1, 2, 3].map((n) => ({
        process: 0,
        startNs: endedNs - 5e6,
        endNs: endedNs,
        sweepTerminationNs: 20_000 * n,
        markTerminationStartNs: endedNs - 90_000,
        markTerminationNs: 90_000,
      })),
    })
    await agent.deliver(1, secondOf(0, { runtime }))
    await agent.deliver(2, secondOf(1))
    const counts = async () =>
      Object.fromEntries(
        (await server.api.runDoctor({})).checks
          .filter(({ id }) => id.startsWith('server.pipelines.'))
          .map(({ id, detail }) => [id.slice('server.pipelines.'.length), detail]),
      )
    let stages = await counts()
    while (!stages['exporter/file']!.startsWith('seen 10, kept 10')) stages = await counts()
    assert.match(stages['receiver/quadrant']!, /^seen 10, kept 10, held 0$/)
    const text = readFileSync(join(dir.path, 'server/told/out.jsonl'), 'utf8')
    const resources = text
      .trim()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { resourceMetrics: Json[] }).resourceMetrics)
    const [first] = resources
    const resource = JSON.stringify(first!['resource'])
    for (const part of [
      '"service.name","value":{"stringValue":"web"}',
      '"stringValue":"alpha/1@1"',
      '"stringValue":"alpha"',
    ])
      assert.ok(resource.includes(part), part)
    const all = JSON.stringify(resources)
    assert.ok(
      all.includes('"quadrant.network.io"') &&
        all.includes('"service.peer.name","value":{"stringValue":"db"}'),
    )
    assert.ok(all.includes('"go.gc.pause"') && all.includes('"exponentialHistogram"'))
    assert.ok(all.includes(`"timeUnixNano":"${EPOCH + 1}000000000"`))
  },
)

type Json = Readonly<Record<string, unknown>>

test('a pipeline file with a mistake is told with its place, and nothing is started', async () => {
  using dir = new TemporaryDir()
  const file = join(dir.path, 'pipeline.yaml')
  writeFileSync(file, 'receivers: { quadrnt: }\nservice: { pipelines: { } }\n')
  await assert.rejects(ServerProcess.start(dir.path, ['--pipeline', file]), (error: Error) => {
    assert.match(error.message, /^exit 2: /)
    assert.match(
      error.message,
      /error\[PIPE003\] .*pipeline\.yaml:1:14 there is no receiver `quadrnt`[\s\S]*fix: quadrant/,
    )
    return true
  })
})

test(
  'after a restart a process still has the name that it was told with before',
  { timeout: 120_000 },
  async () => {
    using dir = new TemporaryDir()
    const file = join(dir.path, 'pipeline.yaml')
    writeFileSync(
      file,
      `receivers: { quadrant: }
exporters: { file: { path: out.jsonl } }
service: { pipelines: { metrics: { receivers: [quadrant], exporters: [file] } } }
`,
    )
    const second = async (seq: number, init: BatchInit) => {
      await using _server = await ServerProcess.start(dir.path, ['--pipeline', file])
      await using agent = new AgentClient(dir.path)
      await agent.hello()
      await agent.deliver(seq, secondOf(seq, init))
    }
    await second(1, {})
    await second(2, { processes: [] })
    const lines = readFileSync(join(dir.path, 'server/out.jsonl'), 'utf8').trim().split('\n')
    assert.equal(lines.length, 2)
    for (const line of lines)
      assert.ok(line.includes('"service.name","value":{"stringValue":"web"}'), line.slice(0, 300))
  },
)
