// What `quadrant observe` tells is held against the log of the program that made the connections: each tuple, each byte.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLOW_CAP_MAX } from '@quadrant/proto'
import { call } from './api.ts'
import { type LoggedEnd, Loadgen } from './loadgen.ts'
import { NamespacePair } from './namespaces.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { FULL, missing } from './requirements.ts'

/** Connections of each shape and path. 12 TCP shapes × paths and 8 of UDP: 10,000 and more in full length. */
const COUNT = FULL ? 250 : 25

/** The fields of a row of `observe -o jsonl` that are compared. */
interface Row {
  readonly event: string
  readonly protocol: string
  readonly role: string
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly segmentsSent: number
  readonly segmentsReceived: number
  readonly error: number
  readonly pid: number
  readonly comm: string
  readonly resetSent: boolean
}

const FINAL_EVENTS = new Set(['FLOW_EVENT_CLOSE', 'FLOW_EVENT_RESET', 'FLOW_EVENT_FAIL'])
const ECONNREFUSED = 111

test(
  'every connection of the log is told, with its tuple, bytes, outcome and process',
  { skip: missing('go', 'ip') },
  async (t) => {
    using load = new Loadgen()
    using wire = new NamespacePair()
    await using product = await RunningQuadrant.start(['--udp-bytes', '--flow-cap', String(FLOW_CAP_MAX)])
    const startedAt = Date.now()
    {
      await using local = await load.serve('serve-local', [
        '--tcp',
        '127.0.0.1:9401,[::1]:9401',
        '--udp',
        '127.0.0.1:9402,[::1]:9402',
      ])
      await using remote = await load.serve(
        'serve-remote',
        [
          '--tcp',
          `${NamespacePair.rightV4}:9401,[${NamespacePair.rightV6}]:9401`,
          '--udp',
          `${NamespacePair.rightV4}:9402,[${NamespacePair.rightV6}]:9402`,
        ],
        wire.right,
      )
      assert.ok(local.pid && remote.pid)
      await eventually('the servers are seen', async () => {
        const { stdout } = await product.run(['observe', '--event', 'listen', '-o', 'jsonl'])
        return stdout.includes('9401') ? true : undefined
      })
      await makeConnections(load, wire)
    }
    const expected = load.log()
    if (FULL) assert.ok(expected.filter((end) => end.role === 'client').length >= 10_000)

    const rows = await eventually(
      'all ends are told',
      async () => {
        const found = await finalRows(product, startedAt)
        return compare(expected, found).length === 0 ? found : undefined
      },
      30_000,
    ).catch(() => finalRows(product, startedAt))
    const differences = compare(expected, rows)
    const drops = await countDrops(product)
    t.diagnostic(
      `${expected.length} ends logged, ${rows.length} final rows, ${differences.length} differences, drops: ${drops.text}`,
    )
    assert.ok(
      differences.length <= drops.total,
      `more differences than drops:\n${differences.slice(0, 30).join('\n')}`,
    )
  },
)

async function makeConnections(load: Loadgen, wire: NamespacePair): Promise<void> {
  const paths = [
    { name: 'v4', tcp: '127.0.0.1:9401', udp: '127.0.0.1:9402', namespace: undefined },
    { name: 'v6', tcp: '[::1]:9401', udp: '[::1]:9402', namespace: undefined },
    {
      name: 'wire-v4',
      tcp: `${NamespacePair.rightV4}:9401`,
      udp: `${NamespacePair.rightV4}:9402`,
      namespace: wire.left,
    },
    {
      name: 'wire-v6',
      tcp: `[${NamespacePair.rightV6}]:9401`,
      udp: `[${NamespacePair.rightV6}]:9402`,
      namespace: wire.left,
    },
  ]
  const shapes: readonly (readonly [shape: string, ...args: string[]])[] = [
    ['client-closes'],
    ['client-closes', '--send', '200000', '--receive', '300000'],
    ['client-closes', '--hold', '2500'],
    ['server-closes', '--receive', '5000'],
    ['half-close', '--send', '70000'],
    ['server-resets'],
    ['client-resets'],
    ['unread'],
  ]
  for (const { name, tcp, udp, namespace } of paths) {
    for (const [shape, ...args] of shapes)
      await load.run(
        'dial',
        `dial-${name}`,
        ['--to', tcp, '--count', String(COUNT), '--parallel', '50', '--shape', shape, ...args],
        namespace,
      )
    for (const kind of [[], ['--unconnected'], ['--hold', '1500'], ['--unconnected', '--size', '1400']])
      await load.run(
        'send',
        `send-${name}`,
        ['--to', udp, '--count', String(COUNT), '--parallel', '20', ...kind],
        namespace,
      )
    const closed = tcp.replace(/:9401$/, ':9')
    const from = {
      v4: '127.0.0.1',
      v6: '::1',
      'wire-v4': NamespacePair.leftV4,
      'wire-v6': NamespacePair.leftV6,
    }[name]!
    await load.run(
      'dial',
      `refused-${name}`,
      ['--to', closed, '--count', String(COUNT), '--from', from, '--base-port', '21000'],
      namespace,
    )
  }
}

