import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatDiagnostic } from '@quadrant/core'
import fc from 'fast-check'
import { checkPipelines } from './check-pipelines.ts'

const GOOD = `receivers:
  quadrant:
  otlp:
    protocols:
      grpc:
      http:
        endpoint: 127.0.0.1:4400
processors:
  memory_limiter: { limit_mib: 128 }
  batch: { timeout: 1s, send_batch_size: 100 }
  attributes/redact:
    actions:
      - { key: http.request.header.authorization, action: delete }
exporters:
  otlp: { endpoint: backend.example:4317, sending_queue: { directory: /var/queue } }
  prometheus:
service:
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter, attributes/redact, batch], exporters: [otlp] }
    metrics: { receivers: [otlp, quadrant], processors: [batch], exporters: [otlp, prometheus] }
`

test('a file in the shape of the Collector is understood', () => {
  const { value, diagnostics } = checkPipelines(GOOD)
  assert.deepEqual(diagnostics, [])
  assert.ok(value)
  assert.deepEqual(
    value.pipelines.map(({ id, signal, processors }) => [id, signal, processors.length]),
    [
      ['traces', 'traces', 3],
      ['metrics', 'metrics', 1],
    ],
  )
  const [, otlp] = value.receivers
  assert.ok(otlp?.kind === 'otlp')
  assert.deepEqual([otlp.grpc?.port, otlp.http?.port], [4317, 4400])
  const [sender] = value.exporters
  assert.ok(sender?.kind === 'otlp')
  assert.equal(sender.retry.elapsedMaxMs, 0, 'what is on disk is never given up')
  const [, batch] = value.processors
  assert.ok(batch?.kind === 'batch')
  assert.deepEqual([batch.timeoutMs, batch.sendBatchSize], [1000, 100])
})

