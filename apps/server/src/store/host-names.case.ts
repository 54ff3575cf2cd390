import assert from 'node:assert/strict'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { HostNameSchema, Level } from '@quadrant/proto'
import { FLOW_FIELDS, MAP_FIELDS, parseFieldQuery } from '@quadrant/core'
import { queryFlows } from '../query/flows.ts'
import { queryMap } from '../query/map.ts'
import { planRange } from '../query/range.ts'
import { EPOCH, flowsOf, secondOf } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { IDENTITY, plain, type RunCase } from '../testing/opened-store.ts'
import { RETENTION_SECONDS_MAX } from './rollup.ts'
import type { Store } from './store.ts'

const ADDRESS = '192.0.2.1'
const NETNS = 4_026_531_840

function nameOf(name: string, second: number, init: MessageInitShape<typeof HostNameSchema> = {}) {
  return create(HostNameSchema, {
    address: Uint8Array.of(192, 0, 2, 1),
    name,
    timeNs: (EPOCH + second) * 1e9,
    ttlS: 60,
    netns: NETNS,
    ...init,
  })
}

async function namesOf(store: Store): Promise<unknown> {
  return plain([...((await store.namesOf([ADDRESS, '10.9.9.9'])).get(ADDRESS) ?? [])])
}

/** What every store does with names of addresses. */
export function hostNameCases(run: RunCase): void {
  void run(
    'names of an address are kept, the one that was asked for last first',
    async (store, { reopen }) => {
      const { id } = await store.agent(IDENTITY)
      const first = [nameOf('a.test', 1, { aliases: ['b.test', 'c.test'] }), nameOf('z.test', 2)]
      await store.commit(id, 1, checked(secondOf(3, { hostNames: first })))
      await store.commit(
        id,
        2,
        checked(secondOf(4, { hostNames: [nameOf('a.test', 3, { ttlS: 5, aliases: ['d.test'] })] })),
      )
      // Told late: what it says of the time is true, the rest is old.
      await store.commit(id, 3, checked(secondOf(5, { hostNames: [nameOf('a.test', 0, { ttlS: 9 })] })))
      const expected = [
        {
          host: 'alpha',
          netns: NETNS,
          name: 'a.test',
          aliases: ['d.test'],
          firstNs: EPOCH * 1e9,
          lastNs: (EPOCH + 3) * 1e9,
          ttlS: 5,
        },
        {
          host: 'alpha',
          netns: NETNS,
          name: 'z.test',
          aliases: [],
          firstNs: (EPOCH + 2) * 1e9,
          lastNs: (EPOCH + 2) * 1e9,
          ttlS: 60,
        },
      ]
      assert.deepEqual(await namesOf(store), expected)
      assert.deepEqual(await namesOf(await reopen()), expected)
    },
  )

  void run(
    'names over their limit or age go, the oldest first, and are counted',
    async (store) => {
      const { id } = await store.agent(IDENTITY)
      const hostNames = Array.from({ length: 15 }, (_, i) => nameOf(`n${i}.test`, i))
      await store.commit(id, 1, checked(secondOf(20, { hostNames })))
      assert.equal(((await namesOf(store)) as unknown[]).length, 15)
      await store.retain(EPOCH + 21)
      const left = (await store.namesOf([ADDRESS])).get(ADDRESS)!
      assert.deepEqual([left.length, left[0]!.name, left.at(-1)!.name], [9, 'n14.test', 'n6.test'])
      await store.retain(EPOCH + 10 + RETENTION_SECONDS_MAX)
      assert.equal((await store.namesOf([ADDRESS])).get(ADDRESS)!.length, 5)
      const drops = (await store.dropTotals()).filter(({ reason }) => reason.startsWith('names-'))
      assert.deepEqual(plain(drops), [
        { stage: 'server.retention', reason: 'names-age', count: 4 },
        { stage: 'server.retention', reason: 'names-limit', count: 6 },
      ])
    },
    { names: 10 },
  )

  void run('the map and the flows call an address by its name, and are asked by it', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const batch = checked(
      secondOf(0, {
        endpoints: [
          { kind: { case: 'processKey', value: '1@1' } },
          { kind: { case: 'address', value: Uint8Array.of(192, 0, 2, 1) } },
          { kind: { case: 'address', value: Uint8Array.of(192, 0, 2, 2) } },
        ],
        edges: [
          { client: 0, server: 1, protocol: 6, serverPort: 443, opened: 1 },
          { client: 0, server: 2, protocol: 6, serverPort: 443, opened: 1 },
        ],
        addresses: [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)],
        flows: flowsOf(3, { remoteAddress: [1, 2, 1], peerProcess: [0, 0, 0], netns: [NETNS, NETNS, 7] }),
        hostNames: [nameOf('old.test', -9), nameOf('api.test', -1), nameOf('other.test', 0, { netns: 7 })],
      }),
    )
    await store.commit(id, 1, batch)
    const range = { startNs: EPOCH * 1e9, endNs: (EPOCH + 60) * 1e9 }
    const nowNs = range.endNs
    const ask = (query: string) =>
      queryMap(store, {
        range,
        nowNs,
        plan: planRange(range, nowNs),
        level: Level.SERVICE,
        query: parseFieldQuery(query, MAP_FIELDS).value,
      })
    const nodes = (await ask('')).nodes.filter(({ kind }) => kind === 'address')
    assert.deepEqual(
      nodes.map(({ id: node, label, name, names }) => [node, label, name, names.join(' ')].join(',')).sort(),
      ['addr:192.0.2.1,other.test,other.test,other.test api.test old.test', 'addr:192.0.2.2,192.0.2.2,,'],
    )
    assert.deepEqual(
      (await ask('to:api.test')).edges.map(({ server }) => server),
      ['addr:192.0.2.1'],
    )
    assert.deepEqual((await ask('to:192.0.2.1')).edges.length, 1)

    const flows = async (query: string) => {
      const names: string[] = []
      const filter = { query: parseFieldQuery(query, FLOW_FIELDS).value, bothEnds: false }
      for await (const chunk of queryFlows(store, { ...filter, range, limit: 10 }))
        names.push(...chunk.flows.map(({ remoteAddress, remoteName }) => `${remoteAddress} ${remoteName}`))
      return names
    }
    // In its own namespace each is called by what was asked for there.
    assert.deepEqual(await flows(''), ['192.0.2.1 api.test', '192.0.2.2 ', '192.0.2.1 other.test'])
    assert.deepEqual((await flows('to:old.test')).length, 2)
  })
}
