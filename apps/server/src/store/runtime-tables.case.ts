import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GoFigures } from '@quadrant/proto'
import fc from 'fast-check'
import { EPOCH, processOf, secondOf } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { IDENTITY, PAGE, plain, type OpenStore, type RunCase } from '../testing/opened-store.ts'
import { runtimeOf, WEB_BUILD, windowOf, type RuntimeInit } from '../testing/runtime-batch.ts'
import { FIGURE_RETENTION_SECONDS, FIGURE_TIERS } from './go-figures.ts'
import { RETENTION_SECONDS_MAX } from './rollup.ts'
import { floorTo } from './span.ts'
import { DEFAULT_STORE_LIMITS, type Store } from './store.ts'

const WHENEVER = { startNs: 0, endNs: Infinity }
const WEB = 'proc:alpha/1@1'
const SECOND = { tier: 1, pointsMax: Infinity } as const

const second = (at: number, init: RuntimeInit = {}, processes = [processOf(1, 'web'), processOf(2, 'db')]) =>
  checked(secondOf(at, { processes, runtime: runtimeOf(at, init) }))
const idOf = async (store: Store, pid: number) => (await store.findProcesses({ pid }))[0]!.process.id
const factsOf = async (store: Store, coordinate: string, atNs: number) =>
  (await store.runtime.facts(coordinate, atNs, 100)).rows.map(({ object, validFromNs, validToNs }) => [
    object,
    validFromNs,
    validToNs,
  ])

