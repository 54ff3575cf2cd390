import { createServer, type Server as HttpServer } from 'node:http'
import { isLoopback, parseAddress } from '@quadrant/core'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { compileMesh } from '@quadrant/govern/mesh'
import type { PolicyWorkspace } from '@quadrant/govern/policy'
import { Programmer, protoProblem, type Refusal } from '@quadrant/govern/programming'
import { XDS_CHANNEL_OPTIONS, XdsServer } from '@quadrant/govern/xds'
import { CliError, usageError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { problemFinding, writeFindings } from '../policy/findings-text.ts'
import { type HostPort, shownHostPort } from './host-port.ts'
import type { MeshStatus } from './mesh-status.ts'
import { followPolicies } from './policy-folder.ts'

export interface MeshServeFlags {
  readonly policies: readonly string[]
  readonly listen: HostPort
  readonly status: HostPort
}

/**
 * Serves what policies mean to Envoys, until it is told to end. Files with errors change nothing.
 *
 * @throws {CliError} QDR-C006 where a port is taken, QDR-C012 where others than this host could connect, QDR-C013 where a
 * file cannot be read
 */
export async function runMeshServe(
  context: Context,
  { policies, listen, status }: MeshServeFlags,
): Promise<void> {
  for (const { host } of [listen, status]) {
    const address = parseAddress(host)
    if (address === undefined || !isLoopback(address))
      throw usageError(
        `${host} can be reached by others, and nobody would have to say who they are: 127.0.0.1`,
      )
  }
  let workspace: PolicyWorkspace | undefined
  let gateways: readonly string[] = []
  const xds = new XdsServer({
    admit: ({ node: { id, cluster } }) => {
      if (cluster === 'mesh') return { views: ['mesh'] }
      if (gateways.includes(cluster)) return { views: [`gateway/${cluster}`] }
      return {
        refusal: `${id}: there is no Gateway ${cluster}; node.cluster is one of ${gateways.join(', ') || '(none)'}`,
      }
    },
  })
  await using programmer = new Programmer({
    xds,
    check: protoProblem,
    refusalsChanged: () => {
      for (const refusal of programmer.refusals()) note(context, refusalText(refusal, workspace))
    },
  })
  const server = new Server({ ...XDS_CHANNEL_OPTIONS })
  xds.addServices(server)
  const port = await bind(server, listen)
  const { signal } = context
  await followPolicies(context, policies, signal, take, (error) =>
    note(context, error instanceof CliError ? error.format() : String(error)),
  )
  const http = await openStatus(status, () => statusOf(xds, programmer, workspace, gateways))
  note(
    context,
    `xDS for Envoy on ${shownHostPort({ host: listen.host, port })}, status on http://${shownHostPort(status)}/status`,
  )
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  http.close()
  http.closeAllConnections()
  server.forceShutdown()

  function take(next: PolicyWorkspace): void {
    const errors = next.findings().filter(({ severity }) => severity === 'error')
    const compiled = errors.length > 0 ? undefined : compileMesh(next.world())
    const findings =
      compiled === undefined ? errors : compiled.problems.map((problem) => problemFinding(next, problem))
    if (findings.length > 0)
      writeFindings({ ...context, stdout: context.stderr, paint: context.paintNotes }, next, findings)
    if (compiled === undefined || (findings.length > 0 && workspace !== undefined)) {
      note(context, 'not taken: what was served before goes on')
      return
    }
    workspace = next
    gateways = compiled.gateways
    programmer.program(compiled.program)
    note(context, `${compiled.program.length} resources for ${gateways.length} gateways`)
  }
}

async function bind(server: Server, { host, port }: HostPort): Promise<number> {
  return await new Promise((resolve, reject) =>
    server.bindAsync(shownHostPort({ host, port }), ServerCredentials.createInsecure(), (cause, bound) => {
      if (cause)
        reject(
          new CliError(
            'QDR-C006',
            `${shownHostPort({ host, port })} cannot be listened on: ${cause.message}`,
            { fix: '--listen', cause },
          ),
        )
      else resolve(bound)
    }),
  )
}

async function openStatus({ host, port }: HostPort, statusNow: () => MeshStatus): Promise<HttpServer> {
  const http = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/status') {
      response.writeHead(404).end()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(statusNow()))
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) =>
      reject(
        new CliError('QDR-C006', `${shownHostPort({ host, port })} cannot be listened on: ${cause.message}`, {
          fix: '--status',
          cause,
        }),
      ),
    )
    http.listen(port, host, resolve)
  })
  return http
}

function statusOf(
  xds: XdsServer,
  programmer: Programmer,
  workspace: PolicyWorkspace | undefined,
  gateways: readonly string[],
): MeshStatus {
  const { counts, streams } = xds.status()
  const findings = workspace?.findings() ?? []
  return {
    gateways,
    proxies: streams.map(({ node, isDelta, types }) => ({
      id: node.id,
      cluster: node.cluster,
      protocol: isDelta ? 'delta' : 'sotw',
      types: types.map(({ type, rejection, resources }) => ({
        type,
        acknowledged: resources.filter(({ state }) => state === 'acknowledged').length,
        pending: resources.filter(({ state }) => state === 'sent').length,
        rejected: resources.filter(({ state }) => state === 'rejected').length,
        rejection: rejection ?? null,
      })),
    })),
    refusals: programmer.refusals().map((refusal) => {
      const place = refusal.origin && workspace?.locate(refusal.origin)
      return {
        resource: refusal.name,
        proxies: refusal.nodes,
        error: refusal.error,
        file: place?.file ?? null,
        line: place?.line ?? null,
        column: place?.column ?? null,
        olderServed: refusal.isOlderServed,
      }
    }),
    findings: {
      errors: findings.filter(({ severity }) => severity === 'error').length,
      warnings: findings.filter(({ severity }) => severity === 'warning').length,
    },
    counts,
  }
}

const ERROR_LENGTH_MAX = 500

function refusalText(
  { name, nodes, error, origin, isOlderServed }: Refusal,
  workspace: PolicyWorkspace | undefined,
): string {
  const place = origin && workspace?.locate(origin)
  const where = place ? `${place.file}:${place.line}:${place.column} ` : ''
  return `${where}${nodes.length === 0 ? 'Envoy’s own rules do' : `${nodes.join(', ')} does`} not take ${name}: ${error.slice(0, ERROR_LENGTH_MAX)}; ${isOlderServed ? 'the version before is served' : 'it is not served'}`
}
