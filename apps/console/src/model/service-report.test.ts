import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { GcCycleSchema, GetServiceResponseSchema, Severity } from '@quadrant/proto'
import { moduleRows } from './module-list.ts'
import {
  collectorShares,
  costText,
  findingLooks,
  rankFindings,
  refusals,
  runtimeHint,
  serviceWords,
  shortBuildId,
} from './service-report.ts'
import { groupSubjects, processTitle, subjectTitle } from './subjects.ts'

const answer = (init: MessageInitShape<typeof GetServiceResponseSchema>) =>
  create(GetServiceResponseSchema, init)

const shop = answer({
  id: 'svc:cart',
  instances: [
    {
      id: 'proc:web-1/42@1',
      host: 'web-1',
      process: { pid: 42, comm: 'cart', service: 'cart' },
      cost: { share: 0.0005, shareMax: 0.01 },
    },
    {
      id: 'proc:web-2/7@1',
      host: 'web-2',
      process: { pid: 7, comm: 'cart', service: 'cart', endNs: 5 },
      cost: { share: 0.02, shareMax: 0.01, detached: true },
    },
    { id: 'proc:web-2/8@1', host: 'web-2' },
  ],
  builds: [
    {
      id: `build:sha256:${'ab'.repeat(32)}`,
      runtime: 'go',
      runtimeVersion: 'go1.26.8',
      runtimeEvidence: 'note of the Go build id',
      mainModule: { path: 'example.com/shop', version: '(devel)' },
      dependencies: [
        { path: 'golang.org/x/net', version: 'v0.31.0', sum: 'h1:a' },
        { path: 'a.example/b', version: 'v1.0.0', sum: 'h1:b', replacement: { path: '../b' } },
      ],
    },
    {
      id: `build:sha256:${'cd'.repeat(32)}`,
      runtime: 'go',
      runtimeVersion: 'go1.25.3',
      refusal: 'too old',
      mainModule: { path: 'example.com/shop', version: '(devel)' },
      dependencies: [
        { path: 'golang.org/x/net', version: 'v0.29.0', sum: 'h1:c' },
        {
          path: 'a.example/b',
          version: 'v1.0.0',
          sum: 'h1:b',
          replacement: { path: 'a.example/c', version: 'v2.0.0', sum: 'h1:d' },
        },
      ],
    },
  ],
  findings: [
    { code: 'A', severity: Severity.INFO, timeNs: 9 },
    { code: 'B', severity: Severity.WARNING, timeNs: 1 },
    { code: 'C', severity: Severity.ERROR, timeNs: 1 },
    { code: 'D', severity: Severity.WARNING, timeNs: 2 },
  ],
})

test('a service is told in words', () => {
  assert.equal(
    serviceWords(shop),
    '3 processes, 2 of them still running, on 2 hosts; 2 builds: go1.25.3, go1.26.8 (note of the Go build id)',
  )
  assert.equal(serviceWords(answer({})), 'No process of it lived in this range.')
  assert.equal(
    serviceWords(answer({ instances: [{ host: 'a' }], builds: [{ runtime: 'node', runtimeVersion: '26' }] })),
    '1 process, on 1 host; 1 build: node 26',
  )
  const mapped = { runtime: 'node', runtimeEvidence: 'mapped libnode.so' }
  assert.equal(
    serviceWords(
      answer({
        instances: [{ host: 'a' }],
        builds: [mapped, mapped, { ...mapped, runtimeEvidence: 'name node' }],
      }),
    ),
    '1 process, on 1 host; 3 builds: node (mapped libnode.so, name node)',
  )
  assert.deepEqual(shop.builds.map(runtimeHint), ['go1.26.8, by note of the Go build id', 'go1.25.3'])
  assert.deepEqual(
    refusals(shop.builds).map(({ id }) => shortBuildId(id)),
    ['cdcdcdcdcdcd'],
  )
})

test('findings: the worst first, and of one kind the newest', () => {
  assert.deepEqual(
    rankFindings(shop.findings).map(({ code }) => code),
    ['C', 'D', 'B', 'A'],
  )
  assert.deepEqual(
    shop.findings.map((finding) => findingLooks(finding).word),
    ['note', 'warning', 'error', 'warning'],
  )
})

test('what collecting and observing take is told as a share', () => {
  const cycles = [
    { process: 0, assistNs: 1e8, dedicatedNs: 3e8, idleNs: 1e8 },
    { process: 0, dedicatedNs: 5e8 },
    { process: 1, idleNs: 1e8 },
  ].map((init) => create(GcCycleSchema, init))
  assert.deepEqual(
    [...collectorShares(cycles, 10)].map(([process, share]) => [process, Number(share.toFixed(6))]),
    [
      [0, 0.1],
      [1, 0.01],
    ],
  )
  assert.deepEqual(shop.instances.map(costText), ['0.05 % of its CPU', 'detached: over 1.00 %', '–'])
})

test('modules stand once for each version, and where builds differ it is told', () => {
  assert.deepEqual(
    moduleRows(shop.builds).map(({ path, version, replacement, sum, isMain, differs, builds }) => [
      `${path}@${version}`,
      replacement,
      sum,
      isMain,
      differs,
      builds.length,
    ]),
    [
      ['example.com/shop@(devel)', '', '', true, false, 2],
      ['a.example/b@v1.0.0', '../b', 'h1:b', false, true, 1],
      ['a.example/b@v1.0.0', 'a.example/c@v2.0.0', 'h1:d', false, true, 1],
      ['golang.org/x/net@v0.29.0', '', 'h1:c', false, true, 1],
      ['golang.org/x/net@v0.31.0', '', 'h1:a', false, true, 1],
    ],
  )
})

test('processes are listed under their service', () => {
  assert.deepEqual(
    groupSubjects(shop.instances).map(({ id, name, processes }) => [
      id,
      name,
      processes.map(({ title }) => title),
    ]),
    [
      ['', '', ['8 on web-2']],
      ['svc:cart', 'cart', ['cart 42', 'cart 7']],
    ],
  )
  assert.equal(processTitle(shop.instances[0]!), 'cart 42')
  assert.equal(subjectTitle('svc:cart'), 'cart')
  assert.equal(subjectTitle('proc:web/1/9@3'), '9 on web/1')
})
