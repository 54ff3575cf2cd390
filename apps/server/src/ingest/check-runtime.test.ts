import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import { BatchSchema, BuildSettingSchema, GoModuleSchema } from '@quadrant/proto'
import { EPOCH, secondOf } from '../testing/batch.ts'
import { checkChangedBatches } from '../testing/changed-batches.ts'
import { decodeWireBatch } from '../testing/checked.ts'
import { leaves } from '../testing/leaves.ts'
import { runtimeOf, WEB_BUILD, windowOf, type RuntimeInit } from '../testing/runtime-batch.ts'
import { checkBatch } from './check.ts'

const NOW_NS = (EPOCH + 100) * 1e9
const ESCAPE = '\u001b[2J'
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/ // oxlint-disable-line no-control-regex
const many = <T>(count: number, item: T) => Array.from({ length: count }, () => item)

function check(init: RuntimeInit) {
  const bytes = toBinary(BatchSchema, secondOf(0, { runtime: runtimeOf(0, init) }))
  return checkBatch(decodeWireBatch(bytes), NOW_NS)
}

const [cycle] = runtimeOf(0).gcCycles
const [stop] = runtimeOf(0).worldStops
const [figures] = runtimeOf(0).goFigures
const [cost] = runtimeOf(0).probeCosts
const [fact] = runtimeOf(0).facts
const [finding] = runtimeOf(0).findings
const [build] = runtimeOf(0).builds
const profile = (init: Parameters<typeof windowOf>[1]): RuntimeInit => ({ profiles: [windowOf(0, init)] })

const cases: [name: string, init: RuntimeInit, reason: string | undefined][] = [
  ['a plain second', {}, undefined],
  ['nothing of anything', { processKeys: [], ...empty() }, undefined],
  [
    'a goal of all ones, as a heap has that is never collected',
    { goFigures: [{ ...figures!, heapGoalBytes: 2 ** 64 }] },
    undefined,
  ],
  ['a second pause that was not seen', { gcCycles: [{ ...cycle!, markTerminationStartNs: 0 }] }, undefined],
  ['a process key that is none', { processKeys: ['../../etc', '2@1'] }, 'text'],
  ['a cycle of a process that is not there', { gcCycles: [{ ...cycle!, process: 2 }] }, 'index'],
  ['a cycle that ends before it starts', { gcCycles: [{ ...cycle!, endNs: cycle!.startNs - 1000 }] }, 'time'],
  ['a cycle of the far future', { gcCycles: [{ ...cycle!, endNs: NOW_NS * 2 }] }, 'time'],
  ['a cycle of no time', { gcCycles: [{ ...cycle!, startNs: Number.NaN }] }, 'time'],
  ['a cycle that took less than nothing', { gcCycles: [{ ...cycle!, sweepTerminationNs: -1 }] }, 'counter'],
  ['a cycle with an unknown trigger', { gcCycles: [{ ...cycle!, trigger: 9 as 1 }] }, 'index'],
  ['too many cycles', { gcCycles: many(20_001, cycle!) }, 'count'],
  ['a stop of a process that is not there', { worldStops: [{ ...stop!, process: 7 }] }, 'index'],
  ['an endless stop', { worldStops: [{ ...stop!, durationNs: Infinity }] }, 'counter'],
  ['figures of a process that is not there', { goFigures: [{ ...figures!, process: 2 }] }, 'index'],
  ['figures of no number', { goFigures: [{ ...figures!, goroutines: Number.NaN }] }, 'counter'],
  ['figures that are half known', { goFigures: [{ ...figures!, known: 1.5 }] }, 'counter'],
  ['a cost of a process that is not there', { probeCosts: [{ ...cost!, process: 2 }] }, 'index'],
  ['an infinite cost', { probeCosts: [{ ...cost!, share: Infinity }] }, 'counter'],
  [
    'a build of a process that is not there',
    { processBuilds: [{ process: 2, buildId: WEB_BUILD }] },
    'index',
  ],
  ['a build that is none', { processBuilds: [{ process: 0, buildId: `build:${ESCAPE}` }] }, 'text'],
  ['a build without a name', { builds: [{ ...build!, id: '' }] }, 'text'],
  [
    'a build of too many modules',
    { builds: [{ ...build!, dependencies: many(10_001, create(GoModuleSchema, { path: 'a' })) }] },
    'count',
  ],
  ['a build of a size that is no number', { builds: [{ ...build!, sizeBytes: Number.NaN }] }, 'counter'],
  ['a fact without a subject', { facts: [{ ...fact!, subject: '' }] }, 'text'],
  ['a fact about no coordinate', { facts: [{ ...fact!, object: 'web' }] }, 'text'],
  ['a fact without a predicate', { facts: [{ ...fact!, predicate: '' }] }, 'text'],
  ['a fact that ends before it begins', { facts: [{ ...fact!, validFromNs: 5e9, validToNs: 4e9 }] }, 'time'],
  ['a fact without a beginning', { facts: [{ ...fact!, validFromNs: 0 }] }, undefined],
  ['a fact from before all time', { facts: [{ ...fact!, validFromNs: -1 }] }, 'time'],
  ['a finding without a code', { findings: [{ ...finding!, code: '' }] }, 'text'],
  ['a finding of an unknown severity', { findings: [{ ...finding!, severity: 4 as 1 }] }, 'index'],
  ['too many findings', { findings: many(1001, finding!) }, 'count'],
  ['a profile that ends when it starts', profile({ endNs: EPOCH * 1e9 }), 'time'],
  ['a profile of a day', profile({ startNs: (EPOCH - 86_400) * 1e9 }), 'time'],
  ['a profile at no rate', profile({ frequencyHz: 0 }), 'profile'],
  ['a profile without the empty string', profile({ strings: ['main.main'] }), 'profile'],
  ['a profile with a name that is not there', profile({ frames: [{ function: 9 }, {}, {}] }), 'index'],
  ['a profile with an unknown kind of frame', profile({ frames: [{ kind: 6 as 1 }, {}, {}] }), 'index'],
  ['a node of a frame that is not there', profile({ nodeFrame: [0, 1, 3] }), 'index'],
  ['a node that is its own parent', profile({ nodeParent: [0, 2, 0] }), 'index'],
  ['a node before its parent', profile({ nodeParent: [3, 0, 0] }), 'index'],
  ['nodes of different lengths', profile({ nodeParent: [0, 1] }), 'profile'],
  ['samples of different lengths', profile({ sampleCount: [1] }), 'profile'],
  ['samples of a node that is not there', profile({ sampleNode: [4, 0, 0] }), 'index'],
  ['samples of a process that is not there', profile({ sampleProcess: [0, 0, 2] }), 'index'],
  ['samples of an unknown kind', profile({ sampleKind: [3, 0, 0] }), 'index'],
  ['samples after their window', profile({ sampleOffsetUs: [2_000_001, 0, 0] }), 'index'],
  ['samples that are broken twice', profile({ sampleBroken: [2, 0, 0] }), 'index'],
]
for (const [name, init, reason] of cases)
  test(`runtime, ${reason ? 'refused' : 'accepted'}: ${name}`, () => {
    const { batch, refusal } = check(init)
    assert.equal(refusal?.reason, reason, refusal?.detail ?? 'accepted')
    assert.equal(batch === undefined, reason !== undefined)
    assert.doesNotMatch(refusal?.detail ?? '', CONTROL)
  })

