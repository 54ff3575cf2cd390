import { request as http1Request, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { pairsOf, shortened } from './case-upstream.ts'
import { fieldLines } from './field-lines.ts'
import { quiet, until } from './progress.ts'
import type { HttpExchange, TcpExchange } from './filter-case.ts'

/** How long a case may wait for an answer. */
const ANSWER_MS_MAX = 10_000
/** How long the other side of a connection may take to close it, which some filters keep open. */
const CLOSE_MS_MAX = 3000

/** Where the proxy listens, and what filters have written so far. */
export interface Scene {
  readonly port: number
  readonly authority: string
  readonly transcript: () => readonly string[]
}

/** Sends the request of an exchange, and says what the client was given. */
export async function exchangeHttp(scene: Scene, exchange: HttpExchange): Promise<string[]> {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>()
  const answered = (exchange.version ?? 1) === 2 ? http2(scene, exchange, left) : http1(scene, exchange, left)
  if (exchange.leavesAfter !== undefined)
    void until(() => scene.transcript().some((line) => exchange.leavesAfter!.test(line)), ANSWER_MS_MAX)
      .then(() => sleep(exchange.leavesAfterMs ?? 0))
      .then(leave)
  const timer = new AbortController()
  const late = sleep(ANSWER_MS_MAX, ['no answer'], { signal: timer.signal }).catch(() => [])
  const lines = await Promise.race([answered, late])
  leave()
  timer.abort()
  return lines
}

async function http1({ port, authority, transcript }: Scene, exchange: HttpExchange, left: Promise<void>) {
  const { method, path = '/', headers = [], body = [], trailers = [] } = exchange.request ?? {}
  const framing: [string, string][] = []
  if (trailers.length > 0) framing.push(['trailer', trailers.map(([name]) => name).join(', ')])
  const request = http1Request({
    port,
    host: '127.0.0.1',
    method: method ?? (body.length > 0 ? 'POST' : 'GET'),
    path,
    agent: false,
    setHost: false,
    headers: ['host', authority, ...headers.flat(), ...framing.flat()],
  })
  void left.then(() => request.destroy())
  const lines: string[] = []
  const answered = (async () => {
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    lines.push(String(response.statusCode), ...fieldLines(pairsOf(response.rawHeaders)))
    const { text, isWhole } = await textOf(response)
    if (text !== '') lines.push(`body ${shortened(text)}`)
    lines.push(...fieldLines(pairsOf(response.rawTrailers)).map((line) => `trailer ${line}`))
    if (!isWhole) lines.push('aborted')
  })().catch(() => lines.push('closed'))
  try {
    request.on('error', () => {})
    const before = transcript().length
    request.flushHeaders()
    // In pieces, each alone: so that filters see it as it was sent.
    if (body.length > 1) await until(() => transcript().length > before)
    for (const [index, piece] of body.entries()) {
      const isLast = index === body.length - 1 && trailers.length === 0
      const before = transcript().length
      if (isLast) request.end(piece, 'latin1')
      else {
        request.write(piece, 'latin1')
        await until(() => transcript().length > before)
      }
    }
    if (trailers.length > 0)
      request.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]))
    if (body.length === 0 || trailers.length > 0) request.end()
  } catch {
    // What was answered meanwhile is what counts.
  }
  await answered
  return lines
}

async function http2({ port, authority, transcript }: Scene, exchange: HttpExchange, left: Promise<void>) {
  const { method, path = '/', headers = [], body = [], trailers = [] } = exchange.request ?? {}
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  const fields: Record<string, string | string[]> = {
    ':method': method ?? (body.length > 0 ? 'POST' : 'GET'),
    ':path': path,
    ':authority': authority,
  }
  for (const [name, value] of headers) fields[name] = [...[fields[name] ?? []].flat(), value]
  const isBare = body.length === 0 && trailers.length === 0
  const stream = session.request(fields, { endStream: isBare, waitForTrailers: trailers.length > 0 })
  void left.then(() => stream.close(constants.NGHTTP2_CANCEL))
  stream.on('error', () => {})
  stream.on('wantTrailers', () => stream.sendTrailers(Object.fromEntries(trailers)))
  const lines: string[] = []
  stream.on('response', (_, __, raw: string[]) => {
    const pairs = pairsOf(raw)
    lines.push(
      pairs.find(([name]) => name === ':status')?.[1] ?? '',
      ...fieldLines(pairs.filter(([name]) => name !== ':status')),
    )
  })
  let trailerLines: string[] = []
  stream.on('trailers', (_, __, raw: string[]) => {
    trailerLines = fieldLines(pairsOf(raw)).map((line) => `trailer ${line}`)
  })
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = once(stream, 'close').catch(() => {})
  if (body.length > 1) await until(() => transcript().length > 0)
  for (const [index, piece] of body.entries()) {
    const before = transcript().length
    if (index === body.length - 1) stream.end(piece, 'latin1')
    else {
      stream.write(piece, 'latin1')
      await until(() => transcript().length > before)
    }
  }
  if (body.length === 0 && !isBare) stream.end()
  await closed
  const text = Buffer.concat(chunks).toString('latin1')
  if (text !== '') lines.push(`body ${shortened(text)}`)
  lines.push(...trailerLines)
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) lines.push(`reset ${stream.rstCode}`)
  session.destroy()
  return lines
}

async function textOf(response: IncomingMessage) {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    return { text: Buffer.concat(chunks).toString('latin1'), isWhole: true }
  } catch {
    return { text: Buffer.concat(chunks).toString('latin1'), isWhole: false }
  }
}

/** Sends bytes, each piece after an answer to the one before or a while, then the end, and says what came. */
export async function exchangeTcp(
  { port, transcript }: Scene,
  { sends, upstream }: TcpExchange,
): Promise<string[]> {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true })
  const lines: string[] = []
  let received = ''
  socket.on('data', (data) => (received += data.toString('latin1')))
  socket.on('error', (error: NodeJS.ErrnoException) => lines.push(error.code ?? error.message))
  const closed = once(socket, 'close').catch(() => {})
  await until(() => transcript().some((line) => line.includes('new_connection')))
  if (upstream === 'greet') await until(() => received !== '', ANSWER_MS_MAX)
  const progress = () => transcript().length + received.length
  for (const piece of sends) {
    const before = progress()
    socket.write(piece, 'latin1')
    await until(() => progress() !== before)
    // What comes of it goes to the upstream and back.
    await quiet(progress)
    await quiet(progress)
  }
  socket.end()
  await Promise.race([closed, sleep(CLOSE_MS_MAX)])
  socket.destroy()
  if (received !== '') lines.unshift(`received ${shortened(received)}`)
  return lines
}
