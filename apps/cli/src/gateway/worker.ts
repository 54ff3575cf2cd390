// One thread of a gateway: what it needs of the machine, and the gateway that is given it.
import { randomFillSync } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { parentPort } from 'node:worker_threads'
import { serveGateway, SocketTransport } from '@quadrant/extend/gateway'

const FAMILIES = { any: 0, v4: 4, v6: 6 } as const

if (parentPort === null) throw new Error('it is a thread of `quadrant gateway`')

serveGateway(parentPort, {
  filters: {
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    monotonicNs: () => process.hrtime.bigint(),
    fillRandom: (bytes) => void randomFillSync(bytes),
    later: (afterMs, callback) => {
      const timer = setTimeout(callback, afterMs)
      return () => clearTimeout(timer)
    },
  },
  parts: {
    transport: new SocketTransport(createServer),
    clock: {
      now: () => performance.now(),
      every: (intervalMs, call) => {
        const timer = setInterval(call, intervalMs)
        return () => clearInterval(timer)
      },
    },
    readPem: (path) => readFileSync(path, 'utf8'),
    resolve: async (host, family) => {
      const found = await lookup(host, { all: true, family: FAMILIES[family] })
      return found.map(({ address }) => address)
    },
  },
})
