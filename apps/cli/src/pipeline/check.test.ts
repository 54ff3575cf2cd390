import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PipelineCode } from '@quadrant/observe'
import { EXPLANATIONS } from '../explain/explanations.ts'
import { memoryContext } from '../testing/memory-context.ts'
import { runPipelineCheck } from './check.ts'

const GOOD = `receivers: { quadrant: }
exporters: { prometheus: }
service: { pipelines: { metrics: { receivers: [quadrant], exporters: [prometheus] } } }
`

test('a good file is counted, exit code 0', async () => {
  const context = memoryContext({ stdin: GOOD })
  await runPipelineCheck(context, {}, '-')
  assert.equal(context.out(), 'stdin: 1 pipeline, 1 receiver, 0 processors, 1 exporter\n')
  assert.equal(context.process.exitCode, undefined)
})

test('a mistake has its line, a caret and a fix; exit code 1', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-pipeline-check-'))
  try {
    const file = join(folder, 'p.yaml')
    writeFileSync(file, GOOD.replace('exporters: [prometheus]', 'exporters: [prometeus]'))
    const context = memoryContext()
    await runPipelineCheck(context, {}, file)
    assert.equal(context.process.exitCode, 1)
    const lines = context.out().split('\n')
    assert.equal(lines[0], `warning[PIPE008] ${file}:2:14 no pipeline has exporter prometheus`)
    const at = lines.findIndex((line) => line.startsWith('error'))
    assert.equal(lines[at], `error[PIPE006] ${file}:3:71 \`prometeus\` is not declared under exporters`)
    assert.equal(lines[at + 2]!.indexOf('^'), lines[at + 1]!.indexOf('prometeus'))
    assert.equal(lines[at + 3], 'fix: prometheus')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a file that is not there is an error of the command', async () => {
  await assert.rejects(runPipelineCheck(memoryContext(), {}, '/nowhere/p.yaml'), { code: 'QDR-C013' })
})

test('what steers a terminal is not printed', async () => {
  const context = memoryContext({ stdin: 'receivers: { "\\e]0;x": , "a\u001b[31m": }\n' })
  await runPipelineCheck(context, {}, '-')
  assert.doesNotMatch(context.out(), /\u001b/) // oxlint-disable-line no-control-regex
})

test('every code is explained', () => {
  for (const code of Object.values(PipelineCode)) assert.ok(EXPLANATIONS.has(code), code)
})
