// One pipeline sends to another over mutual TLS, gRPC and HTTP; without the client's certificate nothing gets in.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { test } from 'node:test'
import { pino } from 'pino'
import type { ConvertibleBatch } from '@quadrant/observe'
import { secondOf } from '../testing/batch.ts'
import { TemporaryDir } from '../testing/temporary.ts'
import { readPipelines } from './read-pipelines.ts'
import { runPipelines, type ServerPipelines } from './run-pipelines.ts'

const skip =
  spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'openssl is not installed'

test('mutual TLS in both directions', { skip, timeout: 60_000 }, async () => {
  using dir = new TemporaryDir()
  certify(dir.path)
  const [grpc, http] = [await freePort(), await freePort()]
  const tls = `{ cert_file: ${dir.path}/server.pem, key_file: ${dir.path}/server.key, client_ca_file: ${dir.path}/ca.pem }`
  await using _receiving = await run(
    dir.path,
    'receiving',
    `receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${grpc}", tls: ${tls} }, http: { endpoint: "127.0.0.1:${http}", tls: ${tls} } } } }
exporters: { file: { path: ${dir.path}/got.jsonl } }
service: { pipelines: { metrics: { receivers: [otlp], exporters: [file] } } }
`,
  )
  const sender = (client: string) => `receivers: { quadrant: }
exporters:
  otlp: { endpoint: "localhost:${grpc}", tls: { ca_file: ${dir.path}/ca.pem${client} } }
  otlphttp: { endpoint: "https://localhost:${http}", tls: { ca_file: ${dir.path}/ca.pem${client} } }
service: { pipelines: { metrics: { receivers: [quadrant], exporters: [otlp, otlphttp] } } }
`
  const batch: ConvertibleBatch = secondOf(0)
  const points = 4
  {
    await using sending = await run(
      dir.path,
      'sending',
      sender(`, cert_file: ${dir.path}/client.pem, key_file: ${dir.path}/client.key`),
    )
    sending.tell('alpha', batch)
    while (kept(sending, 'otlp') < points || kept(sending, 'otlphttp') < points) await setTimeout(10)
  }
  const lines = () => readFileSync(join(dir.path, 'got.jsonl'), 'utf8').trim().split('\n').length
  assert.equal(lines(), 2)
  const strangers = await run(dir.path, 'strangers', sender(''))
  strangers.tell('alpha', batch)
  await strangers[Symbol.asyncDispose]()
  assert.deepEqual([kept(strangers, 'otlp'), kept(strangers, 'otlphttp')], [0, 0])
  assert.equal(lines(), 2)
})

function kept(pipelines: ServerPipelines, exporter: string): number {
  return pipelines.counts().find(({ stage }) => stage === `exporter/${exporter}`)!.kept
}

async function run(folder: string, name: string, source: string): Promise<ServerPipelines> {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, source)
  const log = pino({ level: 'silent' })
  return runPipelines(await readPipelines(file, {}), {
    stateDir: folder,
    version: '0.1.0',
    log,
    processes: async () => [],
  })
}

/** An authority, a server named localhost and 127.0.0.1, and a client. */
function certify(folder: string): void {
  const openssl = (...args: string[]) => {
    const done = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
    assert.equal(done.status, 0, done.stderr)
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority')
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  for (const name of ['server', 'client']) {
    openssl(
      'req',
      ...key.slice(0, 5),
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    )
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-out',
      `${name}.pem`,
      '-extfile',
      'names',
    )
    chmodSync(join(folder, `${name}.key`), 0o600)
    assert.ok(existsSync(join(folder, `${name}.pem`)))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
