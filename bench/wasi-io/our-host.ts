// Runs a guest in our host: `our-host.ts PROGRAM FOLDER`, which is /data in the guest, or `our-host.ts PROGRAM serve`.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import {
  compileCommand,
  hostDirectory,
  runCommand,
  SocketListener,
  StreamInput,
  StreamOutput,
} from '@quadrant/wasm'

const [program = '', folder = ''] = process.argv.slice(2)
const module = await compileCommand(await readFile(program))
const stderr = new StreamOutput(process.stderr)
if (folder === 'serve') {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const listener = new SocketListener(server)
  process.stdout.write(`${JSON.stringify({ address: listener.local })}\n`)
  await runCommand(module, {
    args: ['prog', 'serve'],
    env: { LISTEN_FDS: '1', LISTEN_FDS_START: '3' },
    stderr,
    listeners: [listener],
  })
} else {
  await runCommand(module, {
    args: ['prog', '/data'],
    stdin: new StreamInput(process.stdin),
    stdout: new StreamOutput(process.stdout),
    stderr,
    preopens: [{ path: '/data', directory: hostDirectory(folder) }],
  })
}