async function finalRows(product: RunningQuadrant, startedAt: number): Promise<readonly Row[]> {
  const since = `${Math.ceil((Date.now() - startedAt) / 1000) + 5}s`
  const { stdout, stderr, code } = await product.run([
    'observe',
    '--both-ends',
    '--since',
    since,
    '--last',
    '1000000',
    '-o',
    'jsonl',
  ])
  assert.equal(code, 0, stderr)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
    .filter((row) => FINAL_EVENTS.has(row.event))
}

/**
 * Stages that excuse no difference: the first three only did not tell ends apart, their flows were told all the same; and
 * the flow cap is above what the load makes.
 */
const NO_EXCUSE = new Set(['tracer.join', 'tracer.addresses', 'tracer.edges', 'agent.flow-cap'])

/** What is lost of requests is in the flows all the same. */
function isExcuse({ stage }: { readonly stage: string }): boolean {
  return !NO_EXCUSE.has(stage) && !stage.startsWith('kernel.http') && stage !== 'tracer.requests'
}

async function countDrops(
  product: RunningQuadrant,
): Promise<{ readonly total: number; readonly text: string }> {
  const { drops = [] } = await call<{ drops?: readonly { stage: string; reason: string; count: number }[] }>(
    product.data,
    'GetStatus',
    {},
  )
  return {
    total: drops.filter(isExcuse).reduce((sum, { count }) => sum + count, 0),
    text: drops.map(({ stage, reason, count }) => `${stage}/${reason} ${count}`).join(', ') || 'none',
  }
}

/** One line per logged end that no row agrees with. Each row answers for one end. */
function compare(expected: readonly LoggedEnd[], rows: readonly Row[]): readonly string[] {
  const byTuple = Map.groupBy(rows, (row) =>
    key(
      row.protocol === 'PROTOCOL_TCP' ? 'tcp' : 'udp',
      `${bracket(row.localAddress)}:${row.localPort}`,
      `${bracket(row.remoteAddress)}:${row.remotePort}`,
    ),
  )
  const differences: string[] = []
  for (const end of expected) {
    const candidates = byTuple.get(key(end.protocol, end.local, end.remote)) ?? []
    const at = candidates.findIndex((row) => agrees(end, row))
    if (at !== -1) candidates.splice(at, 1)
    else differences.push(`${JSON.stringify(end)} told as ${JSON.stringify(candidates)}`)
  }
  return differences
}

function agrees(end: LoggedEnd, row: Row): boolean {
  if (row.pid !== end.pid || row.comm !== 'loadgen') return false
  if (end.outcome === 'refused') return row.event === 'FLOW_EVENT_FAIL' && row.error === ECONNREFUSED
  if (row.role !== (end.role === 'client' ? 'ROLE_CLIENT' : 'ROLE_SERVER')) return false
  if (row.bytesSent !== end.sent || row.bytesReceived !== end.received) return false
  if (end.protocol === 'udp')
    return row.segmentsSent === end.sentMessages && row.segmentsReceived === end.receivedMessages
  if (end.outcome === 'closed') return row.event === 'FLOW_EVENT_CLOSE'
  return row.event === 'FLOW_EVENT_RESET' && row.resetSent === (end.outcome === 'reset-sent')
}

/** An unconnected socket has no local address of its own: only its port is compared. */
function key(protocol: string, local: string, remote: string): string {
  const port = local.slice(local.lastIndexOf(':') + 1)
  return `${protocol} ${protocol === 'udp' ? port : local} ${remote}`
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
