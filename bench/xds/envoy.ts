import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchEnvoy } from '../load/envoy.ts'
import type { PeerProgram } from './peer-program.ts'

const WARM_UP = 30

/** Times from a change of endpoints until a real Envoy has acknowledged it, sorted; undefined where there is none. */
export async function pushesToEnvoy(
  program: PeerProgram,
  count: number,
): Promise<readonly number[] | undefined> {
  const envoy = fetchEnvoy()
  if (!envoy) return undefined
  await using server = program.server('ours')
  const { port } = await server.read<{ port: number }>()
  await server.ask('cluster 0 1 0')
  await server.ask('set 0 1 0')
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-xds-'))
  writeFileSync(join(folder, 'envoy.json'), JSON.stringify(bootstrap(port)))
  const child = spawn(
    envoy,
    ['-c', join(folder, 'envoy.json'), '--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  try {
    await server.ask('wanted 0 1 0')
    const times: number[] = []
    for (let push = 1 - WARM_UP; push <= count; push++) {
      const { tookMs } = await server.ask<{ tookMs: number }>(`push 0 1 ${push + WARM_UP}`)
      if (push > 0) times.push(tookMs)
    }
    return times.toSorted((a, b) => a - b)
  } finally {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
}

function bootstrap(port: number): object {
  const http2 = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
  return {
    node: { id: 'bench', cluster: 'bench' },
    dynamic_resources: {
      cds_config: { ads: {}, resource_api_version: 'V3' },
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'control-plane' } }],
      },
    },
    static_resources: {
      clusters: [
        {
          name: 'control-plane',
          type: 'STATIC',
          typed_extension_protocol_options: {
            [http2]: {
              '@type': `type.googleapis.com/${http2}`,
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'control-plane',
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
                ],
              },
            ],
          },
        },
      ],
    },
  }
}
