// Gateways of other hosts: mutual TLS 1.3, and each is who its certificate says.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { after, before, test } from 'node:test'
import { once } from 'node:events'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { connectAddress, type DeliveryTls } from '@quadrant/extend'
import { FilterDeliveryService, SubscribeRequestSchema } from '@quadrant/proto'
import { ServerProcess } from '../testing/server-process.ts'
import { TemporaryDir } from '../testing/temporary.ts'

const skip =
  spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'openssl is not installed'

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

const dir = new TemporaryDir()
const at = (name: string) => join(dir.path, name)
let server: ServerProcess
let port = 0

before(async () => {
  if (skip !== false) return
  authority('ca')
  authority('stranger')
  certify('server', 'ca', 'DNS:localhost')
  certify('edge-1', 'ca', 'DNS:edge-1.example')
  certify('foreign', 'stranger', 'DNS:edge-1')
  const flags = ['cert', 'key', 'ca'].flatMap((kind) => [
    `--gateways-${kind}`,
    at(kind === 'ca' ? 'ca.pem' : kind === 'key' ? 'server.key' : 'server.pem'),
  ])
  server = await ServerProcess.start(dir.path, ['--gateways', 'localhost:0', ...flags])
  port = Number(/"port":(\d+),"msg":"listening for gateways"/.exec(server.log)![1])
})
after(async () => {
  if (skip === false) await server.stop()
  dir[Symbol.dispose]()
})

/** Says hello as a gateway; gives what is answered first. */
async function hello(nodeId: string, tls: DeliveryTls | undefined): Promise<string | undefined> {
  using connection = connectAddress(`localhost:${port}`, tls)
  const requests = async function* () {
    yield create(SubscribeRequestSchema, { body: { case: 'hello', value: { nodeId, host: 'alpha' } } })
    await new Promise(() => {})
  }
  const client = createClient(FilterDeliveryService, connection.transport)
  for await (const { body } of client.subscribe(requests(), { signal: AbortSignal.timeout(10_000) }))
    return body.case
  return undefined
}

const tlsOf = (name: string): DeliveryTls => ({
  ca: readFileSync(at('ca.pem'), 'utf8'),
  cert: readFileSync(at(`${name}.pem`), 'utf8'),
  key: readFileSync(at(`${name}.key`), 'utf8'),
})

test('a gateway gets in under the names of its certificate', { skip }, async () => {
  assert.equal(await hello('edge-1', tlsOf('edge-1')), 'welcome')
  assert.equal(await hello('edge-1.example', tlsOf('edge-1')), 'welcome')
  await assert.rejects(
    hello('edge-2', tlsOf('edge-1')),
    (error) => ConnectError.from(error).code === Code.PermissionDenied,
  )
})

test('nobody else gets in', { skip }, async () => {
  const { ca } = tlsOf('edge-1')
  for (const tls of [{ ca }, tlsOf('foreign'), undefined]) await assert.rejects(hello('edge-1', tls))
  // An older TLS.
  const socket = connect({ port, host: 'localhost', ...tlsOf('edge-1'), maxVersion: 'TLSv1.2' })
  await assert.rejects(once(socket, 'secureConnect'))
  // A server that another has certified.
  const stranger = readFileSync(at('stranger.pem'), 'utf8')
  await assert.rejects(hello('edge-1', { ...tlsOf('edge-1'), ca: stranger }))
  assert.equal(await hello('edge-1', tlsOf('edge-1')), 'welcome')
})

test('without certificates nothing listens', async () => {
  using other = new TemporaryDir()
  await assert.rejects(ServerProcess.start(other.path, ['--gateways', 'localhost:0']), /mutual TLS only/)
  await assert.rejects(ServerProcess.start(other.path, ['--gateways', 'localhost']), /HOST:PORT/)
})

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore', cwd: dir.path })
}

function authority(name: string): void {
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  )
}

function certify(name: string, by: string, names: string): void {
  openssl('req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
  writeFileSync(at(`${name}.ext`), `subjectAltName=${names}\n`)
  const signer = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial']
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...signer,
    '-out',
    `${name}.pem`,
    '-days',
    '2',
    '-extfile',
    `${name}.ext`,
  )
  chmodSync(at(`${name}.key`), 0o600)
}
