import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { create } from '@bufbuild/protobuf'
import {
  CheckStatus,
  HostCapabilitiesSchema,
  Level,
  type Flow,
  type ListFlowsResponse,
  type WatchResponse,
} from '@quadrant/proto'
import { securityCases } from './api/security.case.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { DEFAULT_STORE_LIMITS } from './store/store.ts'
import { AbortOnDispose } from './testing/abort-on-dispose.ts'
import { AgentClient } from './testing/agent-client.ts'
import { flowsOf, secondOf } from './testing/batch.ts'
import { runtimeOf, windowOf } from './testing/runtime-batch.ts'
import { ServerProcess } from './testing/server-process.ts'
import { TemporaryDir } from './testing/temporary.ts'

const isRoot = process.getuid!() === 0

/** A second that ended `ago` seconds before now. */
function recent(ago: number, init = {}) {
  const endNs = (Math.floor(Date.now() / 1000) - ago) * 1e9
  return { ...secondOf(0, init), startNs: endNs - 1e9, endNs }
}

async function ask(
  server: ServerProcess,
  options: { method?: string; path: string; headers?: Record<string, string>; body?: string },
): Promise<{ response: IncomingMessage; body: Buffer }> {
  const { method = 'GET', path, headers = {}, body } = options
  const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers, agent: false })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { response, body: Buffer.concat(chunks) }
}

test('who may ask', async (t) => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  for (const { name, method, path, headers, status } of securityCases(server))
    await t.test(`${status}: ${name}`, async () => {
      const { response, body } = await ask(server, {
        method,
        path,
        headers,
        body: method === 'POST' ? '{}' : undefined,
      })
      assert.equal(response.statusCode, status, body.toString())
      assert.match(String(response.headers['content-security-policy']), /default-src 'self'/)
      assert.equal(response.headers['x-content-type-options'], 'nosniff')
      assert.equal(response.headers['referrer-policy'], 'no-referrer')
      if (status === 401) assert.match(body.toString() || '`quadrant up`', /`quadrant up`/)
      if (status !== 200) assert.ok(!body.includes(server.token))
    })
  await t.test('a body or a header that is too large', async () => {
    const headers = {
      host: `127.0.0.1:${server.port}`,
      authorization: `Bearer ${server.token}`,
      'content-type': 'application/json',
    }
    const path = '/quadrant.v1.QuadrantService/GetMap'
    const large = await ask(server, {
      method: 'POST',
      path,
      headers,
      body: JSON.stringify({ query: 'x'.repeat(300_000) }),
    })
    assert.equal(large.response.statusCode, 429)
    const { response } = await ask(server, {
      path: '/',
      headers: { ...headers, 'x-large': 'x'.repeat(20_000) },
    })
    assert.equal(response.statusCode, 431)
  })
  await t.test('nothing listens but loopback', () => {
    const listening = ['tcp', 'tcp6'].flatMap((table) =>
      readFileSync(`/proc/net/${table}`, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(
          (fields) =>
            fields[3] === '0A' &&
            fields[1]?.endsWith(`:${server.port.toString(16).toUpperCase().padStart(4, '0')}`),
        )
        .map((fields) => fields[1]!.split(':')[0]!),
    )
    assert.ok(listening.length > 0)
    for (const address of listening)
      assert.ok(['0100007F', '00000000000000000000000001000000'].includes(address), address)
  })
})

