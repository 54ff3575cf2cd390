// Runs in a network namespace of its own: sends each line of its input, an address of ours and bytes in
// hexadecimal, from port 53 of that address.
import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const to = createSocket('udp4')
to.bind(0, '127.0.0.1')
await once(to, 'listening')
const senders = new Map<string, Socket>()
for (const address of ['127.0.0.1', '127.0.0.2']) {
  const sender = createSocket('udp4')
  sender.bind(53, address)
  await once(sender, 'listening')
  senders.set(address, sender)
}
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const [address = '', bytes = ''] = line.split(' ')
  const received = once(to, 'message')
  senders.get(address)!.send(Buffer.from(bytes, 'hex'), to.address().port, '127.0.0.1')
  await received
  process.stdout.write('sent\n')
}
for (const sender of senders.values()) sender.close()
to.close()
