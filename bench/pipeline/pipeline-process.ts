// A pipeline in a process of its own: OTLP/HTTP in, batch, OTLP/HTTP out. `pipeline-process.ts ADDRESS COMPRESSION MIB`
// exports to that address, with a queue of so many MiB. Tells its port, then answers each line on stdin with what it
// has spent so far, once nothing is held any more (`drained`) or at once (`now`).
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import {
  diskQueueDirectory,
  loadPipelineCheck,
  loadPipelineRun,
  systemPipelineClock,
  type StageCounts,
} from '@quadrant/observe'

/** What the process has spent and done since it began. */
export interface Spent {
  readonly cpuNs: number
  readonly rssBytes: number
  readonly heldBytes: number
  readonly exporter: StageCounts
}

const [address, compression, queueMib] = process.argv.slice(2)
const check = await loadPipelineCheck()
const start = await loadPipelineRun()
const { value: spec } = check(`receivers: { otlp: { protocols: { http: } } }
processors: { batch: }
exporters:
  otlphttp:
    endpoint: http://${address}
    compression: ${compression}
    sending_queue: { queue_size_mib: ${queueMib} }
service: { pipelines: { traces: { receivers: [otlp], processors: [batch], exporters: [otlphttp] } } }
`)
const running = start(spec!, {
  clock: systemPipelineClock,
  directory: diskQueueDirectory,
  readFile: () => Buffer.alloc(0),
  onProblem: () => {},
})
const [listener] = running.listeners
const server = createServer((request, response) => {
  if (listener?.kind === 'http') void listener.handler(request, response)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'drained') while (running.counts().some(({ held }) => held > 0)) await setTimeout(10)
  const { user, system } = process.cpuUsage()
  const spent: Spent = {
    cpuNs: (user + system) * 1000,
    rssBytes: process.memoryUsage.rss(),
    heldBytes: running.heldBytes,
    exporter: running.counts().find(({ stage }) => stage.startsWith('exporter/'))!,
  }
  console.log(JSON.stringify(spent))
}
process.exit(0)
