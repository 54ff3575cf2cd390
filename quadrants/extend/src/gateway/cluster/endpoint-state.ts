import type { Endpoint, EndpointAddress, EndpointStats } from './endpoint.ts'

/** An endpoint with all that is known of it. */
export class EndpointState implements Endpoint {
  readonly address: string
  readonly ip: string
  readonly port: number
  host: string
  weight: number
  priority: number
  activeRequests = 0
  connections = 0
  isHealthy: boolean
  isEjected = false
  readonly stats: EndpointStats = {
    requests: 0,
    successes: 0,
    errors: 0,
    timeouts: 0,
    connectFailures: 0,
    resets: 0,
    ejections: 0,
    healthChecks: 0,
    healthCheckFailures: 0,
  }

  /** @param isHealthy false where health checks are to say so first */
  constructor({ ip, port, host, weight, priority }: EndpointAddress, isHealthy: boolean) {
    this.address = addressOf(ip, port)
    this.ip = ip
    this.port = port
    this.host = host
    this.weight = weight
    this.priority = priority
    this.isHealthy = isHealthy
  }

  get isUsable(): boolean {
    return this.isHealthy && !this.isEjected
  }
}

export function addressOf(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