function empty(): RuntimeInit {
  const names = [
    'builds',
    'processBuilds',
    'facts',
    'gcCycles',
    'worldStops',
    'goFigures',
    'probeCosts',
    'findings',
    'profiles',
  ]
  return Object.fromEntries(names.map((name) => [name, []]))
}

test('what was read out of programs is made harmless', () => {
  const wild: RuntimeInit = {
    builds: [
      {
        ...build!,
        exe: `/${'x'.repeat(9000)}`,
        runtimeVersion: ESCAPE,
        goBuildId: ESCAPE,
        gnuBuildId: ESCAPE,
        mainPackage: ESCAPE,
        architecture: ESCAPE,
        refusal: ESCAPE,
        runtimeEvidence: ESCAPE,
        dependencies: [
          create(GoModuleSchema, {
            path: ESCAPE,
            version: ESCAPE,
            replacement: { path: ESCAPE, replacement: { path: 'deep' } },
          }),
        ],
        settings: [create(BuildSettingSchema, { key: ESCAPE, value: ESCAPE })],
      },
    ],
    facts: [{ ...fact!, object: `mod:${ESCAPE}` }],
    findings: [{ ...finding!, subject: `svc:${ESCAPE}`, message: ESCAPE, fix: ESCAPE }],
    worldStops: [{ ...stop!, reason: ESCAPE }],
    ...profile({ strings: ['', ESCAPE, 'y'.repeat(9000), '', '', '', ''] }),
  }
  const { runtime } = check(wild).batch!
  for (const value of leaves(runtime)) if (typeof value === 'string') assert.doesNotMatch(value, CONTROL)
  assert.equal(runtime!.facts[0]!.object, 'mod:\ufffd[2J')
  assert.equal(runtime!.builds[0]!.exe.length, 4096)
  assert.equal(runtime!.builds[0]!.dependencies[0]!.replacement!.replacement, undefined)
  assert.equal(runtime!.profiles[0]!.strings[2]!.length, 2048)
})

test('whatever the bytes, a batch with runtimes is refused, or all of it is within its limits', () => {
  const whole = toBinary(BatchSchema, secondOf(0, { runtime: runtimeOf(0) }))
  const options = { nowNs: NOW_NS, changesMax: 6, seed: 8, numRuns: 3000 }
  const { accepted, refused } = checkChangedBatches(whole, options, ({ batch }) => {
    if (!batch) return
    for (const value of leaves(batch.runtime))
      if (typeof value === 'string') assert.doesNotMatch(value, CONTROL)
      else if (typeof value === 'number') assert.ok(Math.abs(value) <= 2 ** 64, String(value))
    for (const { nodeParent, sampleNode, nodeFrame } of batch.runtime?.profiles ?? []) {
      assert.ok(nodeParent.every((parent, i) => parent <= i))
      assert.ok(sampleNode.every((node) => node <= nodeFrame.length))
    }
  })
  assert.ok(accepted > 100 && refused > 100, `${accepted} accepted, ${refused} refused`)
})
