import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  filtersPrometheusText,
  prometheusText,
  type AdminSpec,
  type FiltersSummary,
  type GatewayStats,
} from '@quadrant/extend/gateway'
import { CliError } from '../cli-error.ts'

export interface AdminParts {
  readonly stats: () => Promise<GatewayStats | undefined>
  /** What the process itself counts. */
  readonly extras: () => Readonly<Record<string, number>>
  readonly filters: () => Promise<FiltersSummary>
  readonly isDraining: () => boolean
  readonly drain: () => void
}

export interface Admin extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

/**
 * Statistics and state over HTTP: `/stats` and `/filters` in JSON, `/metrics` for Prometheus, `/healthz`, and POST `/drain`.
 * @throws {CliError} QDR-C022 where the address cannot be listened on
 */
export async function openAdmin(spec: AdminSpec, parts: AdminParts): Promise<Admin> {
  const server = createServer((request, response) => {
    answer(request, response, parts).catch((error: unknown) => response.destroy(error as Error))
  })
  server.listen(spec.port, spec.host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { message } = cause as Error
    throw new CliError('QDR-C022', `the address of admin cannot be listened on: ${message}`, { cause })
  }
  const { address, port } = server.address() as AddressInfo
  return {
    host: address,
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: AdminParts): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://admin')
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  // A page in somebody's browser has no business here.
  if (request.headers.origin !== undefined) end(response, 403, 'text/plain', 'not from a page\n')
  else if (pathname === '/healthz' && isRead) {
    if (parts.isDraining()) end(response, 503, 'text/plain', 'draining\n')
    else end(response, 200, 'text/plain', 'ok\n')
  } else if (pathname === '/stats' && isRead) {
    const stats = await parts.stats()
    end(
      response,
      200,
      'application/json',
      `${JSON.stringify({ ...stats, process: parts.extras() }, null, 2)}\n`,
    )
  } else if (pathname === '/metrics' && isRead) {
    const stats = await parts.stats()
    const text = `${stats === undefined ? '' : prometheusText(stats)}${filtersPrometheusText(await parts.filters())}`
    end(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text)
  } else if (pathname === '/filters' && isRead) {
    end(response, 200, 'application/json', `${JSON.stringify(await parts.filters(), null, 2)}\n`)
  } else if (pathname === '/drain' && request.method === 'POST') {
    end(response, 202, 'text/plain', 'draining\n')
    parts.drain()
  } else end(response, 404, 'text/plain', 'GET /stats, /filters, /metrics, /healthz; POST /drain\n')
}

function end(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
