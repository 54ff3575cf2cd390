// A name server for tests: every name is an alias of one that has the address.
//
//   node name-server.fixture.ts LISTEN ADDRESS
import { createSocket } from 'node:dgram'

const [listen = '', address = ''] = process.argv.slice(2)
const TYPE_A = 1

const socket = createSocket('udp4')
socket.on('message', (query, from) => {
  const end = query.indexOf(0, 12) + 5
  const question = query.subarray(12, end)
  const isA = question.readUInt16BE(question.length - 4) === TYPE_A
  const header = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, isA ? 2 : 0, 0, 0, 0, 0])
  // The owner of each record is a pointer: to the question's name, and to the alias within the first record.
  const target = Buffer.from([4, ...Buffer.from('real'), 0xc0, 12])
  const cname = Buffer.concat([Buffer.from([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, target.length]), target])
  const targetAt = 12 + question.length + 12
  const owner = [0xc0 | (targetAt >> 8), targetAt & 255]
  const a = Buffer.from([...owner, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)])
  socket.send(Buffer.concat([header, question, ...(isA ? [cname, a] : [])]), from.port, from.address)
})
socket.bind(53, listen, () => process.stdout.write('ready\n'))