test('what an agent tells is on the map, in the flows, on the time bar and in the status', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  const { api } = server
  {
    await using agent = new AgentClient(dir.path)
    assert.equal(await agent.hello(), 0)
    for (let seq = 1; seq <= 5; seq++)
      await agent.deliver(seq, recent(6 - seq, { flows: flowsOf(40, { flags: Array(40).fill(9) }) }))
    await agent.deliver(3, recent(1)) // Told again.
    const map = await api.getMap({ level: Level.SERVICE })
    assert.deepEqual(
      map.edges.map(({ id }) => id),
      ['svc:web>svc:db>tcp>5432'],
    )
    assert.deepEqual(map.nodes.map(({ id }) => id).sort(), ['svc:db', 'svc:web'])
    assert.equal(map.edges[0]!.totals!.opened, 5)
    assert.equal(map.edges[0]!.seconds, 5)
    assert.equal((await api.getMap({ level: Level.PROCESS })).edges[0]!.client, 'proc:alpha/1@1')
    assert.equal((await api.getMap({ level: Level.HOST })).edges[0]!.id, 'host:alpha>host:alpha>tcp>5432')
    assert.equal((await api.getMap({ query: 'to:web' })).edges.length, 0)
    await assert.rejects(api.getMap({ query: 'nonsense:1' }), /QRY001/)

    const edge = await api.getEdge({ id: 'svc:web>svc:db>tcp>5432' })
    assert.equal(
      edge.points.reduce((sum, { delta }) => sum + delta!.opened, 0),
      5,
    )
    assert.equal(edge.lastFlows.length, 50)
    assert.equal(edge.client!.processes[0]!.pid, 1)
    await assert.rejects(api.getEdge({ id: 'svc:a>svc:b>tcp>1' }), /no edge/)

    const flows: Flow[] = []
    let omitted = 0
    for await (const chunk of api.listFlows({ limit: 50, query: 'port:5432' })) {
      flows.push(...chunk.flows)
      omitted += chunk.omitted
    }
    assert.equal(flows.length, 50)
    assert.equal(omitted, 150)
    assert.deepEqual(
      flows.map(({ roleGuessed, joined }) => roleGuessed && joined),
      flows.map(() => true),
    )
    assert.ok(flows.every(({ timeNs }, i) => i === 0 || timeNs >= flows[i - 1]!.timeNs))
    assert.deepEqual([flows[0]!.service, flows[0]!.peerService, flows[0]!.remotePort], ['web', 'db', 5432])

    const { points } = await api.getTimeline({})
    assert.equal(
      points.reduce((sum, { opened }) => sum + opened, 0),
      5,
    )
    const status = await api.getStatus({})
    assert.deepEqual(
      [status.agents[0]!.host, status.agents[0]!.connected, status.agents[0]!.lastSeq],
      ['alpha', true, 5],
    )
    assert.equal(status.store!.flowSegments, 5)
    const programs = [
      { name: 'tcp_state', attach: 'tp_btf/inet_sock_set_state', sampleRuns: 4000, sampleRunNs: 3_000_000 },
      { name: 'tcp_destroy', attach: 'tp_btf/tcp_destroy_sock' },
    ]
    const programCheck = async (programSample?: { endNs: number; lengthNs: number }) => {
      agent.send({ case: 'report', value: { programs, programSample } })
      for (;;) {
        const found = (await api.runDoctor({})).checks.find(({ id }) => id === 'server.programs')
        if (found && (found.status === CheckStatus.SKIPPED) === (programSample === undefined)) return found
      }
    }
    assert.equal((await programCheck()).detail, 'alpha: no sample yet')
    const { detail, category } = await programCheck({ endNs: (Date.now() - 12_000) * 1e6, lengthNs: 2e9 })
    assert.equal(category, 'cost')
    assert.match(
      detail,
      /^alpha: 0\.15 % of a core, sampled for 2\.00 s 1[234] s ago: tcp_state 0\.15 % \(2\.00k\/s at 750 ns\)$/,
    )
    const { checks } = await api.runDoctor({})
    assert.deepEqual(
      checks
        // Whether this process is held up is the machine's doing.
        .filter(({ id, status: verdict }) => verdict !== CheckStatus.OK && id !== 'server.lag')
        .map(({ id, detail }) => `${id} ${detail}`),
      ['server.runtime alpha: runtimes are not observed'],
    )
    await api.setInstruction({ instruction: { udpBytes: true } })
    assert.ok((await agent.instruction()).udpBytes)
  }
  {
    await using again = new AgentClient(dir.path)
    assert.equal(await again.hello(), 5)
    assert.equal((await api.getStatus({})).agents[0]!.connected, true)
  }
  {
    await using anew = new AgentClient(dir.path)
    assert.equal(await anew.hello({ agentId: 'agent-2' }), 0)
    const { agents } = await api.getStatus({})
    assert.deepEqual(
      agents.map(({ agentId, connected }) => [agentId, connected]),
      [['agent-2', true]],
    )
  }
})

