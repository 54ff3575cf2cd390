// Our control plane as bench/xds loads it. It prints its port; `set FROM TO TAG` is answered with the time at which the
// change began, `answered FROM TO` with the time at which all clients have answered it. It ends with its input.
import { createInterface } from 'node:readline'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { XdsServer } from '@quadrant/govern/xds'
import { madeResource } from '../../quadrants/govern/src/xds/testing/made-resource.ts'

const xds = new XdsServer()
const server = new Server()
xds.addServices(server)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  say({ port })
})

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const [kind, from = 0, to = 0, tag = 0] = line.split(' ').map((word, index) => (index > 0 ? Number(word) : word)) as [
      string,
      number?,
      number?,
      number?,
    ]
    const resources = Array.from({ length: to - from }, (_, index) => madeResource('EDS', from + index, tag))
    if (kind === 'set') {
      const beganNs = nowNs()
      xds.update({ set: resources })
      say({ beganNs })
    } else {
      const { acknowledgedCount } = await xds.answers(resources, { signal: AbortSignal.timeout(60_000) })
      say({ answeredNs: nowNs(), acknowledgedCount })
    }
  })
  .on('close', () => process.exit())

function nowNs(): number {
  return Number(process.hrtime.bigint())
}

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
