import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { RuntimeBatchSchema, type RuntimeBatch } from '@quadrant/proto'
import { EPOCH } from './batch.ts'

export type RuntimeInit = Exclude<MessageInitShape<typeof RuntimeBatchSchema>, { $typeName: string }>

export const WEB_BUILD = `build:sha256:${'ab'.repeat(32)}`

/** What one second told of the runtime of web (pid 1) and db (pid 2), `second` seconds after the epoch of tests. */
export function runtimeOf(second: number, init: RuntimeInit = {}): RuntimeBatch {
  const atNs = (EPOCH + second) * 1e9
  return create(RuntimeBatchSchema, {
    processKeys: ['1@1', '2@1'],
    builds: [
      {
        id: WEB_BUILD,
        runtime: 'go',
        runtimeVersion: 'go1.26.8',
        runtimeEvidence: 'section .go.buildinfo',
        exe: '/srv/web',
        mainPackage: 'example.com/shop/cmd/web',
        mainModule: { path: 'example.com/shop', version: '(devel)' },
        dependencies: [
          { path: 'golang.org/x/net', version: 'v0.31.0', sum: 'h1:abc', replacement: { path: '../net' } },
        ],
        settings: [{ key: 'CGO_ENABLED', value: '0' }],
      },
    ],
    processBuilds: [{ process: 0, buildId: WEB_BUILD }],
    facts: [
      {
        subject: 'proc:alpha/1@1',
        predicate: 'runs',
        object: WEB_BUILD,
        evidence: { source: 'proc', observedAtNs: atNs },
        validFromNs: 1e9,
      },
    ],
    gcCycles: [
      {
        process: 0,
        number: second + 1,
        startNs: atNs + 1e8,
        endNs: atNs + 2e8,
        sweepTerminationNs: 20_000,
        markTerminationStartNs: atNs + 1.9e8,
        markTerminationNs: 30_000,
        trigger: 1,
        heapGoalBytes: 4 << 20,
        gomaxprocs: 2,
      },
    ],
    worldStops: [{ process: 1, startNs: atNs + 5e8, durationNs: 40_000, reason: 'GOMAXPROCS' }],
    goFigures: [
      {
        process: 0,
        timeNs: atNs + 9e8,
        heapLiveBytes: 1e6 + second,
        goroutines: 12,
        gcPercent: -1,
        known: 6,
      },
    ],
    probeCosts: [
      {
        process: 0,
        timeNs: atNs + 9e8,
        intervalNs: 1e9,
        processCpuNs: 1e8,
        hits: 4,
        trapNs: 800,
        share: 0.001,
        shareMax: 0.01,
      },
    ],
    findings: [
      { code: 'QDR-O010', severity: 2, subject: 'proc:alpha/1@1', message: 'probes detached', timeNs: atNs },
    ],
    profiles: [windowOf(second)],
    ...init,
  })
}

type WindowInit = NonNullable<RuntimeInit['profiles']>[number]

/** One second of samples: main > work of web, of which one is of its collector, and one of db with a broken stack. */
export function windowOf(second: number, init: Partial<WindowInit> = {}): WindowInit {
  const startNs = (EPOCH + second) * 1e9
  return {
    startNs,
    endNs: startNs + 1e9,
    frequencyHz: 19,
    strings: ['', 'main.main', 'main.work', 'main.go', 'example.com/shop', 'runtime.gcBgMarkWorker', 'std'],
    frames: [
      { function: 1, file: 3, line: 10, module: 4, kind: 1 },
      { function: 2, file: 3, line: 20, module: 4, kind: 1 },
      { function: 5, module: 6, kind: 1 },
    ],
    nodeFrame: [0, 1, 2],
    nodeParent: [0, 1, 0],
    sampleProcess: [0, 0, 1],
    sampleNode: [2, 3, 0],
    sampleCount: [10, 4, 2],
    sampleKind: [0, 1, 0],
    sampleOffsetUs: [500_000, 500_000, 500_000],
    sampleBroken: [0, 0, 1],
    ...init,
  } as WindowInit
}
