// A call of gRPC that asks to be captured: from its packets to what the command line prints of it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { call } from './api.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { missing } from './requirements.ts'

/** Of `quadrant observe --requests -o jsonl`, as far as this test looks at it. */
interface Captured {
  readonly process: string
  readonly serverPid: number
  readonly traceId: string
  readonly durationNs: number
  readonly request: {
    readonly target: string
    readonly route: string
    readonly rule: string
    readonly grpcStatus?: number
    readonly requestHeaders: readonly { readonly name: string; readonly value: string }[]
    readonly responseHeaders: readonly { readonly name: string; readonly value: string }[]
  }
}

test(
  'a call that a rule asks for is in the command line, whole and with its process',
  { skip: missing() },
  async () => {
    const server = createServer().on('stream', (stream: ServerHttp2Stream) => {
      stream
        .resume()
        .respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5' }))
      stream.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    using _server = { [Symbol.dispose]: () => server.close() }
    await using product = await RunningQuadrant.start(['--requests', '*'])
    await call(product.data, 'SetSampling', {
      rules: [{ id: 'high', header: 'X-Trace-Sampling', value: 'high', protocol: 'REQUEST_PROTOCOL_GRPC' }],
    })
    const { port } = server.address() as AddressInfo
    let count = 0
    const ask = async (client: ClientHttp2Session, more: Readonly<Record<string, string>>) => {
      const stream = client.request({
        ':method': 'POST',
        ':path': '/shop.v1.Cart/Get',
        'content-type': 'application/grpc',
        'x-number': String(count++),
        ...more,
      })
      stream.resume().end()
      await once(stream, 'close')
    }
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const captured = await eventually(
      'a call is captured',
      async () => {
        // Of a connection that was there before it was looked at, some fields are not known.
        const client = connect(`http://127.0.0.1:${port}`)
        await ask(client, {})
        await ask(client, {
          'x-trace-sampling': 'HIGH',
          authorization: 'Bearer s3cret-s3cret',
          traceparent: `00-${trace}-00f067aa0ba902b7-01`,
        })
        await sleep(2000)
        client.destroy()
        const { code, stdout, stderr } = await product.run(['observe', '--requests', '-o', 'jsonl'])
        assert.equal(code, 0, stderr)
        assert.ok(!stdout.includes('s3cret'))
        const lines = stdout.split('\n').filter((line) => line !== '')
        return lines.length > 0 ? lines.map((line) => JSON.parse(line) as Captured) : undefined
      },
      60_000,
    )
    for (const { process: name, serverPid, traceId, durationNs, request } of captured) {
      assert.ok(name.includes(String(process.pid)), name)
      assert.deepEqual([serverPid, traceId], [process.pid, trace])
      assert.ok(durationNs > 0)
      assert.deepEqual(
        [request.target, request.route, request.rule, request.grpcStatus],
        ['/shop.v1.Cart/Get', '/shop.v1.Cart/Get', 'high', 5],
      )
      const valueOf = (of: Captured['request']['requestHeaders'], header: string) =>
        of.find(({ name: each }) => each === header)?.value
      assert.equal(valueOf(request.requestHeaders, 'authorization'), '[redacted]')
      // Each second one asks.
      assert.equal(Number(valueOf(request.requestHeaders, 'x-number')) % 2, 1)
      assert.equal(valueOf(request.responseHeaders, 'grpc-status'), '5')
    }
    const { stdout } = await product.run(['observe', '--requests'])
    assert.ok(stdout.includes(`(${process.pid})`), stdout)
  },
)
