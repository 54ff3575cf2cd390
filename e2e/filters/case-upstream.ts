import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net'
import type { CaseResponse, HttpExchange, TcpExchange } from './filter-case.ts'
import { fieldLines } from './field-lines.ts'
import { until } from './progress.ts'

/** How long after its bytes a connection ends. */
const END_MS = 100

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

/** What answers an exchange, found by the first label of `:authority`. */
interface Expected {
  readonly exchange: HttpExchange
  readonly seen: string[][]
  /** How much filters have written until now. */
  progress(): number
}

/** The servers behind the proxy, of HTTP/1.1, HTTP/2 and bytes. */
export class CaseUpstream implements AsyncDisposable {
  readonly #expected = new Map<string, Expected>()
  readonly #servers: readonly Server[]
  readonly #sockets = new Set<Socket>()

  private constructor() {
    const answer = (request: Request, response: Response) => void this.#answer(request, response)
    this.#servers = [
      // Nobody is to find a connection closed that was kept for the next case.
      createHttp({ keepAliveTimeout: 60_000 }, answer),
      createHttp2(answer),
      ...(['echo', 'close', 'greet'] as const).map((manner) => tcpServer(manner)),
    ]
    for (const server of this.#servers)
      server.on('connection', (socket: Socket) => {
        this.#sockets.add(socket)
        socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket))
      })
  }

  static async open(): Promise<CaseUpstream> {
    const upstream = new CaseUpstream()
    for (const server of upstream.#servers) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    return upstream
  }

  /** By the names of their clusters. */
  get ports(): Readonly<Record<'http1' | 'http2' | TcpExchange['upstream'], number>> {
    const [http1, http2, echo, close, greet] = this.#servers.map(
      (server) => (server.address() as AddressInfo).port,
    ) as [number, number, number, number, number]
    return { http1, http2, echo, close, greet }
  }

  /** Answers requests to this authority with what the exchange says, each piece when filters have written something about
   * the one before, and writes down what came into `seen`. */
  expect(authority: string, expected: Expected): void {
    this.#expected.set(authority, expected)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#servers.map((server) => once(server, 'close')))
  }

  async #answer(request: Request, response: Response): Promise<void> {
    request.on('error', () => {})
    response.on('error', () => {})
    const authority = request.headers[':authority'] ?? request.headers.host ?? ''
    const expected = this.#expected.get(String(authority))
    const body: Buffer[] = []
    const lines = [`${request.method} ${request.url}`, ...fieldLines(pairsOf(request.rawHeaders))]
    expected?.seen.push(lines)
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) body.push(chunk)
    } catch {
      lines.push('aborted')
      return
    }
    const text = Buffer.concat(body).toString('latin1')
    if (text !== '') lines.push(`body ${shortened(text)}`)
    lines.push(...fieldLines(pairsOf(request.rawTrailers)).map((line) => `trailer ${line}`))
    const answer =
      expected === undefined ? called(String(request.url), lines) : (expected.exchange.response ?? {})
    if (answer === 'never') return
    if (answer.isReset === true) {
      request.socket.destroy()
      return
    }
    const { status = 200, headers = [], body: pieces = ['upstream'], trailers = [] } = answer
    for (const [name, value] of headers)
      response.setHeader(name, [...[response.getHeader(name) ?? []].flat().map(String), value])
    if (trailers.length > 0 && request.httpVersionMajor === 1)
      response.setHeader('trailer', trailers.map(([name]) => name).join(', '))
    response.statusCode = status
    response.sendDate = false
    response.removeHeader('connection')
    // In chunks, where the case does not say how long it is.
    if (pieces.length > 0 && response instanceof ServerResponse) response.flushHeaders()
    const write = response.write.bind(response) as (chunk: string, encoding: 'latin1') => boolean
    for (const [index, piece] of pieces.entries()) {
      const isLast = index === pieces.length - 1
      if (isLast && trailers.length === 0) {
        ;(response.end.bind(response) as (chunk: string, encoding: 'latin1') => void)(piece, 'latin1')
        return
      }
      const before = expected?.progress()
      write(piece, 'latin1')
      await until(() => expected?.progress() !== before)
    }
    if (trailers.length > 0) response.addTrailers(Object.fromEntries(trailers))
    response.end()
  }
}

/** What calls of filters are answered, by their path. */
function called(path: string, lines: readonly string[]): CaseResponse | 'never' {
  switch (path) {
    case '/slow':
    case '/case.Echo/Slow':
      return 'never'
    case '/reset':
      return { isReset: true }
    case '/empty':
      return { status: 204, body: [] }
    case '/not-found':
      return { status: 404, body: ['not here'] }
    case '/trailers':
      return { headers: [['x-called', 'c']], body: ['with trailers'], trailers: [['x-trailer', 't']] }
    case '/seen':
      return { body: [lines.join(' | ')] }
    default:
      return {
        headers: [
          ['x-called', 'c'],
          ['x-twice', '1'],
          ['x-twice', '2'],
        ],
        body: ['called'],
      }
  }
}

function tcpServer(manner: TcpExchange['upstream']): Server {
  return createTcp({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    if (manner === 'greet') socket.write('hello')
    socket.on('data', (data) => {
      socket.write(`echo:${data.toString('latin1')}`, 'latin1')
      // The end is told on its own.
      if (manner === 'close') setTimeout(() => socket.end(), END_MS)
    })
    socket.on('end', () => setTimeout(() => socket.end(), END_MS))
  })
}

export function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([raw[at]!, raw[at + 1]!])
  return pairs
}

const SHOWN_CHARACTERS = 120

export function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}… of ${text.length}`
}
