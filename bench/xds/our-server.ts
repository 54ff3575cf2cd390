// Our control plane as bench/xds loads it. It prints its port, and answers each line, `COMMAND FROM TO TAG`, with one of
// JSON: `set` (endpoints) with the time at which the change began; `push` sets, and says how long it took until all had
// answered; `cluster` sets clusters that have those endpoints; `wanted` waits until somebody has these endpoints.
// It ends with its input.
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { create } from '@bufbuild/protobuf'
import { cluster } from '@quadrant/proto/envoy'
import { toResource, type XdsResource, XdsServer } from '@quadrant/govern/xds'
import { madeResource } from '../../quadrants/govern/src/xds/testing/made-resource.ts'

const REST_MS = 5

const xds = new XdsServer()
const server = new Server()
xds.addServices(server)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  say({ port })
})

createInterface({ input: process.stdin })
  .on('line', (line) => void answer(line).then(say))
  .on('close', () => process.exit())

async function answer(line: string): Promise<object> {
  const [kind, ...numbers] = line.split(' ')
  const [from, to, tag] = numbers.map(Number) as [number, number, number]
  const made = (make: (index: number) => XdsResource) =>
    Array.from({ length: to - from }, (_, index) => make(from + index))
  const endpoints = made((index) => madeResource('EDS', index, tag))
  if (kind === 'cluster') return { changed: xds.update({ set: made(clusterOf) }) }
  const beganNs = process.hrtime.bigint()
  if (kind === 'wanted') {
    while ((await answers(endpoints)) === 0) await pause(REST_MS)
    return {}
  }
  xds.update({ set: endpoints })
  if (kind === 'set') return { beganNs: Number(beganNs) }
  await answers(endpoints)
  const tookMs = Number(process.hrtime.bigint() - beganNs) / 1e6
  await pause(REST_MS)
  return { tookMs }
}

async function answers(resources: readonly XdsResource[]): Promise<number> {
  return (await xds.answers(resources, { signal: AbortSignal.timeout(60_000) })).acknowledgedCount
}

function clusterOf(index: number): XdsResource {
  const { ClusterSchema, Cluster_DiscoveryType } = cluster
  const message = create(ClusterSchema, {
    name: `EDS-${index}`,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: {
      edsConfig: { resourceApiVersion: 2, configSourceSpecifier: { case: 'ads', value: {} } },
    },
  })
  return toResource(ClusterSchema, message)
}

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