/** What every store does with what runtimes did. */
export function runtimeCases(run: RunCase, open: OpenStore): void {
  void run('what a frame tells of runtimes comes back as it was, once', async (store, { reopen }) => {
    const { id } = await store.agent(IDENTITY)
    const first = await store.commit(id, 1, second(0))
    assert.equal((await store.commit(id, 1, second(0))).runtimeEvents.length, 0)
    assert.deepEqual(
      first.runtimeEvents.map((event) => [event.case, event.process.service]),
      [
        ['gcCycle', 'web'],
        ['worldStop', 'db'],
      ],
    )
    for (const get of [async () => store, reopen]) {
      const kept = await get()
      const { runtime } = kept
      const [web, db] = [await idOf(kept, 1), await idOf(kept, 2)]
      const told = runtimeOf(0)
      const all = { processes: undefined, range: WHENEVER }
      assert.deepEqual(
        plain((await runtime.gcCycles(all, 10)).rows),
        plain([{ ...told.gcCycles[0], process: web }]),
      )
      assert.deepEqual(
        plain((await runtime.worldStops(all, 10)).rows),
        plain([{ ...told.worldStops[0], process: db }]),
      )
      assert.deepEqual(
        plain(await runtime.goFigures([web, db], WHENEVER, SECOND)),
        plain([{ ...told.goFigures[0], process: web }]),
      )
      assert.deepEqual(
        plain((await runtime.probeCosts(all, 10, EPOCH)).rows),
        plain([{ ...told.probeCosts[0], process: web }]),
      )
      assert.deepEqual(plain(await runtime.builds([WEB_BUILD, 'build:none:1'])), plain(told.builds))
      assert.deepEqual(await runtime.buildsOf([web, db]), new Map([[web, WEB_BUILD]]))
      const [head] = await runtime.profileWindows(WHENEVER, PAGE)
      const { window, processes } = (await runtime.profile(head!.id))!
      assert.deepEqual(plain(window), plain(told.profiles[0]))
      assert.deepEqual(processes, [web, db])
      assert.deepEqual(await runtime.profileCounts(head!.id), [
        { process: web, offsetUs: 500_000, samples: 14, gcSamples: 4 },
        { process: db, offsetUs: 500_000, samples: 2, gcSamples: 0 },
      ])
    }
  })

  void run('events of a range and of processes, the newest of them', async (store) => {
    const { id } = await store.agent(IDENTITY)
    for (let i = 0; i < 10; i++) await store.commit(id, i + 1, second(i))
    const [web, db] = [await idOf(store, 1), await idOf(store, 2)]
    const range = { startNs: (EPOCH + 2) * 1e9, endNs: (EPOCH + 8) * 1e9 }
    for (const processes of [undefined, [web], [web, ...Array.from({ length: 60 }, (_, i) => 1000 + i)]]) {
      const { rows, omittedCount } = await store.runtime.gcCycles({ processes, range }, 4)
      assert.deepEqual([rows.map(({ number }) => number), omittedCount], [[5, 6, 7, 8], 2])
    }
    assert.equal((await store.runtime.gcCycles({ processes: [db], range }, 4)).rows.length, 0)
    assert.equal((await store.runtime.worldStops({ processes: [db], range }, 100)).rows.length, 6)
  })

  void run('an event that is told again under another number is there once', async (store) => {
    const { id } = await store.agent(IDENTITY)
    await store.commit(id, 1, second(0))
    const again = await store.commit(id, 2, second(0))
    assert.deepEqual(again.runtimeEvents, [])
    const rows = { processes: undefined, range: WHENEVER }
    assert.equal((await store.runtime.gcCycles(rows, 10)).rows.length, 1)
    assert.equal((await store.runtime.goFigures([await idOf(store, 1)], WHENEVER, SECOND)).length, 1)
  })

  void run('costs of ten seconds add up, and the share is that of their CPU time', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const cost = (at: number, share: number, detached: boolean) => ({
      probeCosts: [
        {
          process: 0,
          timeNs: (EPOCH + at) * 1e9,
          intervalNs: 1e9,
          processCpuNs: (at + 1) * 1e8,
          hits: 2,
          trapNs: 10,
          programNs: 5,
          share,
          shareMax: 0.01,
          detached,
        },
      ],
    })
    await store.commit(id, 1, second(0, cost(0, 0.01, false)))
    await store.commit(id, 2, second(1, cost(1, 0.04, true)))
    const [sum] = (await store.runtime.probeCosts({ processes: undefined, range: WHENEVER }, 10, EPOCH)).rows
    const { hits, trapNs, programNs, intervalNs, processCpuNs, detached, timeNs } = sum!
    assert.deepEqual(
      [hits, trapNs, programNs, intervalNs, processCpuNs, detached, timeNs],
      [4, 20, 10, 2e9, 3e8, true, (EPOCH + 1) * 1e9],
    )
    assert.ok(Math.abs(sum!.share - 0.03) < 1e-12)
    const [newest] = await store.runtime.newestCosts([await idOf(store, 1)], (EPOCH + 60) * 1e9)
    assert.equal(newest!.hits, 4)
  })

  void run('a finding is kept once, with when it was told first and how often', async (store) => {
    const { id } = await store.agent(IDENTITY)
    for (let i = 0; i < 3; i++) await store.commit(id, i + 1, second(i))
    const found = await store.runtime.findings([WEB, 'svc:web'], 10)
    assert.deepEqual(
      found.map(({ code, message, timeNs, firstTimeNs, count }) => [
        code,
        message,
        timeNs,
        firstTimeNs,
        count,
      ]),
      [['QDR-O010', 'probes detached', (EPOCH + 2) * 1e9, EPOCH * 1e9, 3]],
    )
  })

  void run('a fact told again changes nothing, and ends with its process', async (store, { reopen }) => {
    const { id } = await store.agent(IDENTITY)
    for (let i = 0; i < 3; i++) await store.commit(id, i + 1, second(i))
    const nowNs = (EPOCH + 10) * 1e9
    assert.deepEqual(await factsOf(store, WEB, nowNs), [[WEB_BUILD, 1e9, 0]])
    assert.deepEqual(await factsOf(store, WEB_BUILD, nowNs), [[WEB_BUILD, 1e9, 0]])
    assert.deepEqual(await factsOf(store, WEB, 0.5e9), [])
    const endNs = (EPOCH + 4) * 1e9
    await store.commit(id, 4, second(3, { facts: [] }, [{ ...processOf(1, 'web'), endNs }]))
    for (const get of [async () => store, reopen]) {
      const one = await get()
      assert.deepEqual(await factsOf(one, WEB, nowNs), [])
      assert.deepEqual(await factsOf(one, WEB, endNs - 1e6), [[WEB_BUILD, 1e9, endNs]])
    }
  })

  void run('a fact told of a process that has ended has ended too', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const endNs = (EPOCH + 1) * 1e9
    await store.commit(id, 1, second(0, { facts: [] }, [{ ...processOf(1, 'web'), endNs }]))
    await store.commit(id, 2, second(1, {}, []))
    assert.deepEqual(await factsOf(store, WEB, (EPOCH + 10) * 1e9), [])
    assert.deepEqual(await factsOf(store, WEB, EPOCH * 1e9), [[WEB_BUILD, 1e9, endNs]])
  })

  void run('facts of processes end with the boot that they ran in', async (store) => {
    const { id } = await store.agent(IDENTITY)
    await store.commit(id, 1, second(0))
    await store.agent({ ...IDENTITY, bootId: 'boot-2' })
    assert.deepEqual(await factsOf(store, WEB, (EPOCH + 10) * 1e9), [])
  })

  void run('who executes another file no longer runs the one before', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const other = `build:sha256:${'cd'.repeat(32)}`
    const [fact] = runtimeOf(5).facts
    await store.commit(id, 1, second(0))
    await store.commit(
      id,
      2,
      second(5, { facts: [{ ...fact!, object: other }], processBuilds: [{ process: 0, buildId: other }] }),
    )
    const at = (seconds: number) => factsOf(store, WEB, (EPOCH + seconds) * 1e9)
    assert.deepEqual(await at(3), [
      [WEB_BUILD, 1e9, (EPOCH + 5) * 1e9],
      [other, 1e9, 0],
    ])
    assert.deepEqual(await at(6), [[other, 1e9, 0]])
    assert.equal((await store.runtime.buildsOf([await idOf(store, 1)])).values().next().value, other)
  })

  void run('facts have no end before they have one; times of one fact that touch are one', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const tell = (seq: number, validFromNs: number, validToNs: number) =>
      store.commit(
        id,
        seq,
        second(seq, {
          facts: [{ subject: 'mod:a', predicate: 'replaced-by', object: 'mod:b', validFromNs, validToNs }],
        }),
      )
    await tell(1, 10e9, 20e9)
    await tell(2, 30e9, 40e9)
    assert.deepEqual(await factsOf(store, 'mod:a', 35e9), [['mod:b', 30e9, 40e9]])
    assert.deepEqual(await factsOf(store, 'mod:a', 25e9), [])
    await tell(3, 15e9, 30e9)
    assert.deepEqual(await factsOf(store, 'mod:b', 25e9), [['mod:b', 10e9, 40e9]])
    await tell(4, 0, 0)
    assert.deepEqual(await factsOf(store, 'mod:a', 5e9), [['mod:b', 0, 0]])
  })

  void run(
    'what is over its limit goes, oldest first, and is counted',
    async (store) => {
      const { id } = await store.agent(IDENTITY)
      for (let i = 0; i < 30; i++) {
        const subject = `proc:alpha/${i}@1`
        const init: RuntimeInit = {
          builds: [{ id: `build:sha256:${i}` }],
          facts: [{ subject, predicate: 'runs', object: 'build:sha256:1', validFromNs: 1e9 }],
          findings: [{ code: 'QDR-O010', subject, timeNs: (EPOCH + i) * 1e9 }],
        }
        await store.commit(id, i + 1, second(i, init))
      }
      await store.retain(EPOCH + 30)
      const rows = { processes: undefined, range: WHENEVER }
      const { runtime } = store
      assert.deepEqual(
        (await runtime.gcCycles(rows, 100)).rows.map(({ number }) => number),
        Array.from({ length: 18 }, (_, i) => i + 13),
      )
      const subjects = Array.from({ length: 30 }, (_, i) => `proc:alpha/${i}@1`)
      const builds = Array.from({ length: 30 }, (_, i) => `build:sha256:${i}`)
      assert.equal((await runtime.findings(subjects, 100)).at(-1)!.subject, 'proc:alpha/12@1')
      assert.equal((await runtime.builds(builds)).at(0)!.id, 'build:sha256:12')
      assert.equal((await runtime.facts('build:sha256:1', (EPOCH + 99) * 1e9, 100)).rows.length, 18)
      const windows = await runtime.profileWindows(WHENEVER, PAGE)
      assert.ok(windows.length > 0 && windows.length < 30 && windows[0]!.startNs === (EPOCH + 29) * 1e9)
      const counted = Object.fromEntries(
        (await store.dropTotals()).map(({ reason, count }) => [reason, count]),
      )
      assert.deepEqual(
        {
          ...counted,
          'profile-bytes': counted['profile-bytes'],
        },
        {
          'runtime-events-limit': 24,
          'facts-limit': 12,
          'findings-limit': 12,
          'builds-limit': 12,
          'profile-bytes': (30 - windows.length) * 16,
        },
      )
    },
    { runtimeEvents: 20, facts: 20, findings: 20, builds: 20, profileBytes: 5000 },
  )

  void run(
    'with a process goes what it ran',
    async (store) => {
      const { id } = await store.agent(IDENTITY)
      const ended = { ...processOf(1, 'web'), endNs: (EPOCH + 1) * 1e9 }
      const processes = [ended, processOf(2, 'db')]
      const batch = secondOf(0, { processes, runtime: runtimeOf(0), edges: [], endpoints: [] })
      await store.commit(id, 1, checked(batch))
      const web = await idOf(store, 1)
      assert.equal((await store.runtime.buildsOf([web])).size, 1)
      await store.retain(EPOCH + 2)
      assert.deepEqual(await store.findProcesses({ pid: 1 }), [])
      assert.equal((await store.runtime.buildsOf([web])).size, 0)
    },
    { processes: 1 },
  )

  void run('everything expires', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const facts = [
      {
        subject: 'mod:a',
        predicate: 'replaced-by',
        object: 'mod:b',
        validFromNs: 1e9,
        validToNs: EPOCH * 1e9,
      },
    ]
    await store.commit(id, 1, second(0, { facts }))
    const web = await idOf(store, 1)
    const { runtime } = store
    const counts = async () =>
      Promise.all(
        FIGURE_TIERS.map(
          async (tier) => (await runtime.goFigures([web], WHENEVER, { tier, pointsMax: Infinity })).length,
        ),
      )
    for (const [after, left] of [
      [FIGURE_RETENTION_SECONDS[1] - 10, [1, 1, 1, 1]],
      [FIGURE_RETENTION_SECONDS[1] + 10, [0, 1, 1, 1]],
      [FIGURE_RETENTION_SECONDS[10] + 10, [0, 0, 1, 1]],
      [FIGURE_RETENTION_SECONDS[60] + 3600, [0, 0, 0, 0]],
    ] as const) {
      await store.retain(EPOCH + after)
      assert.deepEqual(await counts(), left, `after ${after} s`)
    }
    await store.retain(EPOCH + RETENTION_SECONDS_MAX + 70)
    const rows = { processes: undefined, range: WHENEVER }
    assert.equal((await runtime.gcCycles(rows, 1)).rows.length, 0)
    assert.equal((await runtime.worldStops(rows, 1)).rows.length, 0)
    assert.equal((await runtime.probeCosts(rows, 1, EPOCH)).rows.length, 0)
    assert.equal((await runtime.findings([WEB], 1)).length, 0)
    assert.equal((await runtime.facts('mod:a', 2e9, 1)).rows.length, 0)
    assert.equal((await runtime.profileWindows(WHENEVER, PAGE)).length, 0)
  })

  void run(
    'a store that is too large loses profiles before its rollups',
    async (store) => {
      const { id } = await store.agent(IDENTITY)
      const strings = ['', ...Array.from({ length: 2000 }, (_, i) => `${i}${Math.sin(i)}${Math.cos(i)}`)]
      for (let i = 0; i < 40; i++) {
        const profiles = [windowOf(i, { strings: strings.map((text, k) => (k === 0 ? '' : `${text}${i}`)) })]
        await store.commit(id, i + 1, second(i, { profiles }))
        await store.retain(EPOCH + i)
      }
      assert.ok((await store.size()).sizeBytes < 1_500_000)
      const early = (await store.dropTotals()).find(({ reason }) => reason === 'store-bytes')
      assert.ok(early && early.count % 16 === 0, JSON.stringify(early))
      assert.equal((await store.timeline({ tier: 1, from: EPOCH, to: EPOCH + 40 })).length, 40)
    },
    { storeBytes: 800_000 },
  )

  void test('coarse figures are the lowest and the highest heap of each span that was told', async () => {
    const sample = fc.record({
      process: fc.nat(1),
      ms: fc.integer({ min: 0, max: 150_000 }),
      heapLiveBytes: fc.integer({ min: 0, max: 1000 }),
      goroutines: fc.nat(99),
    })
    const samples = fc.uniqueArray(sample, {
      maxLength: 60,
      selector: ({ process, ms }) => `${process} ${ms}`,
    })
    await fc.assert(
      fc.asyncProperty(samples, async (told) => {
        await using opened = await open(DEFAULT_STORE_LIMITS)
        const { store } = opened
        const { id } = await store.agent(IDENTITY)
        const goFigures = told.map(({ ms, ...rest }) => ({ ...rest, timeNs: EPOCH * 1e9 + ms * 1e6 }))
        await store.commit(id, 1, second(150, { goFigures }))
        // Opened anew before anything was thinned, as after a crash.
        const again = await opened.reopen()
        for (const [index, pid] of [1, 2].entries()) {
          const own = goFigures.filter(({ process }) => process === index)
          const process = await idOf(again, pid)
          for (const tier of FIGURE_TIERS) {
            const detail = { tier, pointsMax: Infinity }
            assertThinned(await again.runtime.goFigures([process], WHENEVER, detail), own, tier)
          }
        }
      }),
      { seed: 9, numRuns: 25 },
    )
  })
}