test('flows come with the losses of the time that they span', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const drops = [{ stage: 'kernel.ring', reason: 'full', count: 3 }]
  await agent.deliver(1, recent(9, { flows: flowsOf(5), drops }))
  await agent.deliver(2, recent(2, { flows: flowsOf(5) }))
  const lostWith = async (limit: number) => {
    let count = 0
    for await (const chunk of server.api.listFlows({ limit }))
      for (const drop of chunk.drops) count += drop.count
    return count
  }
  assert.equal(await lostWith(5), 0)
  assert.equal(await lostWith(10), 3)
  assert.equal(await lostWith(7), 3)
})

test('a follower is told what flows lose while it follows, each loss once, also over a break', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  const losing = (count: number, ago: number, flows = 5) =>
    recent(ago, {
      flows: flowsOf(flows),
      drops: [
        { stage: 'agent.flow-cap', reason: 'cap', count },
        { stage: 'tracer.edges', reason: 'edge-limit', count: 1 },
      ],
    })
  const follow = (dropsFromNs: number, stop: AbortOnDispose) =>
    server.api.listFlows({ follow: true, dropsFromNs }, stop)[Symbol.asyncIterator]()
  const told = ({ drops, flows }: ListFlowsResponse) => [
    flows.length,
    drops.map(({ stage, count }) => [stage, count]),
  ]
  await agent.deliver(1, losing(3, 9))
  let untilNs = 0
  {
    using stop = new AbortOnDispose()
    const followed = follow(0, stop)
    const past = (await followed.next()).value as ListFlowsResponse
    assert.equal(past.drops.find(({ stage }) => stage === 'agent.flow-cap')!.count, 3)
    await agent.deliver(2, losing(40, 8))
    assert.deepEqual(told((await followed.next()).value), [5, [['agent.flow-cap', 40]]])
    // Nothing but a loss is an answer too; one that is no flow's is none.
    await agent.deliver(3, recent(7))
    await agent.deliver(4, losing(500, 6, 0))
    const last = (await followed.next()).value!
    assert.deepEqual(told(last), [0, [['agent.flow-cap', 500]]])
    untilNs = last.dropsUntilNs
  }
  await agent.deliver(5, losing(6000, 5))
  using stop = new AbortOnDispose()
  const again = (await follow(untilNs, stop).next()).value as ListFlowsResponse
  assert.equal(again.flows.length, 15)
  assert.equal(again.drops.find(({ stage }) => stage === 'agent.flow-cap')!.count, 6000)
  const watched = server.api.watch({ withFlows: true }, stop)[Symbol.asyncIterator]()
  await watched.next()
  await agent.deliver(6, losing(70_000, 4))
  const { drops, dropsUntilNs } = (await watched.next()).value as WatchResponse
  assert.deepEqual(
    drops.map(({ stage, count }) => [stage, count]),
    [['agent.flow-cap', 70_000]],
  )
  assert.ok(dropsUntilNs > again.dropsUntilNs)
})

test('watchers get the map and the flows as they come; a follower gets every flow', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  await agent.deliver(1, recent(2, { flows: flowsOf(1) }))
  using stop = new AbortOnDispose()
  const watched = server.api.watch({ withMap: true, withFlows: true }, stop)[Symbol.asyncIterator]()
  const first = (await watched.next()).value!
  assert.equal(first.map!.edges[0]!.totals!.opened, 1)
  const followed = server.api.listFlows({ follow: true }, stop)[Symbol.asyncIterator]()
  assert.equal((await followed.next()).value!.flows.length, 1)
  await agent.deliver(2, recent(1, { flows: flowsOf(7) }))
  assert.equal((await followed.next()).value!.flows.length, 7)
  const second = (await watched.next()).value!
  assert.equal(second.map!.edges[0]!.totals!.opened, 2)
  assert.equal(second.flows.length, 7)
  assert.equal(second.lastSecond!.opened, 1)
})

