// Runs in network and mount namespaces of its own: a name server on 127.0.0.53, and programs that ask it.
import { execFileSync, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeAnswer, readQuestion, TYPE } from './dns-encoder.ts'

const SERVER = '127.0.0.53'
const LIAR = '127.0.0.66'
/** In no file: known when it was asked. */
const NEW_SERVER = '127.0.0.11'
const ADDRESS = Uint8Array.of(10, 213, 9, 1)
const ADDRESS_V6 = Buffer.from('fd139000000000000000000000000001', 'hex')

execFileSync('ip', ['link', 'set', 'lo', 'up'])
execFileSync('ip', ['addr', 'add', '10.213.9.1/32', 'dev', 'lo'])
// A file system of its own in a mount namespace of its own: nothing of it stays.
execFileSync('mount', ['-t', 'tmpfs', 'none', '/mnt'])
// Nobody asks the last.
writeFileSync('/mnt/resolv.conf', `nameserver ${SERVER}\nnameserver ::1\nnameserver ${LIAR}\n`)
execFileSync('mount', ['--bind', '/mnt/resolv.conf', '/etc/resolv.conf'])
const server = await serve('udp4', SERVER)
const serverV6 = await serve('udp6', '::1')
const newServer = await serve('udp4', NEW_SERVER)
// Whoever watches has to notice this namespace first.
process.stdout.write('ready\n')
await once(process.stdin, 'data')

const resolver = new Resolver()
resolver.setServers([SERVER])
await resolver.resolve4('c-ares.test')
resolver.setServers(['::1'])
await resolver.resolve6('over-v6.test')
const { stdout } = await run('getent', ['ahosts', 'glibc.test'])
if (!stdout.includes('10.213.9.1')) throw new Error(`getent: ${stdout}`)
await nobodyAsked('spoofed.test')
// Nobody listens there: the connection fails, and its other end is an address.
const socket = connect(81, '10.213.9.1')
await once(socket, 'error')
for (const again of ['first', 'second']) {
  resolver.setServers([NEW_SERVER])
  await resolver.resolve4(`${again}.test`)
  // To another of our addresses than the route would have.
  await askFrom('10.213.9.1', `${again}-bound.test`)
  process.stdout.write('done\n')
  await once(process.stdin, 'data')
}
server.close()
newServer.close()
serverV6.close()
process.exit(0)

async function serve(type: 'udp4' | 'udp6', address: string): Promise<Socket> {
  const socket = createSocket(type)
  socket.on('message', (query, from) => {
    const { id, name, type } = readQuestion(query)
    socket.send(answer(name, type, id), from.port, from.address)
  })
  socket.bind(53, address)
  await once(socket, 'listening')
  return socket
}

/** Every name is an alias of one that has the addresses. */
function answer(name: string, type: number, id: number): Buffer {
  const owner = `real.${name}`
  const data = type === TYPE.aaaa ? ADDRESS_V6 : ADDRESS
  return encodeAnswer({
    id,
    name,
    type,
    records: [
      { owner: name, type: TYPE.cname, ttlS: 300, data: owner },
      { owner, type, ttlS: 30, data },
    ],
  })
}

async function askFrom(address: string, name: string): Promise<void> {
  const asker = createSocket('udp4')
  asker.bind(0, address)
  await once(asker, 'listening')
  const answered = once(asker, 'message')
  asker.send(encodeAnswer({ flags: 0x0100, name, type: TYPE.a, records: [] }), 53, SERVER)
  await answered
  asker.close()
}

/** An answer of somebody that nobody here has sent anything to. */
async function nobodyAsked(name: string): Promise<void> {
  const [liar, victim] = [createSocket('udp4'), createSocket('udp4')]
  liar.bind(53, LIAR)
  victim.bind(0, '127.0.0.1')
  await Promise.all([once(liar, 'listening'), once(victim, 'listening')])
  liar.send(answer(name, TYPE.a, 7), victim.address().port, '127.0.0.1')
  await Promise.race([once(victim, 'message'), sleep(2000)])
  liar.close()
  victim.close()
}

/** Not synchronously: it is this process that answers. */
async function run(command: string, args: readonly string[]): Promise<{ stdout: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  await once(child, 'close')
  return { stdout }
}