/** The good file with one thing changed, and what is said of it: code, line and column, fix. */
const CASES: readonly (readonly [
  name: string,
  from: string,
  to: string,
  code: string,
  place: string,
  fix: RegExp,
])[] = [
  ['a key that is not there', 'send_batch_size', 'send_batch_sise', 'PIPE002', '10:25', /^send_batch_size$/],
  ['a section that is not there', 'exporters:\n  otlp', 'exporter:\n  otlp', 'PIPE002', '14:1', /exporters/],
  [
    'a type that is not there',
    'prometheus:\nservice',
    'prometeus:\nservice',
    'PIPE003',
    '16:3',
    /^prometheus$/,
  ],
  ['a duration without a unit', 'timeout: 1s', 'timeout: 17', 'PIPE004', '10:21', /200ms/],
  ['a number that is too large', 'limit_mib: 128', 'limit_mib: 99999999', 'PIPE004', '9:32', /limit_mib/],
  ['a list that is none', 'exporters: [otlp] }', 'exporters: otlp }', 'PIPE004', '19:101', /\[/],
  ['an address without a port', '127.0.0.1:4400', '127.0.0.1', 'PIPE004', '7:19', /127\.0\.0\.1:4318/],
  ['a value that is missing', 'endpoint: backend.example:4317, ', '', 'PIPE005', '15:9', /endpoint/],
  [
    'a name that is not declared',
    'receivers: [otlp], processors: [m',
    'receivers: [oltp], processors: [m',
    'PIPE006',
    '19:27',
    /^otlp$/,
  ],
  [
    'prometheus for traces',
    'exporters: [otlp] }',
    'exporters: [otlp, prometheus] }',
    'PIPE007',
    '19:108',
    /remove/,
  ],
  ['a signal that is not carried', '    traces:', '    logs:', 'PIPE009', '19:5', /metrics/],
  [
    'a variable that is not set',
    'backend.example:4317',
    '"${env:BACKEND}"',
    'PIPE010',
    '15:21',
    /export BACKEND/,
  ],
  [
    'a header that cannot be sent',
    'endpoint: backend.example:4317',
    'endpoint: backend.example:4317, headers: { a b: x }',
    'PIPE004',
    '15:52',
    /authorization/,
  ],
  ['a port that two want', '127.0.0.1:4400', '127.0.0.1:9464', 'PIPE011', '16:3', /its own/],
  ['text that is no YAML', 'batch: {', 'batch: [{', 'PIPE001', '10:3', /^$/],
  ['the same key twice', '  prometheus:\n', '  prometheus:\n  prometheus:\n', 'PIPE001', '17:3', /^$/],
  ['an alias', 'backend.example:4317', '*here', 'PIPE001', '15:21', /value/],
]

for (const [name, from, to, code, place, fix] of CASES)
  test(`${name}: ${code} at ${place}`, () => {
    assert.ok(GOOD.includes(from))
    const source = GOOD.replace(from, to)
    const { value, diagnostics } = checkPipelines(source, { file: 'p.yaml' })
    assert.equal(value, undefined)
    const found = diagnostics.find((diagnostic) => diagnostic.severity === 'error')!
    const text = formatDiagnostic(found, source)
    if (code === 'PIPE001') assert.match(text, /^error\[PIPE001\] p\.yaml:\d+:\d+ /)
    else assert.match(text, new RegExp(`^error\\[${code}\\] p\\.yaml:${place} `), text)
    assert.match(found.fix ?? '', fix)
  })

test('what is risky is a warning, and the file is taken', () => {
  const source = GOOD.replace('127.0.0.1:4400', '0.0.0.0:4400').replace(
    '  prometheus:',
    '  file: { path: out.jsonl }\n  prometheus:',
  )
  const { value, diagnostics } = checkPipelines(source)
  assert.ok(value)
  assert.deepEqual(
    diagnostics.map(({ code, severity }) => [code, severity]),
    [
      ['PIPE012', 'warning'],
      ['PIPE008', 'warning'],
    ],
  )
})

test('variables of the environment are filled in', () => {
  const source = GOOD.replace('backend.example:4317', '"${env:BACKEND}:${PORT:-4317}"')
  const { value } = checkPipelines(source, { environment: { BACKEND: 'here' } })
  const [sender] = value!.exporters
  assert.equal(sender?.kind === 'otlp' && sender.target, 'here:4317')
})

test('whatever text it is, there is an answer and never a throw', () => {
  const words = fc.constantFrom(
    ...GOOD.split(/(\W)/),
    ': ',
    '- ',
    '? ',
    '&a ',
    '*a',
    '!!map ',
    '{',
    '[',
    '"',
    "'",
    '|',
    '\t',
    '\0',
    '${env:A}',
  )
  fc.assert(
    fc.property(fc.array(words, { maxLength: 60 }), fc.nat(GOOD.length), (parts, at) => {
      const source = GOOD.slice(0, at) + parts.join('') + GOOD.slice(at + parts.length)
      const { diagnostics } = checkPipelines(source)
      for (const { range } of diagnostics)
        assert.ok(range && range.start <= range.end && range.start <= source.length + 1)
    }),
    { seed: 5, numRuns: 200 },
  )
})

test('depth and length are limited', () => {
  for (const source of [
    '['.repeat(100_000),
    `${'- '.repeat(50_000)}a`,
    'x'.repeat(2 * 1024 * 1024),
    Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    `receivers:\n${Array.from({ length: 2000 }, (_, i) => `  otlp/${i}:`).join('\n')}`,
  ]) {
    const { value, diagnostics } = checkPipelines(source)
    assert.equal(value, undefined)
    assert.ok(
      diagnostics.some(({ code }) => code === 'PIPE013'),
      diagnostics[0]?.message ?? '',
    )
  }
})

test('every example of the guide can be run, and says nothing', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../../../docs/guide/pipeline.md'), 'utf8')
  const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, source]) => source!)
  assert.ok(examples.length >= 4)
  for (const source of examples) {
    const { value, diagnostics } = checkPipelines(source, { environment: { BACKEND_TOKEN: 'x' } })
    assert.deepEqual(diagnostics, [])
    assert.ok(value)
  }
})