test('hostile agents are refused, counted and logged, and others are not disturbed', async (t) => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  await using good = new AgentClient(dir.path)
  await good.hello({ agentId: 'good' })
  let seq = 0
  const stillWell = async () => {
    seq++
    await good.deliver(seq, recent(1))
  }
  const refused = async (reason: string) =>
    (await server.api.getStatus({})).refused.find((one) => one.reason === reason)?.count ?? 0
  const session = (name: string, reason: string, act: (agent: AgentClient) => Promise<void> | void) =>
    t.test(name, async () => {
      const before = await refused(reason)
      await using agent = new AgentClient(dir.path)
      await act(agent)
      await assert.rejects(async () => {
        while (true) await agent.receive()
      }, /refused|malformed|protocol|sequence|index|text|too-large|message size|larger than|limit/)
      assert.equal(await refused(reason), before + 1)
      await stillWell()
    })
  const frame = (agent: AgentClient, at: number, init = {}) =>
    agent.send({ case: 'frame', value: { seq: at, batch: recent(1, init) } })
  await session('a frame before hello', 'protocol', (agent) => frame(agent, 1))
  await session('two hellos', 'protocol', async (agent) => {
    await agent.hello()
    agent.send({ case: 'hello', value: { agentId: 'agent-1', host: 'alpha' } })
  })
  await session('no name', 'text', (agent) =>
    agent.send({ case: 'hello', value: { agentId: '', host: 'alpha' } }),
  )
  await session('a sequence number of zero', 'sequence', async (agent) => {
    await agent.hello()
    frame(agent, 0)
  })
  await session('an index out of range', 'index', async (agent) => {
    await agent.hello()
    frame(agent, 10, { edges: [{ client: 0, server: 99, protocol: 6 }] })
  })
  await session('a collection of a process that is not there', 'index', async (agent) => {
    await agent.hello()
    frame(agent, 11, { runtime: runtimeOf(0, { processKeys: ['1@1'] }) })
  })
  await session('a stack that is its own parent', 'index', async (agent) => {
    await agent.hello()
    frame(agent, 12, { runtime: runtimeOf(0, { profiles: [windowOf(0, { nodeParent: [1, 1, 0] })] }) })
  })
  await t.test('a refused frame is not asked for again', async () => {
    await using agent = new AgentClient(dir.path)
    assert.equal(await agent.hello(), 12)
  })
  await session('a frame over 4 MiB', 'too-large', async (agent) => {
    await agent.hello()
    frame(agent, 13, { processKeys: Array.from({ length: 300_000 }, () => '1234567890@12345') })
  })

  await t.test(
    'a report with an escape sequence is refused; the one before it stays, and the session',
    async () => {
      await using agent = new AgentClient(dir.path)
      const lastSeq = await agent.hello()
      const before = await refused('text')
      for (const source of ['proc', '\u001b[2J']) agent.send({ case: 'report', value: { source } })
      await agent.deliver(lastSeq + 1, recent(1, { edges: [] }))
      assert.equal(await refused('text'), before + 1)
      const { agents } = await server.api.getStatus({})
      assert.equal(agents.find(({ agentId }) => agentId === 'agent-1')!.report!.source, 'proc')
    },
  )
  await t.test('what it says of its host may be refused alone', async () => {
    await using agent = new AgentClient(dir.path)
    const before = await refused('text')
    await agent.hello({
      agentId: 'odd',
      capabilities: create(HostCapabilitiesSchema, { kernel: '\u001b[2J' }),
    })
    assert.equal(await refused('text'), before + 1)
    await agent.deliver(1, recent(1, { edges: [] }))
  })

  const raw = (name: string, bytes: Uint8Array) =>
    t.test(name, async () => {
      const socket = connect(join(dir.path, 'agent.sock'))
      socket.on('error', () => undefined)
      socket.end(bytes)
      socket.resume()
      await once(socket, 'close')
      await stillWell()
    })
  await raw('nothing at all', new Uint8Array(0))
  await raw('no HTTP/2', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
  await raw('noise', Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256)))
  await raw(
    'a preface and noise',
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(10_000, 0xff)]),
  )

  assert.match(server.log, /"reason":"index".*"msg":"message refused"/)
  assert.equal((await server.api.getMap({})).edges[0]!.totals!.opened, seq)
})

