// Clients and servers of others on both sides of the gateway: grpc-go, Go's HTTP/2, curl, nginx.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from '../free-port.ts'
import { lacking } from '../requirements.ts'
import { simpleYaml, testGateway } from '../../quadrants/extend/src/gateway/testing/test-gateway.ts'
import {
  Http2Peer,
  NEEDS_PEER,
  PeerServer,
  type Seen,
  type Served,
} from '../../quadrants/observe/src/l7/http2/testing/http2-peer.ts'

const COUNT = 150

const run = promisify(execFile)

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

/** What both ends agree on of a request; who gave up has not heard its status. */
function told(all: readonly (Seen | Served)[]): ReadonlyMap<string, string> {
  return new Map(
    all.map(({ request, method, path, status, requestBytes, responseBytes }) => [
      request,
      [method, path, status, requestBytes, responseBytes].join(' '),
    ]),
  )
}

for (const protocol of ['grpc', 'http'] as const)
  test(`${protocol} of Go: what the client saw is what the server did`, { skip: NEEDS_PEER }, async (t) => {
    using peer = new Http2Peer()
    const server = await PeerServer.start(peer)
    const yaml = simpleYaml(portOf(server[protocol]), {
      cluster: ', protocol: http2',
      route: ', timeout: 1s',
    })
    const { port, gateway } = await testGateway(t, yaml)
    const seen = await peer.drive(protocol, `127.0.0.1:${port}`, COUNT)
    await server[Symbol.asyncDispose]()
    assert.equal(seen.length, COUNT)
    // Some ask for what never ends: the gateway ends that, and the server has not answered.
    const done = seen.filter(({ aborted, path }) => aborted !== true && !path.includes('hang'))
    assert.ok(done.length > COUNT / 2)
    const served = told(server.served)
    for (const [request, line] of told(done)) assert.equal(served.get(request), line, request)
    const { requestsActive, requests } = gateway.stats().listeners['main']!
    assert.equal(requestsActive, 0)
    assert.ok(requests >= COUNT)
    assert.equal(gateway.stats().clusters['up']?.requestsActive, 0)
  })

const NEEDS_PROGRAMS = lacking('nginx', 'curl', 'h2load')
const PATHS = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }

test('nginx behind it, curl and h2load in front of it', { skip: NEEDS_PROGRAMS }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-nginx-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const content = randomBytes(3 << 20)
  writeFileSync(join(folder, 'file'), content)
  const upstreamPort = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), nginxConf(folder, upstreamPort))
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: 'ignore',
    env: PATHS,
  })
  t.after(async () => {
    nginx.kill()
    await once(nginx, 'close')
  })
  await reachable(upstreamPort)
  const { port, gateway } = await testGateway(t, simpleYaml(upstreamPort))
  const url = `http://127.0.0.1:${port}`
  for (const version of ['--http1.1', '--http1.0', '--http2-prior-knowledge']) {
    const { stdout } = await run('curl', ['-sf', version, `${url}/file`], {
      encoding: 'buffer',
      maxBuffer: 1 << 26,
    })
    assert.ok(stdout.equals(content), version)
    const put = ['-sf', version, '-T', join(folder, 'file'), '-w', '%{http_code}', '-o', '/dev/null']
    const answer = await run('curl', [...put, `${url}/put/${version}`])
    assert.equal(answer.stdout, '201')
    assert.ok(readFileSync(join(folder, 'put', version)).equals(content), version)
  }
  for (const args of [
    ['--h1', '-c', '8'],
    ['-c', '4', '-m', '20'],
  ]) {
    const { stdout } = await run('h2load', ['-n', '2000', ...args, `${url}/small`])
    assert.match(stdout, /2000 succeeded, 0 failed, 0 errored/)
  }
  assert.equal(gateway.stats().listeners['main']?.requestsActive, 0)
  assert.ok((gateway.stats().clusters['up']?.connections ?? 0) < 200, 'connections to nginx are not kept')
})

function nginxConf(folder: string, port: number): string {
  return `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  client_max_body_size 10m;
  server {
    listen 127.0.0.1:${port};
    root ${folder};
    location = /small { return 200 "small"; }
    location /put/ { dav_methods PUT; create_full_put_path on; }
  }
}
`
}

async function reachable(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
