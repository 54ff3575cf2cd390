import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { urlOf } from '../../quadrants/govern/src/xds/testing/made-resource.ts'
import { RawStream } from './raw-stream.ts'

const NODE = { id: 'leaving', cluster: 'shop' }
const TYPES = ['CDS', 'EDS', 'LDS', 'RDS', 'SDS', 'ECDS'] as const
/** So small that a response is under way for as long as nobody reads. */
const SMALL_WINDOW_BYTES = 1024

const MANY_NAMES = 20

/** A client on a connection of its own, and how it goes. `turn` makes each of a kind another. */
export interface LeavingClient {
  readonly name: string
  readonly leave: (port: number, turn: number) => Promise<void>
}

export const LEAVING_CLIENTS: readonly LeavingClient[] = [
  withStream('cancels', async (stream) => {
    stream.http2.close(constants.NGHTTP2_CANCEL)
    await ended(stream)
  }),
  withStream('says that it is done', async (stream) => {
    stream.http2.end()
    await ended(stream)
  }),
  withStream('never acknowledges', async (stream) => {
    await first(stream)
    await delay(10)
  }),
  withStream('refuses everything', async (stream) => {
    for (let round = 0; round < 3; round++) {
      const { nonce, typeUrl } = await first(stream)
      const errorDetail = { code: 3, message: 'no' }
      if (stream.isDelta) stream.sayDelta({ typeUrl, responseNonce: nonce, errorDetail })
      else stream.say({ typeUrl, responseNonce: nonce, errorDetail })
    }
  }),
  withStream('is gone in the middle of a response', async (stream, session) => {
    await once(stream.http2, 'data')
    socketOf(session).destroy()
  }),
  withStream('resets the connection in the middle of a response', async (stream, session) => {
    await once(stream.http2, 'data')
    ;(socketOf(session) as unknown as Socket).resetAndDestroy()
  }),
  withStream('stops reading', async (stream) => {
    stream.http2.pause()
    await delay(20)
  }),
  withStream('acknowledges what it does not read', async (stream) => {
    stream.http2.pause()
    for (let nonce = 1; nonce < 10; nonce++) {
      await delay(2)
      if (stream.isDelta) stream.sayDelta({ typeUrl: urlOf('CDS'), responseNonce: `${nonce}` })
      else stream.say({ typeUrl: urlOf('CDS'), responseNonce: `${nonce}` })
    }
  }),
  withStream('says what is no message', async (stream) => {
    stream.http2.write(Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]))
    await ended(stream)
  }),
  withStream('says what is no gRPC', async (stream) => {
    stream.http2.write(Buffer.alloc(64, 0xff))
    await ended(stream)
  }),
  withStream('goes in the middle of a message', async (stream) => {
    stream.http2.write(Buffer.from([0, 0, 0, 1, 0, 10]))
    await delay(5)
  }),
  withStream('comes and asks nothing', async () => {}, 'silent'),
  withSocket('says what is no HTTP/2', async (socket) => {
    socket.write(Buffer.alloc(200, 0x41))
    await once(socket, 'close')
  }),
  withSocket('only connects', async () => {}),
]

function withStream(
  name: string,
  leave: (stream: RawStream, session: ClientHttp2Session) => Promise<void>,
  how: 'asking' | 'silent' = 'asking',
): LeavingClient {
  return {
    name,
    leave: async (port, turn) => {
      const session = connect(`http://127.0.0.1:${port}`, {
        settings: { initialWindowSize: SMALL_WINDOW_BYTES },
      })
      session.on('error', () => {})
      await once(session, 'connect')
      const stream = new RawStream(session, turn % 2 === 0)
      if (how === 'asking') ask(stream, turn)
      await leave(stream, session)
      session.destroy()
    },
  }
}

function withSocket(name: string, leave: (socket: Socket) => Promise<void>): LeavingClient {
  return {
    name,
    leave: async (port) => {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.resume()
      await leave(socket)
      socket.destroy()
    },
  }
}

/** Everything of one type, and some names of all others, some of which there never are. */
function ask(stream: RawStream, turn: number): void {
  // Many names are held together with others who ask for the same, few by the stream alone.
  const count = turn % 3 === 0 ? MANY_NAMES : 2
  const names = (type: string) => [
    ...Array.from({ length: count }, (_, index) => `${type}-${((turn % 5) + index) % 50}`),
    `nothing-${count === MANY_NAMES ? 0 : turn}`,
  ]
  for (const type of TYPES) {
    const typeUrl = urlOf(type)
    if (stream.isDelta)
      stream.sayDelta({ node: NODE, typeUrl, resourceNamesSubscribe: type === 'CDS' ? [] : names(type) })
    else stream.say({ node: NODE, typeUrl, resourceNames: type === 'CDS' ? [] : names(type) })
  }
}

function first(stream: RawStream): Promise<{ readonly nonce: string; readonly typeUrl: string }> {
  return stream.isDelta ? stream.delta() : stream.whole()
}

function socketOf(session: ClientHttp2Session) {
  return session.socket as Pick<Socket, 'destroy'>
}

/** The server has said how it ended. It does not close the half of the client. */
async function ended({ http2 }: RawStream): Promise<void> {
  http2.resume()
  if (!http2.closed && !http2.readableEnded) await Promise.race([once(http2, 'end'), once(http2, 'close')])
}
