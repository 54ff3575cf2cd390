// Connections through filters in Go. What a script says is in guest/filtercases; each line of it is what e2e/filters
// has seen Envoy do.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { FilterPlugin } from '../../filters/plugin/filter-plugin.ts'
import { filterOf } from '../../testing/filter-thread.ts'
import { goFilter } from '../../testing/go-filter.ts'
import { NEEDS_GO } from '../../testing/go-guest.ts'
import { NEEDS_OPENSSL, TestAuthority } from '../testing/certificates.ts'
import { filteredTcp, type FilteredTcp } from '../testing/filtered-tcp.ts'
import { RawClient } from '../testing/raw-client.ts'
import { helloUpstream, rawUpstream, type RawUpstream } from '../testing/raw-upstream.ts'

const LOG = '%BYTES_RECEIVED% %BYTES_SENT% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%'

function yamlOf(port: number, listener = '', more = ''): string {
  return `listeners: [{ name: main, address: 127.0.0.1:0, tcp: { cluster: up }${listener} }]
clusters: [{ name: up, endpoints: [127.0.0.1:${port}] }${more}]
access_logs: [{ stdout: true, text: '${LOG}' }]
`
}

/** Answers each piece with `<piece>`. */
async function echo(t: TestContext): Promise<RawUpstream> {
  const answered: number[] = []
  return await rawUpstream(t, (socket, received, connection) => {
    const piece = received.slice(answered[connection] ?? 0)
    answered[connection] = received.length
    socket.write(`<${piece}>`)
  })
}

interface Scripted extends FilteredTcp {
  readonly upstream: RawUpstream
  /** What filters wrote of connections. */
  readonly said: () => readonly string[]
}

