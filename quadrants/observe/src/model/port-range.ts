/** Ports that the kernel gives to those who ask for none (ip_local_port_range). */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** The kernel's default. */
export const EPHEMERAL_PORTS: PortRange = { first: 32_768, last: 60_999 }

export function isEphemeral(port: number, range: PortRange): boolean {
  return port >= range.first && port <= range.last
}
