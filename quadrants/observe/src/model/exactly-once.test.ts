// Whatever is lost, late or out of order, and whenever the agent is killed: no byte is told twice, and none is
// missing that the records which came had told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ModelHarness } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'

const S = 1e9
const MS = 1e6

/** One end of a connection as the kernel knows it. */
interface End {
  readonly cookie: number
  readonly local: string
  readonly remote: string
  readonly server: boolean
}

/** A connection as the naive model knows it: `port` tells it from all others. */
interface Connection {
  readonly port: number
  /** The client's end, and the server's where it is on this host. */
  readonly ends: readonly End[]
  sent: number
  received: number
  /** What was there when the first agent began. */
  readonly baseSent: number
  readonly baseReceived: number
  open: boolean
  /** Ticks since the records of its close were queued. */
  closedTicks: number
  /** The last counters of both ends came, and a tick told them. */
  exact: boolean
}

type Step =
  | { readonly do: 'open'; readonly local: boolean; readonly lost: number }
  | { readonly do: 'move'; readonly which: number; readonly bytes: number }
  | { readonly do: 'close'; readonly which: number; readonly lost: number }
  | { readonly do: 'owners'; readonly servers: boolean }
  | { readonly do: 'pass' | 'tick' | 'kill' | 'compact' }
  | { readonly do: 'deliver'; readonly order: number }

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('open' as const),
      local: fc.boolean(),
      lost: fc.integer({ min: 0, max: 255 }),
    }),
    fc.record({ do: fc.constant('move' as const), which: fc.nat(50), bytes: fc.nat(100_000) }),
    fc.record({
      do: fc.constant('close' as const),
      which: fc.nat(50),
      lost: fc.integer({ min: 0, max: 255 }),
    }),
    fc.record({
      do: fc.constantFrom(
        'pass' as const,
        'tick' as const,
        'tick' as const,
        'kill' as const,
        'compact' as const,
      ),
    }),
    fc.record({ do: fc.constant('owners' as const), servers: fc.boolean() }),
    fc.record({ do: fc.constant('deliver' as const), order: fc.nat(1000) }),
  ),
  { minLength: 5, maxLength: 60 },
)

class World {
  #harness = new ModelHarness()
  #parts: Uint8Array[] = []
  #queue: RecordText[] = []
  #ns = S
  #tickNs = 0
  #nextPort = 1000
  readonly connections: Connection[] = []
  /** Told by port. */
  readonly told = new Map<number, { opened: number; closed: number; toServer: number; toClient: number }>()

  constructor(existing: readonly boolean[]) {
    for (const local of existing) this.connections.push(this.#newConnection(local, 500, 700))
    this.pass()
    this.tick()
  }

  step(step: Step): void {
    this.#ns += 3 * MS
    switch (step.do) {
      case 'open':
        return this.open(step.local, step.lost)
      case 'move':
        return this.move(step.which, step.bytes)
      case 'close':
        return this.close(step.which, step.lost)
      case 'deliver':
        return this.deliver(step.order)
      case 'owners':
        return this.owners(step.servers)
      case 'pass':
        return this.pass()
      case 'tick':
        return this.tick()
      case 'compact':
        this.#parts = [this.#harness.whole()]
        return
      case 'kill':
        this.#queue = []
        this.#harness = new ModelHarness({ restore: this.#parts })
        for (const connection of this.connections)
          connection.exact &&= connection.open || connection.closedTicks > 1
        this.pass()
    }
  }

  open(local: boolean, lost: number): void {
    const connection = this.#newConnection(local, 0, 0)
    this.connections.push(connection)
    const [client, server] = connection.ends
    const records: RecordText[] = [
      { kind: 'state', ...client!, ts: this.#ns, from: 'close', to: 'synSent', pid: 1, flags: ['inProcess'] },
      { kind: 'state', ...client!, ts: this.#ns + MS, from: 'synSent', to: 'established' },
    ]
    if (server)
      records.push({ kind: 'state', ...server, ts: this.#ns + MS, from: 'synRecv', to: 'established' })
    this.#queue.push(...records.filter((_, i) => ((lost >> i) & 1) === 0 || lost > 7))
  }

  move(which: number, bytes: number): void {
    const connection = this.connections[which % Math.max(1, this.connections.length)]
    if (!connection?.open) return
    connection.sent += bytes
    connection.received += bytes >> 3
  }

  close(which: number, lost: number): void {
    const connection = this.connections[which % Math.max(1, this.connections.length)]
    if (!connection?.open) return
    connection.open = false
    let kept = true
    for (const [i, end] of connection.ends.entries()) {
      if (lost < 4 && ((lost >> i) & 1) === 1) kept = false
      else
        this.#queue.push({
          kind: 'state',
          ...end,
          ...this.#counters(connection, end),
          ts: this.#ns,
          from: 'lastAck',
          to: 'close',
        })
    }
    connection.exact = kept
  }

  deliver(order: number): void {
    // A deterministic shuffle: CPUs deliver each for itself.
    const queue = this.#queue.map((record, i) => ({ record, key: ((i + 1) * (order + 7)) % 13 }))
    if (order % 3 !== 0) queue.sort((a, b) => a.key - b.key)
    this.#queue = []
    for (const { record } of queue) this.#harness.apply(record)
  }

  pass(): void {
    this.deliver(0)
    this.#ns += MS
    const at = { ts: this.#ns, protocol: 'tcp' } as const
    this.#harness.apply({ kind: 'passBegin', ...at })
    for (const connection of this.connections)
      if (connection.open)
        for (const end of connection.ends)
          this.#harness.apply({
            kind: 'sample',
            ...end,
            ...this.#counters(connection, end),
            ...at,
            to: 'established',
          })
    this.#harness.apply({ kind: 'passEnd', ...at })
  }

  /** A look at the files of some processes, which hold one end only. */
  owners(servers: boolean): void {
    for (const connection of this.connections)
      for (const end of connection.ends)
        if (connection.open && end.server === servers)
          this.#harness.apply({
            kind: 'owner',
            ...end,
            ...this.#counters(connection, end),
            ts: this.#ns,
            to: 'established',
          })
  }

