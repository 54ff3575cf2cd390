import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'

const run = promisify(execFile)
const OUTPUT_MAX = 1 << 28

type Scheme = 'http' | 'https'

/** Go's net/http: connections that are kept, bodies of all kinds, HEAD, 100 and 103, errors, aborted; 14 a round. */
export async function goClient(
  program: string,
  port: number,
  rounds: number,
  scheme: Scheme = 'http',
): Promise<void> {
  await run(program, ['ask', `${scheme}://127.0.0.1:${port}`, String(rounds)], { maxBuffer: OUTPUT_MAX })
}

/** curl on one connection: GET, HEAD, and what is not there. */
export async function curl(port: number, count: number, scheme: Scheme = 'http'): Promise<void> {
  const url = (path: string) => `${scheme}://127.0.0.1:${port}${path}`
  for (let from = 0; from < count; from += 500) {
    const numbers = Array.from({ length: Math.min(500, count - from) }, (_, i) => from + i)
    const args = numbers.flatMap((i) => [i % 5 === 0 ? url(`/missing/${i}`) : url(`/orders/${i}?page=1`)])
    await run('curl', ['-sk', '-o', '/dev/null', ...args], { maxBuffer: OUTPUT_MAX })
    await run('curl', ['-sk', '-I', ...args.slice(0, 50)], { maxBuffer: OUTPUT_MAX })
  }
}

/** h2load: HTTP/2 with many streams on a connection, or HTTP/1 with many connections. */
export async function h2load(
  port: number,
  {
    count,
    path,
    isHttp1 = false,
  }: { readonly count: number; readonly path: string; readonly isHttp1?: boolean },
): Promise<void> {
  const url = `http://127.0.0.1:${port}${path}`
  const { stdout } = await run('h2load', [
    ...(isHttp1 ? ['--h1', '-c', '8'] : ['-c', '4', '-m', '32']),
    '-n',
    String(count),
    url,
  ])
  if (!stdout.includes(`${count} done`)) throw new Error(stdout)
}

/** Requests that are sent ahead of their answers, so many in one write, on one connection. */
export async function pipeline(
  port: number,
  batches: number,
  atOnce: number,
  path = () => '/pipelined',
): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let [answers, sent, rest] = [0, 0, '']
  socket.on('data', (data: Buffer) => {
    const parts = (rest + data.toString('latin1')).split('HTTP/1.1 200')
    answers += parts.length - 1
    rest = parts.at(-1)!.slice(-'HTTP/1.1 200'.length)
    if (answers < sent * atOnce) return
    if (sent === batches) socket.end()
    else write()
  })
  const write = () => {
    sent++
    let text = ''
    for (let i = 0; i < atOnce; i++) text += `GET ${path()} HTTP/1.1\r\nHost: test\r\n\r\n`
    socket.write(text)
  }
  write()
  await once(socket, 'close')
}

/** Connections that become another protocol. */
export async function upgrade(port: number, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /upgrade HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    await once(socket, 'data')
    socket.end('GET /within HTTP/1.1\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
  }
}

export async function curlOnce(url: string): Promise<void> {
  await run('curl', ['-sk', '-o', '/dev/null', url])
}
