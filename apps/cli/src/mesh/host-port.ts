import { parseHostPort } from '@quadrant/core/config'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:18000`. @throws {RangeError} where it is none */
export function hostPort(input: string): HostPort {
  const parsed = parseHostPort(input)
  if (!parsed) throw new RangeError('an address and a port, e.g. 127.0.0.1:18000')
  return parsed
}

export function shownHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
