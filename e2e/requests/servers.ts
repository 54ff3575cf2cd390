import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestCgroup } from '../../quadrants/observe/src/l7/kernel/testing/test-cgroup.ts'
import { type Counts, countServed } from './served.ts'

const GUEST = fileURLToPath(new URL('../../guest', import.meta.url))
const NODE_SERVER = fileURLToPath(new URL('node-server.fixture.ts', import.meta.url))

/** A server that answers and writes down what it has answered, in its own words. */
export interface Server extends AsyncDisposable {
  readonly name: string
  readonly port: number
  readonly pid: number
  /** So far. */
  served(): Counts
}

/** The guest programs that serve and ask, built once. */
export class GuestPrograms implements Disposable {
  readonly httpserve: string
  readonly http2peer: string
  /** The same under other names: clients are services of their own. */
  readonly httpask: string
  readonly http2ask: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'quadrant-requests-'))

  constructor() {
    this.httpserve = this.#build('testprog', './httpserve', 'httpserve')
    this.http2peer = this.#build('http2peer', '.', 'http2peer')
    this.httpask = this.#copy(this.httpserve, 'httpask')
    this.http2ask = this.#copy(this.http2peer, 'http2ask')
  }

  #build(folder: string, source: string, name: string): string {
    const program = join(this.#folder, name)
    execFileSync('go', ['build', '-o', program, source], { cwd: join(GUEST, folder), stdio: 'inherit' })
    return program
  }

  #copy(program: string, name: string): string {
    const copy = join(this.#folder, name)
    copyFileSync(program, copy)
    return copy
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

/** A server that prints its address, then `METHOD path status` for each request. */
export async function startLogged(
  cgroup: TestCgroup,
  name: string,
  command: string,
  args: readonly string[],
): Promise<Server> {
  const child = cgroup.spawn(command, args)
  const lines = createInterface({ input: child.stdout! })
  const [address] = (await once(lines, 'line')) as [string]
  const log: string[] = []
  lines.on('line', (line) => log.push(line))
  return {
    name,
    port: portOf(address),
    pid: child.pid!,
    served: () => countServed(log.map(parseLine)),
    [Symbol.asyncDispose]: () => end(child),
  }
}

export const startNode = (cgroup: TestCgroup) => startLogged(cgroup, 'node', process.execPath, [NODE_SERVER])

/** nginx with two ports, since one port of it speaks either HTTP/1 or HTTP/2 without TLS. */
export async function startNginx(cgroup: TestCgroup): Promise<Server & { readonly http2: Server }> {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-nginx-'))
  // Its worker is an ordinary user.
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'temporary'))
  const [port, http2Port] = [await freePort(), await freePort()]
  const log = (of: number) => join(folder, `access-${of}.log`)
  const server = (of: number, more: string) => `server {
    listen 127.0.0.1:${of}${more};
    access_log ${log(of)} plain;
    location / { return 200 "ok\\n"; }
    location /missing { return 404 "no\\n"; }
    location /broken { return 503; }
  }`
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, 'temporary', kind)};`,
  )
  const config = join(folder, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
error_log stderr crit;
events { worker_connections 1024; }
http {
  log_format plain '$request_method $uri $status';
  keepalive_requests 100000000;
  ${temporary.join(' ')}
  ${server(port, '')}
  ${server(http2Port, ' http2')}
}
`,
  )
  const child = cgroup.spawn('/usr/sbin/nginx', ['-c', config], ['ignore', 'ignore', 'inherit'])
  await listening(port)
  const servedOn = (of: number) => () =>
    countServed(
      readFileSync(log(of), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map(parseLine),
    )
  return {
    name: 'nginx',
    port,
    pid: child.pid!,
    served: servedOn(port),
    http2: {
      name: 'nginx HTTP/2',
      port: http2Port,
      pid: child.pid!,
      served: servedOn(http2Port),
      [Symbol.asyncDispose]: async () => {},
    },
    [Symbol.asyncDispose]: async () => {
      await end(child, 'SIGTERM')
      rmSync(folder, { recursive: true })
    },
  }
}

/** Where Go's HTTP/2 and gRPC listen. What they served is what their clients saw: streams end in the middle, too. */
export async function startHttp2Peer(
  cgroup: TestCgroup,
  program: string,
): Promise<AsyncDisposable & { readonly http: string; readonly grpc: string }> {
  const child = cgroup.spawn(program, ['serve'], ['pipe', 'pipe', 'inherit'])
  const [first] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  child.stdout!.resume().pipe(createWriteStream('/dev/null'))
  const { http, grpc } = JSON.parse(first) as { http: string; grpc: string }
  return { http, grpc, [Symbol.asyncDispose]: () => end(child) }
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

function parseLine(line: string) {
  const [method = '', path = '', status = ''] = line.split(' ')
  return { method, path, status }
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    try {
      await fetch(`http://127.0.0.1:${port}/warm-up`)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(`nothing listens on ${port}`)
}
