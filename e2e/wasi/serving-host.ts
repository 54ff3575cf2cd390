// A process that runs a Go server inside of it, and measures how long its event loop was held up: `serving-host.ts FILE`.
// It prints its address, then at each line on stdin what it measured since the last one, in milliseconds.
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { compileCommand, runCommand, SocketListener, StreamOutput } from '@quadrant/wasm'

const module = await compileCommand(await readFile(process.argv[2]!), { memoryBytesMax: 512 << 20 })
const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve)
})
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const ms = (nanoseconds: number) => Math.round(nanoseconds / 1e5) / 10
const lines = createInterface({ input: process.stdin })
lines.on('line', () => {
  console.log(
    JSON.stringify({ maxMs: ms(delay.max), p99Ms: ms(delay.percentile(99)), meanMs: ms(delay.mean) }),
  )
  delay.reset()
})
const result = await runCommand(module, {
  args: ['wasiprog', 'serve'],
  env: { LISTEN_FDS: '1', LISTEN_FDS_START: '3' },
  listeners: [new SocketListener(server)],
  stderr: new StreamOutput(process.stderr),
})
lines.close()
delay.disable()
console.log(JSON.stringify(result))