test(
  'an agent more than may be known is refused and counted, and what is held of one ends with it',
  { timeout: 60_000 },
  async () => {
    using dir = new TemporaryDir()
    await using first = await ServerProcess.start(dir.path)
    await first.stop()
    {
      await using store = openSqliteStore(join(dir.path, 'server/store.db'), DEFAULT_STORE_LIMITS)
      for (let i = 1; i <= 1024; i++) {
        const { id } = await store.agent({ agentId: `agent-${i}`, host: `h${i}`, bootId: '', version: '' })
        await store.skip(id, 1, { stage: 'test', reason: 'none', count: 0 })
      }
    }
    await using server = await ServerProcess.start(dir.path)
    {
      await using known = new AgentClient(dir.path)
      await known.hello()
      known.send({ case: 'report', value: { source: 'proc' } })
      await known.deliver(2, recent(1))
      await using other = new AgentClient(dir.path)
      await assert.rejects(other.hello({ agentId: 'one more' }), /agent-limit: 1024 agents are known already/)
      const { agents, refused } = await server.api.getStatus({})
      assert.equal(agents.length, 1024)
      assert.equal(agents.find(({ agentId }) => agentId === 'agent-1')!.report!.source, 'proc')
      assert.deepEqual(
        refused.map(({ reason, count }) => [reason, count]),
        [['agent-limit', 1]],
      )
    }
    while (true) {
      const { agents } = await server.api.getStatus({})
      const { connected, report } = agents.find(({ agentId }) => agentId === 'agent-1')!
      if (connected) continue
      assert.equal(report, undefined)
      break
    }
  },
)

test('the newest session of an agent wins', async () => {
  using dir = new TemporaryDir()
  await using _server = await ServerProcess.start(dir.path)
  await using first = new AgentClient(dir.path)
  await first.hello()
  await using second = new AgentClient(dir.path)
  await second.hello()
  await assert.rejects(first.receive(), /newer session/)
  await second.deliver(1, recent(1))
})

test(
  'started by root it is an ordinary user without capabilities',
  { skip: isRoot ? false : 'needs root' },
  async () => {
    using dir = new TemporaryDir()
    await using server = await ServerProcess.start(dir.path, ['--user', '65534:65534'])
    const tasks = readdirSync(`/proc/${server.child.pid}/task`)
    assert.ok(tasks.length > 1)
    for (const task of tasks) {
      const status = readFileSync(`/proc/${server.child.pid}/task/${task}/status`, 'utf8')
      assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m)
      assert.match(status, /^Gid:\t65534\t65534\t65534\t65534$/m)
      assert.match(status, /^Groups:\t ?$/m)
      assert.match(status, /^CapPrm:\t0+$/m)
      assert.match(status, /^CapEff:\t0+$/m)
    }
    assert.equal(statSync(join(dir.path, 'server')).mode & 0o7777, 0o700)
    for (const name of ['agent.sock', 'server.json', 'server/store.db'])
      assert.equal(statSync(join(dir.path, name)).uid, 65_534, name)
    // What it may not touch: the data directory itself, so the agent's directory in it can't be replaced.
    assert.equal(statSync(dir.path).uid, 0)
    assert.equal(lstatSync(join(dir.path, 'agent.sock')).isSymbolicLink(), true)
  },
)

