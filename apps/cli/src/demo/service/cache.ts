// A cache with a line protocol over TCP: a key asks, a value answers.
import { createServer } from 'node:net'
import { joinShop } from '../member.ts'

const VALUE = 'x'.repeat(512)

createServer((socket) => {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const keys = (rest + chunk).split('\n')
    rest = (keys.pop() ?? '').slice(0, 1024)
    for (const key of keys) socket.write(`${key}=${VALUE}\n`)
  })
  socket.on('error', () => socket.destroy())
}).listen(joinShop().cache)
