import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Http2Peer, PeerServer, type Seen } from '../../quadrants/observe/src/l7/http2/testing/http2-peer.ts'
import { BuiltServer, LoggedServer } from '../../quadrants/observe/src/l7/kernel/testing/logged-server.ts'
import type { TestCgroup } from '../../quadrants/observe/src/l7/kernel/testing/test-cgroup.ts'
import { freePort } from '../free-port.ts'
import { type Counts, countServed } from './served.ts'

const NODE_SERVER = fileURLToPath(
  new URL('../../quadrants/observe/src/l7/kernel/testing/node-server.fixture.ts', import.meta.url),
)

/** A server that answers and writes down what it has answered, in its own words. */
export interface Server extends AsyncDisposable {
  readonly name: string
  readonly port: number
  readonly pid: number
  /** So far. */
  served(): Counts
}

/** The guest programs that serve and ask, each built when it is asked for. */
export class GuestPrograms implements Disposable {
  readonly #owned = new DisposableStack()
  #server: BuiltServer | undefined
  #peer: Http2Peer | undefined
  #folder: string | undefined

  get httpserve(): string {
    return (this.#server ??= this.#owned.use(new BuiltServer())).program
  }

  get http2peer(): Http2Peer {
    return (this.#peer ??= this.#owned.use(new Http2Peer()))
  }

  /** The same under other names: clients are services of their own. */
  get httpask(): string {
    return this.#copy(this.httpserve, 'httpask')
  }

  get http2ask(): string {
    return this.#copy(this.http2peer.program, 'http2ask')
  }

  /** Go's client of HTTP/2, or grpc-go: unary and streaming, errors, given up by either side. */
  drive(kind: 'http' | 'grpc', address: string, count: number): Promise<readonly Seen[]> {
    return this.http2peer.drive(kind, address, count, { atClient: ([, ...args]) => [this.http2ask, ...args] })
  }

  #copy(program: string, name: string): string {
    this.#folder ??= this.#owned.adopt(mkdtempSync(join(tmpdir(), 'quadrant-requests-')), (folder) =>
      rmSync(folder, { recursive: true }),
    )
    const copy = join(this.#folder, name)
    if (!existsSync(copy)) copyFileSync(program, copy)
    return copy
  }

  [Symbol.dispose](): void {
    this.#owned.dispose()
  }
}

/** A server that prints its address, then `METHOD path status` for each request. */
export async function startLogged(
  cgroup: TestCgroup,
  name: string,
  command: string,
  args: readonly string[],
): Promise<Server> {
  const { child, lines, port } = await LoggedServer.start(cgroup, command, args)
  return {
    name,
    port,
    pid: child.pid!,
    served: () => countServed(lines.map(parseLine)),
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

/** Go's HTTP/2 and gRPC. What they served is what their clients saw: streams end in the middle, too. */
export function startHttp2Peer(cgroup: TestCgroup, { http2peer }: GuestPrograms): Promise<PeerServer> {
  return PeerServer.start(http2peer, {
    spawnServer: (program, args) => cgroup.spawn(program, args, ['pipe', 'pipe', 'inherit']),
  })
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