test(
  'root without capabilities, as in a container, is an ordinary user',
  { skip: isRoot ? false : 'needs root' },
  async () => {
    using dir = new TemporaryDir()
    const without = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs']
    await using server = await ServerProcess.start(dir.path, ['--user', '65534:65534'], without)
    assert.match(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'), /^CapPrm:\t0+$/m)
    assert.equal(statSync(join(dir.path, 'server')).uid, 0)
  },
)

test('files that tell something are for their owner only', async () => {
  using dir = new TemporaryDir()
  await using server = await ServerProcess.start(dir.path)
  for (const name of ['agent.sock', 'server.json', 'server/token'])
    assert.equal(statSync(join(dir.path, name)).mode & 0o777, 0o600, name)
  const { address, token, pid } = JSON.parse(readFileSync(join(dir.path, 'server.json'), 'utf8'))
  assert.deepEqual([address, token, pid], [server.address, server.token, server.child.pid])
})

test('it ends cleanly, and keeps its token and its data', async () => {
  using dir = new TemporaryDir()
  const first = await ServerProcess.start(dir.path)
  {
    await using agent = new AgentClient(dir.path)
    await agent.hello()
    await agent.deliver(1, recent(1))
    assert.equal(await first.stop(), 0)
  }
  assert.deepEqual(readdirSync(join(dir.path, 'server')).sort(), ['filters', 'store.db', 'token'])
  await using second = await ServerProcess.start(dir.path)
  assert.equal(second.token, first.token)
  assert.equal((await second.api.getMap({})).edges.length, 1)
})

test('a start that fails says why and what to do', async (t) => {
  const fails = (name: string, args: (dir: string) => string[], expected: RegExp) =>
    t.test(name, async () => {
      using dir = new TemporaryDir()
      await assert.rejects(ServerProcess.start(dir.path, args(dir.path)), expected)
    })
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  await fails(
    'a port that is taken',
    () => ['--port', String(port)],
    /exit 3: .*port \d+ on 127.0.0.1 is taken\nfix: .*--port 0/s,
  )
  taken.close()
  await fails('an unknown flag', () => ['--what'], /exit 2/)
  await fails('root as the user', () => ['--user', '0:0'], /exit 2: .*ordinary user/)
  await fails(
    'a path that is too long',
    (dir) => ['--data', join(dir, 'x'.repeat(100))],
    /exit 2: .*too long for a unix socket/,
  )
  await t.test('a directory out of reach', { skip: isRoot ? false : 'needs root' }, async () => {
    using dir = new TemporaryDir()
    chmodSync(dir.path, 0o700)
    mkdirSync(join(dir.path, 'in'))
    await assert.rejects(ServerProcess.start(join(dir.path, 'in')), /user 65534 can't reach .*\nfix: /s)
  })
})

test('the console is served from memory, compressed, and every page is its index', async () => {
  using dir = new TemporaryDir()
  const dist = join(dir.path, 'dist')
  mkdirSync(join(dist, 'assets'), { recursive: true })
  const script = 'export const answer = 42\n'.repeat(1000)
  writeFileSync(join(dist, 'index.html'), '<!doctype html><title>Console</title>')
  writeFileSync(join(dist, 'assets/index.js'), script)
  await using server = await ServerProcess.start(dir.path, ['--console', dist])
  const headers = { host: `127.0.0.1:${server.port}`, authorization: `Bearer ${server.token}` }
  for (const path of ['/', '/map', '/flows/deep', '/?a=1']) {
    const { response, body } = await ask(server, { path, headers })
    assert.match(body.toString(), /<title>Console/, path)
    assert.match(response.headers['content-type']!, /^text\/html/)
  }
  for (const path of [
    '/assets/none.js',
    '/../../package.json',
    '/%2e%2e/package.json',
    '/assets/'.concat('x'.repeat(99), '.js'),
  ])
    assert.equal((await ask(server, { path, headers })).response.statusCode, 404, path)
  const encoded = async (encoding: string) => {
    // Compressed off the main thread soon after the start.
    while (true) {
      const answer = await ask(server, {
        path: '/assets/index.js',
        headers: { ...headers, 'accept-encoding': encoding },
      })
      if (answer.response.headers['content-encoding']) return answer
    }
  }
  const brotli = await encoded('gzip, br')
  assert.equal(brotli.response.headers['content-encoding'], 'br')
  assert.equal(brotliDecompressSync(brotli.body).toString(), script)
  assert.equal(gunzipSync((await encoded('gzip')).body).toString(), script)
  const etag = brotli.response.headers.etag!
  const again = await ask(server, {
    path: '/assets/index.js',
    headers: { ...headers, 'accept-encoding': 'br', 'if-none-match': etag },
  })
  assert.equal(again.response.statusCode, 304)
  assert.equal((await ask(server, { path: '/', method: 'HEAD', headers })).body.length, 0)
})
