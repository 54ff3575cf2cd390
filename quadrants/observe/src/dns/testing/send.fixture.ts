// Runs in a network namespace of its own: sends each line of its input, bytes in hexadecimal, from port 53.
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const [from, to] = [createSocket('udp4'), createSocket('udp4')]
from.bind(53, '127.0.0.1')
to.bind(0, '127.0.0.1')
await Promise.all([once(from, 'listening'), once(to, 'listening')])
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const received = once(to, 'message')
  from.send(Buffer.from(line, 'hex'), to.address().port, '127.0.0.1')
  await received
  process.stdout.write('sent\n')
}
from.close()
to.close()