  tick(final = false): void {
    this.deliver(0)
    this.#ns = Math.max(this.#ns, this.#tickNs + S)
    this.#tickNs = this.#ns
    const { batch, checkpoint } = this.#harness.tick(this.#ns, final)
    this.#parts.push(checkpoint)
    for (const connection of this.connections) if (!connection.open) connection.closedTicks++
    for (const edge of batch.edges) {
      const told = this.told.get(edge.serverPort) ?? { opened: 0, closed: 0, toServer: 0, toClient: 0 }
      told.opened += edge.opened
      told.closed += edge.closed
      told.toServer += edge.bytesToServer
      told.toClient += edge.bytesToClient
      this.told.set(edge.serverPort, told)
    }
  }

  #newConnection(local: boolean, baseSent: number, baseReceived: number): Connection {
    const port = this.#nextPort++
    const client = `10.0.0.1:${40_000 + port}`
    const server = local ? `10.0.0.1:${port}` : `10.9.9.9:${port}`
    const ends: End[] = [{ cookie: port * 2, local: client, remote: server, server: false }]
    if (local) ends.push({ cookie: port * 2 + 1, local: server, remote: client, server: true })
    return {
      port,
      ends,
      sent: baseSent,
      received: baseReceived,
      baseSent,
      baseReceived,
      open: true,
      closedTicks: 0,
      exact: true,
    }
  }

  #counters(connection: Connection, end: End) {
    return end.server
      ? { sent: connection.received, received: connection.sent }
      : { sent: connection.sent, received: connection.received }
  }
}

test('each byte, open and close is told once, over losses, disorder, kills and restores', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 3 }), steps, (existing, plan) => {
      const world = new World(existing)
      for (const step of plan) world.step(step)
      world.pass()
      world.tick(true)
      for (const connection of world.connections) {
        const told = world.told.get(connection.port) ?? { opened: 0, closed: 0, toServer: 0, toClient: 0 }
        const sent = connection.sent - connection.baseSent
        const received = connection.received - connection.baseReceived
        const what = JSON.stringify({ connection, told })
        assert.ok(told.toServer <= sent && told.toClient <= received, `told more than there was: ${what}`)
        assert.ok(told.opened <= 1 && told.closed <= 1, `opened or closed twice: ${what}`)
        if (connection.baseSent > 0) assert.equal(told.opened, 0, `was open before: ${what}`)
        if (!connection.exact) continue
        assert.deepEqual([told.toServer, told.toClient], [sent, received], `told less than came: ${what}`)
        if (connection.baseSent === 0) assert.equal(told.opened, 1, `not opened: ${what}`)
        assert.equal(told.closed, connection.open ? 0 : 1, `closed: ${what}`)
      }
    }),
    { seed: 20_260_101, numRuns: 400 },
  )
})
