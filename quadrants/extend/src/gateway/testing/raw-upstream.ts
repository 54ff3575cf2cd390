import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export interface RawUpstream {
  readonly port: number
  /** All that came, as text, one for each connection in their order. */
  readonly received: string[]
  readonly sockets: Socket[]
}

/** A server that does with each connection what the test says. @param onData with all that has come by it so far */
export async function rawUpstream(
  t: TestContext,
  onData: (socket: Socket, received: string, connection: number) => void,
): Promise<RawUpstream> {
  const received: string[] = []
  const sockets: Socket[] = []
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const index = sockets.length
    sockets.push(socket)
    received.push('')
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('data', (bytes) => {
      received[index] += bytes.toString('latin1')
      onData(socket, received[index]!, index)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, received, sockets }
}

/** Answers each GET and HEAD by its path, nothing else, and keeps the connection. */
export async function helloUpstream(t: TestContext): Promise<RawUpstream> {
  const answered: number[] = []
  return rawUpstream(t, (socket, received, connection) => {
    const heads = received.split('\r\n\r\n').slice(0, -1)
    for (const head of heads.slice(answered[connection] ?? 0)) {
      if (!/^(?:GET|HEAD) /.test(head)) continue
      const body = `hello ${head.split(' ')[1]}`
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    }
    answered[connection] = heads.length
  })
}
