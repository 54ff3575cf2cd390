import { setTimeout as pause } from 'node:timers/promises'
import { cpuSeconds } from '../load/cpu.ts'
import { type HttpLoadResult, loadHttp1, loadHttp2 } from '../load/http-load.ts'
import type { Nginx } from '../load/nginx.ts'

export interface SliceOptions {
  readonly url: string
  readonly isHttp2: boolean
  readonly connections: number
  readonly seconds: number
}

/** Before it is measured, for the connections to be there, and more for each handshake of TLS, on both sides of which is work. */
const LEAD_MS = 400
const HANDSHAKE_LEAD_MS = 4
/** Left out at the end, for the reading. */
const TAIL_MS = 100

export interface ProxySlice {
  readonly cpuUsPerRequest: number
  readonly requestsPerSecond: number
  readonly medianUs: number
}

/** Requests through a proxy to nginx, who counts them; CPU is that of the proxy alone. @throws {Error} where a request fails */
export async function proxySlice(pid: number, nginx: Nginx, options: SliceOptions): Promise<ProxySlice> {
  const { url, connections } = options
  const leadMs = LEAD_MS + (url.startsWith('https:') ? HANDSHAKE_LEAD_MS * connections : 0)
  const measuredMs = options.seconds * 1000 - LEAD_MS - TAIL_MS
  const load = latencySlice({ ...options, seconds: Math.ceil((leadMs + measuredMs + TAIL_MS) / 1000) })
  await pause(leadMs)
  const before = await sample(pid, nginx)
  await pause(measuredMs)
  const after = await sample(pid, nginx)
  const { medianUs } = await load
  const requests = after.requests - before.requests
  return {
    cpuUsPerRequest: ((after.cpu - before.cpu) * 1e6) / requests,
    requestsPerSecond: (requests * 1000) / (after.ms - before.ms),
    medianUs,
  }
}

/** Without looking at a process. @throws {Error} where a request fails */
export async function latencySlice({ isHttp2, ...load }: SliceOptions): Promise<HttpLoadResult> {
  const result = await (isHttp2 ? loadHttp2 : loadHttp1)(load)
  if (result.errorCount > 0 || result.requests === 0)
    throw new Error(`${load.url}: ${result.errorCount} of ${result.requests} requests have failed`)
  return result
}

async function sample(pid: number, nginx: Nginx) {
  const requests = await nginx.requestCount()
  return { requests, cpu: cpuSeconds([pid]), ms: performance.now() }
}
