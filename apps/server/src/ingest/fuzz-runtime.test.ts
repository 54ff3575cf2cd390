import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { toBinary } from '@bufbuild/protobuf'
import {
  BatchSchema,
  GetProfileResponseSchema,
  GetProfileTimelineResponseSchema,
  GetRuntimeResponseSchema,
  GetServiceResponseSchema,
} from '@quadrant/proto'
import fc from 'fast-check'
import { queryProfile } from '../query/profile.ts'
import { queryProfileTimeline } from '../query/profile-timeline.ts'
import { EndedFlows } from '../query/ended-flows.ts'
import { queryRuntime } from '../query/runtime.ts'
import { queryRuntimeEvents, runtimeEvent } from '../query/runtime-events.ts'
import { queryService } from '../query/service.ts'
import { resolveSubject } from '../query/subject.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import { DEFAULT_STORE_LIMITS } from '../store/store.ts'
import { secondOf } from '../testing/batch.ts'
import { decodeWireBatch } from '../testing/checked.ts'
import { randomWindow } from '../testing/profiles.ts'
import type { RuntimeInit } from '../testing/runtime-batch.ts'
import { TemporaryDir } from '../testing/temporary.ts'
import { checkBatch } from './check.ts'

const NOW_NS = Date.now() * 1e6

/** Mostly sound, so that most of a batch gets past the checks, and now and then wild. */
const rarely = <T>(sound: fc.Arbitrary<T>, wild: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 40, arbitrary: sound }, { weight: 1, arbitrary: wild })
const counter = rarely(fc.nat(), fc.oneof(fc.double(), fc.constantFrom(-1, 2 ** 64, Number.MAX_VALUE)))
const process = rarely(fc.nat(1), fc.nat(5))
const time = rarely(
  fc.integer({ min: 0, max: 60_000 }).map((ms) => NOW_NS - ms * 1e6),
  fc.oneof(fc.double(), fc.constantFrom(0, 1, NOW_NS * 2)),
)
const text = rarely(fc.constantFrom('go', 'main', ''), fc.string({ unit: 'binary', maxLength: 300 }))
const build = rarely(fc.constantFrom('build:sha256:ab', 'build:sha256:cd'), fc.string())
const coordinate = fc.oneof(
  fc.constantFrom('proc:h/1@1', 'svc:web', 'mod:a@v1'),
  build,
  text.map((name) => `mod:${name}`),
)
const module = fc.record({ path: text, version: text, sum: text })
const runtimes: fc.Arbitrary<RuntimeInit> = fc.record({
  processKeys: fc.constant(['1@1', '2@1']),
  builds: fc.array(
    fc.record({
      id: build,
      runtime: text,
      exe: text,
      sizeBytes: counter,
      mainModule: module,
      dependencies: fc.array(module, { maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
  processBuilds: fc.array(fc.record({ process, buildId: build }), { maxLength: 2 }),
  facts: fc.array(
    fc.record({
      subject: coordinate,
      predicate: rarely(fc.constantFrom('runs', 'depends-on'), fc.string()),
      object: coordinate,
      validFromNs: fc.oneof(time, fc.constant(0)),
      validToNs: fc.oneof(fc.constant(0), time),
      evidence: fc.record({ source: text, observedAtNs: counter, digest: text }),
    }),
    { maxLength: 3 },
  ),
  gcCycles: fc.array(
    fc
      .record({
        process,
        number: counter,
        startNs: time,
        trigger: rarely(fc.nat(3), fc.nat()),
        assistNs: counter,
      })
      .map(({ startNs, trigger, ...cycle }) =>
        Object.assign(cycle, { startNs, endNs: startNs + 1e6, trigger: trigger as 1 }),
      ),
    { maxLength: 3 },
  ),
  worldStops: fc.array(fc.record({ process, startNs: time, durationNs: counter, reason: text }), {
    maxLength: 3,
  }),
  goFigures: fc.array(
    fc.record({
      process,
      timeNs: time,
      heapLiveBytes: counter,
      known: counter,
      gcPercent: rarely(fc.integer({ min: -1, max: 100 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    }),
    { maxLength: 3 },
  ),
  probeCosts: fc.array(
    fc.record({ process, timeNs: time, hits: counter, share: counter, detached: fc.boolean() }),
    {
      maxLength: 3,
    },
  ),
  findings: fc.array(fc.record({ code: text, subject: coordinate, message: text, fix: text, timeNs: time }), {
    maxLength: 2,
  }),
  profiles: fc.array(
    randomWindow.chain((window) =>
      rarely(
        fc.constant({ ...window, startNs: NOW_NS - 5e9, endNs: NOW_NS - 4e9 }),
        fc.record({
          startNs: time,
          endNs: time,
          frequencyHz: fc.nat(200),
          nodeParent: fc.array(fc.nat(9), { maxLength: 3 }),
        }),
      ),
    ),
    { maxLength: 2 },
  ),
})

test('whatever the structure, what is told of runtimes is refused, or kept and shown', async () => {
  using dir = new TemporaryDir()
  await using store = openSqliteStore(join(dir.path, 'store.db'), DEFAULT_STORE_LIMITS)
  const { id } = await store.agent({ agentId: 'a', host: 'h', bootId: 'b', version: '' })
  let seq = 0
  let kept = 0
  await fc.assert(
    fc.asyncProperty(runtimes, async (runtime) => {
      const window = { startNs: NOW_NS - 10e9, endNs: NOW_NS - 9e9 }
      const encoded = toBinary(BatchSchema, secondOf(0, { ...window, runtime }))
      const { batch, refusal } = checkBatch(decodeWireBatch(encoded), NOW_NS)
      if (!batch) {
        assert.ok(refusal!.detail !== '')
        return
      }
      kept++
      assert.equal((await store.commit(id, ++seq, batch)).applied, true)
    }),
    { seed: 11, numRuns: 300 },
  )
  assert.ok(kept > 20, `${kept} were kept`)
  const range = { startNs: NOW_NS - 120e9, endNs: NOW_NS + 1e9 }
  for (const name of ['', 'svc:web', '2', 'proc:h/1@1']) {
    const subject = await resolveSubject(store, name, range)
    const asked = { subject, range, nowNs: NOW_NS }
    // What can be encoded can be sent.
    const runtime = await queryRuntime(store, { ...asked, pointsMax: 5, ended: new EndedFlows(store) })
    assert.ok(toBinary(GetRuntimeResponseSchema, runtime).length > 0 && runtime.gcCycles.length > 0)
    assert.ok(runtime.goFigures.every((one) => one.process < runtime.processes.length))
    const service = await queryService(store, asked)
    assert.ok(toBinary(GetServiceResponseSchema, service).length > 0 && service.instances.length > 0)
    for (const timeOrder of [false, true]) {
      const profile = await queryProfile(store, { ...asked, kinds: [], timeOrder })
      assert.ok(toBinary(GetProfileResponseSchema, profile).length > 0 && profile.samples > 0)
    }
    const timeline = await queryProfileTimeline(store, { ...asked, pointsMax: 0 })
    assert.ok(toBinary(GetProfileTimelineResponseSchema, timeline).length > 0 && timeline.points.length > 0)
    const { events } = await queryRuntimeEvents(store, { subject, range, limit: 1000 })
    assert.ok(events.length > 0 && events.map(runtimeEvent).every((event) => event.event.case))
  }
  for (const about of ['proc:h/1@1', 'build:sha256:ab'])
    assert.ok((await store.runtime.facts(about, NOW_NS, 10)).rows.length > 0)
  await store.retain(NOW_NS / 1e9 + 1)
})