type Sample = Pick<GoFigures, 'timeNs' | 'heapLiveBytes' | 'goroutines'>

const sampleKey = ({ timeNs, heapLiveBytes, goroutines }: Sample) =>
  [timeNs, heapLiveBytes, goroutines].join(' ')

/** All that was told of each second; else samples that were told, and of each span one of the lowest and the highest. */
function assertThinned(found: readonly Sample[], told: readonly Sample[], step: number): void {
  assert.ok(found.every(({ timeNs }, i) => i === 0 || timeNs >= found[i - 1]!.timeNs))
  if (step === 1) {
    assert.deepEqual(found.map(sampleKey), told.toSorted((a, b) => a.timeNs - b.timeNs).map(sampleKey))
    return
  }
  const all = new Set(told.map(sampleKey))
  assert.ok(found.every((one) => all.has(sampleKey(one))))
  const spanOf = ({ timeNs }: Sample) => floorTo(timeNs / 1e9, step)
  const bounds = (samples: readonly Sample[]) =>
    [...Map.groupBy(samples, spanOf)]
      .map(([span, own]) => {
        const heaps = own.map(({ heapLiveBytes }) => heapLiveBytes)
        return [span, Math.min(...heaps), Math.max(...heaps)]
      })
      .sort(([a], [b]) => a! - b!)
  assert.deepEqual(bounds(found), bounds(told))
  assert.ok([...Map.groupBy(found, spanOf).values()].every((own) => own.length <= 2))
}