/** @param scripts one for each filter, in their order */
async function scripted(
  t: TestContext,
  scripts: Readonly<Record<string, string>>,
  { onFailure = 'closed' as const, more = '' }: { onFailure?: 'open' | 'closed'; more?: string } = {},
): Promise<Scripted> {
  const upstream = await echo(t)
  const bytes = goFilter('guest/filtercases/go')
  const filters = Object.entries(scripts).map(([name, script]) => ({
    name,
    bytes,
    onFailure,
    configuration: Buffer.from(`# ${name}\nfilter tcp\n${script}`),
  }))
  const gateway = await filteredTcp(t, yamlOf(upstream.port, '', more), filters)
  const begin = gateway.filters.logged.length
  return {
    ...gateway,
    upstream,
    said: () => gateway.filters.logged.slice(begin).map((line) => line.replace(/^~ (?:#\d+ )?/, '')),
  }
}

const until = async (isThere: () => boolean) => {
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** Sends these one after the other, each when there is an answer to the one before, and ends. */
async function exchange(port: number, pieces: readonly string[]): Promise<string> {
  using client = new RawClient(port)
  for (const piece of pieces) {
    const before = client.received.length
    client.send(piece)
    await client.until((received) => received.length > before)
  }
  client.socket.end()
  return await client.end()
}

test('a filter is told of a connection from its begin to its end', NEEDS_GO, async (t) => {
  const { port, said, line, filters } = await scripted(t, { one: '' })
  assert.equal(await exchange(port, ['one', 'two']), '<one><two>')
  assert.equal(await line(), '6 10 - -')
  assert.deepEqual(said(), [
    'new_connection',
    'downstream_data 3 end=false',
    'upstream_data 5 end=false',
    'downstream_data 3 end=false',
    'upstream_data 5 end=false',
    'downstream_data 0 end=true',
    'upstream_data 0 end=true',
    'upstream_close unknown',
    'downstream_close local',
    'done',
    'log',
    'delete',
  ])
  const [report] = filters.filters.engine.report()
  assert.deepEqual([report?.counts.streams, report?.openStreamCount], [1, 0])
})

test('what is held is told again with what comes, and goes on when a tick says so', NEEDS_GO, async (t) => {
  const { port, said, upstream } = await scripted(t, {
    one: 'new_connection self >stream\ndownstream_data#1 pause\ndownstream_data#2 pause\ndownstream_data buffer 2 0 99\ndownstream_data#2 tick_period 20\ntick effective $stream\ntick continue 2\ntick tick_period 0',
  })
  using client = new RawClient(port)
  client.send('one')
  await until(() => said().some((text) => text.includes('"one"')))
  assert.deepEqual(upstream.received, [''])
  client.send('two')
  assert.equal(await client.until((received) => received.includes('>')), '<onetwo>')
  assert.ok(said().includes('downstream_data 6 end=false'))
  client.send('three')
  assert.equal(await client.until((received) => received.endsWith('three>')), '<onetwo><three>')
})

test(
  'filters see the way there in their order and the way back reversed, each what the one before let go',
  NEEDS_GO,
  async (t) => {
    const { port, said } = await scripted(t, {
      a: 'downstream_data#1 set_buffer 2 0 0 a\nupstream_data#1 set_buffer 3 0 0 A\ndownstream_data buffer 2 0 99',
      b: 'downstream_data#1 pause\ndownstream_data#2 set_buffer 2 0 0 b\nupstream_data#1 set_buffer 3 0 0 B\ndownstream_data buffer 2 0 99',
    })
    using client = new RawClient(port)
    client.send('one')
    await until(() => said().some((text) => text.includes('"aone"')))
    client.send('two')
    await client.until((received) => received.includes('>'))
    client.socket.end()
    // The first has written its letter once, and not again before what the second held.
    assert.equal(await client.end(), 'AB<baonetwo>')
    const closes = said().filter((text) => text.endsWith('downstream_close local'))
    assert.equal(closes.length, 2)
  },
)

test(
  'one that holds the connection keeps its upstream from being asked, and bytes wait',
  NEEDS_GO,
  async (t) => {
    const callee = await helloUpstream(t)
    const { port, said, upstream } = await scripted(
      t,
      {
        one: 'new_connection http_call callee 2000 - :method=GET :path=/x :authority=callee\nnew_connection pause\nhttp_call_response buffer 4 0 99\nhttp_call_response continue 2',
        two: '',
      },
      { more: `, { name: callee, endpoints: [127.0.0.1:${callee.port}] }` },
    )
    assert.equal(await exchange(port, ['one']), '<one>')
    const order = said().map((text) => text.replace(/=.*/, ''))
    assert.ok(
      said().some((text) => text.includes('hello /x')),
      said().join('\n'),
    )
    // The second one hears of the connection once the first lets it.
    const begins = order.flatMap((text, index) => (text.endsWith('new_connection') ? [index] : []))
    assert.equal(begins.length, 2)
    assert.ok(begins[1]! > order.findIndex((text) => text.includes('http_call_response')))
    assert.equal(upstream.sockets.length, 1)
  },
)

test('either side can be closed by a filter, and all of it is then', NEEDS_GO, async (t) => {
  for (const [script, reached] of [
    ['downstream_data#1 close 2', 1],
    ['downstream_data#1 close 3', 1],
    ['new_connection close 2\nnew_connection pause', 0],
  ] as const) {
    const { port, said, line, upstream } = await scripted(t, { one: script })
    using client = new RawClient(port)
    client.send('one')
    assert.equal(await client.end(), '')
    assert.match(await line(), /^\d 0 - closed_by_filter$/)
    assert.deepEqual(said().slice(-4), ['downstream_close local', 'done', 'log', 'delete'])
    assert.equal(upstream.sockets.length, reached)
    assert.equal(upstream.received.join(''), '')
  }
})

test('what the upstream says is held, changed, and goes on in the same callback', NEEDS_GO, async (t) => {
  const { port, said } = await scripted(t, {
    one: 'upstream_data#1 pause\nupstream_data#2 set_buffer 3 0 1 [\nupstream_data#3 pause\nupstream_data#3 continue 3',
  })
  using client = new RawClient(port)
  client.send('one')
  await until(() => said().some((text) => text.startsWith('upstream_data')))
  client.send('two')
  assert.equal(await client.until((received) => received.endsWith('two>')), '[one><two>')
  client.send('three')
  assert.equal(await client.until((received) => received.endsWith('three>')), '[one><two><three>')
})

test('filters ask who is connected, and keep what they say for one another', NEEDS_GO, async (t) => {
  const { port, said } = await scripted(t, {
    one: 'new_connection property source/address\nnew_connection property connection/mtls\nupstream_data#1 property upstream/address\nupstream_data#1 property xds/cluster_name\nnew_connection property request/path\nnew_connection set_property mine value',
    two: 'downstream_data#1 property mine\ndownstream_data#1 property wasm.mine',
  })
  await exchange(port, ['one'])
  const answers = said().filter((text) => text.includes('property'))
  const find = (name: string) => answers.find((text) => text.includes(` ${name} =`)) ?? ''
  assert.match(find('source/address'), /= 0 "127\.0\.0\.1:\d+"/)
  assert.match(find('upstream/address'), /= 0 "127\.0\.0\.1:\d+"/)
  assert.match(find('xds/cluster_name'), /= 0 "up"/)
  assert.match(find('request/path'), /= 1/)
  assert.ok(/= 0 "value"/.test(find('mine')) || /= 0 "value"/.test(find('wasm.mine')), answers.join('\n'))
})

test(
  'a filter that traps ends its connections, or lets them go on without it, and is there again for the next',
  NEEDS_GO,
  async (t) => {
    const script = 'downstream_data#1 buffer 2 0 99\ndownstream_data#2 trap'
    for (const onFailure of ['closed', 'open'] as const) {
      const { port, filters, line } = await scripted(t, { one: script }, { onFailure })
      // Another that is open at the time, of the same instance.
      using other = new RawClient(port)
      other.send('x')
      await other.until((received) => received === '<x>')
      using client = new RawClient(port)
      client.send('one')
      await client.until((received) => received === '<one>')
      client.send('two')
      if (onFailure === 'closed') {
        assert.equal(await client.end(), '<one>')
        assert.equal(await other.end(), '<x>')
        assert.equal((await line()).split(' ')[3], 'closed_by_filter')
      } else {
        assert.equal(await client.until((received) => received.endsWith('two>')), '<one><two>')
        other.send('y')
        assert.equal(await other.until((received) => received.endsWith('y>')), '<x><y>')
        client.socket.end()
        other.socket.end()
        await Promise.all([client.end(), other.end()])
      }
      assert.deepEqual(
        filters.crashes.map(({ failure }) => failure),
        ['trap'],
      )
      await until(() => filters.filters.engine.report()[0]?.state === 'serving')
      assert.equal(await exchange(port, ['again']), '<again>')
      await until(() => filters.filters.engine.report()[0]?.openStreamCount === 0)
    }
  },
)

test('bytes that a filter holds stop their sender', NEEDS_GO, async (t) => {
  const { port, said, gateway } = await scripted(t, {
    one: 'new_connection self >stream\ndownstream_data#1 pause\ndownstream_data#2 pause\ndownstream_data pause\ndownstream_data#1 tick_period 400\ntick effective $stream\ntick continue 2\ntick tick_period 60000',
  })
  const received = () => gateway.stats().listeners['main']?.bytesReceived ?? 0
  using client = new RawClient(port)
  const total = 16 << 20
  client.socket.write(Buffer.alloc(total, 'x'))
  let last = -1
  await until(() => received() > 1 << 20)
  // It stands still with one read more than it may have.
  while (last !== received()) {
    last = received()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.ok(last < 3 << 20, `${last} of ${total}: ${said().length} lines`)
  // Once it goes on more is read.
  await until(() => received() > last)
})

test('the example ends what begins with what is forbidden, through TLS too', NEEDS_GO, async (t) => {
  const upstream = await echo(t)
  const guard = {
    name: 'guard',
    bytes: goFilter('examples/filters/tcp-guard'),
    configuration: Buffer.from(JSON.stringify({ forbidden: ['SSH-', 'GET '] })),
  }
  const { port, filters, line } = await filteredTcp(t, yamlOf(upstream.port), [guard])
  for (const pieces of [['SSH-2.0'], ['S', 'S', 'H-'], ['GET / HTTP/1.1']]) {
    using client = new RawClient(port)
    for (const piece of pieces) {
      client.send(piece)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.equal(await client.end(), '')
    await line()
  }
  assert.equal(upstream.received.join(''), '')
  assert.equal(await exchange(port, ['GETTER', 'SSH-']), '<GETTER><SSH->')
  using slow = new RawClient(port)
  slow.send('SS')
  await new Promise((resolve) => setTimeout(resolve, 10))
  slow.socket.end()
  assert.equal(await slow.end(), '<SS>')
  const metrics = new Map(filters.filters.metrics.samples().map(({ name, value }) => [name, value]))
  assert.deepEqual(
    ['refused', 'downstream_bytes', 'upstream_bytes'].map((name) => metrics.get(`tcp_guard.${name}`)),
    [3, 12, 18],
  )
  assert.match(filters.logged.at(-1) ?? '', /^passed from 127\.0\.0\.1:\d+: 2 bytes up, 4 down$/)
})

test('filters see what was in TLS', { ...NEEDS_GO, ...NEEDS_OPENSSL }, async (t) => {
  const authority = new TestAuthority(t)
  const own = authority.issue('gateway', 'DNS:shop.example')
  const upstream = await echo(t)
  const { port, filters } = await filteredTcp(
    t,
    yamlOf(upstream.port, `, tls: { certificates: [{ cert_file: ${own.cert}, key_file: ${own.key} }] }`),
    [
      {
        name: 'one',
        bytes: goFilter('guest/filtercases/go'),
        configuration: Buffer.from(
          '# one\nfilter tcp\ndownstream_data#1 buffer 2 0 99\nnew_connection property connection/requested_server_name',
        ),
      },
    ],
  )
  const client = connectTls({
    port,
    host: '127.0.0.1',
    ca: readFileSync(authority.ca),
    servername: 'shop.example',
  })
  client.write('secret')
  const [data] = (await once(client, 'data')) as [Buffer]
  assert.equal(data.toString(), '<secret>')
  client.end()
  await once(client, 'close')
  const text = filters.logged.join('\n')
  assert.match(text, /buffer 2 0 99 = 0 "secret"/)
  assert.match(text, /requested_server_name = 0 "shop\.example"/)
})

test(
  'a connection ends with the filter that it began with, and one that is off or not there has its policy',
  NEEDS_GO,
  async (t) => {
    const bytes = goFilter('guest/filtercases/go')
    const spec = (letter: string, onFailure: 'open' | 'closed') => ({
      name: 'one',
      onFailure,
      digest: `sha256:${letter}`,
      configuration: Buffer.from(`# one\nfilter tcp\ndownstream_data set_buffer 2 0 0 ${letter}`),
    })
    const upstream = await echo(t)
    for (const onFailure of ['closed', 'open'] as const) {
      const { port, filters } = await filteredTcp(t, yamlOf(upstream.port), [
        { bytes, ...spec('a', onFailure) },
      ])
      const { engine } = filters.filters
      using client = new RawClient(port)
      client.send('1')
      await client.until((received) => received === '<a1>')
      const ready = await engine.prepare(await filterOf(bytes, spec('b', onFailure)))
      assert.ok(ready instanceof FilterPlugin)
      const before = engine.swap(ready)
      const drained = engine.drain(before!)
      client.send('2')
      assert.equal(await client.until((received) => received.includes('2')), '<a1><a2>')
      using next = new RawClient(port)
      next.send('3')
      assert.equal(await next.until((received) => received.includes('3')), '<b3>')
      client.socket.end()
      await client.end()
      await drained
      engine.setKilled('one', true)
      // Those that it has end, or go on without it; so do those that come.
      if (onFailure === 'open') {
        next.send('4')
        assert.equal(await next.until((received) => received.includes('4')), '<b3><4>')
        assert.equal(await exchange(port, ['5']), '<5>')
      } else {
        assert.equal(await next.end(), '<b3>')
        using refused = new RawClient(port)
        assert.equal(await refused.end(), '')
      }
      engine.setKilled('one', false)
      await until(() => engine.report()[0]?.state === 'serving')
      // Its end is data, too, and without bytes it has one then.
      assert.equal(await exchange(port, ['6']), '<b6><b>')
      await engine.apply([])
      using none = new RawClient(port)
      assert.equal(await none.end(), '', 'a filter that was never there lets nothing pass')
    }
  },
)
