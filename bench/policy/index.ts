import { parseDocument } from 'yaml'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { median } from '../load/pairs.ts'
import { measureRules } from './gateway-rules.ts'
import { madeFiles } from './made-documents.ts'

const DOCUMENTS = 10_000
const DOCUMENTS_QUICK = 2000
const DOCUMENTS_A_FILE = 20
const CHANGES = 200
const COLD_GOAL_MS = 2000
const CHANGE_GOAL_MS = 5

export const benchmark: Benchmark = {
  name: 'policy',
  description:
    'Policies of all kinds, with expressions and what they refer to, in files of 20 documents: all of them read and checked ' +
    'for the first time in this process (the peer: the package yaml alone, which checks nothing), and one changed of all. ' +
    'At the gateway: what 1,000 rules of authorization take of a request, where one or none fits.',
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  const count = quick ? DOCUMENTS_QUICK : DOCUMENTS
  const files = madeFiles(count, DOCUMENTS_A_FILE)
  progress(`${count} documents`)
  const workspace = new PolicyWorkspace()
  const begin = performance.now()
  for (const [name, text] of files) workspace.setFile(name, text)
  const errors = workspace.findings().filter(({ severity }) => severity === 'error')
  const coldMs = performance.now() - begin
  if (errors.length > 0) throw new Error(`made documents are wrong: ${errors[0]!.message}`)
  progress('the package yaml')
  const peerBegin = performance.now()
  for (const text of files.values()) for (const part of text.split('---\n')) parseDocument(part).toJS()
  const peerMs = performance.now() - peerBegin
  progress('one changed')
  const names = [...files.keys()]
  const changes = Array.from({ length: CHANGES }, (_, index) => {
    const name = names[(index * 37) % names.length]!
    const text = files.get(name)!.replaceAll('requests: 100', `requests: ${101 + index}`)
    const changeBegin = performance.now()
    workspace.setFile(name, text)
    workspace.findings()
    return performance.now() - changeBegin
  })
  return [
    judge({
      case: `${count.toLocaleString('en')} documents for the first time`,
      unit: 'ms',
      ours: coldMs,
      // The goal is for all of them.
      goal: (COLD_GOAL_MS * count) / DOCUMENTS,
    }),
    {
      case: `the same, with what is checked`,
      unit: 'ms',
      ours: coldMs,
      peer: peerMs,
      peerName: 'yaml, which checks nothing',
      ratio: coldMs / peerMs,
    },
    judge({
      case: 'one of all is changed',
      unit: 'ms',
      ours: median(changes),
      spread: [Math.min(...changes), Math.max(...changes)],
      goal: CHANGE_GOAL_MS,
    }),
    ...measureRules(quick),
  ]
}
