/** A gateway's configuration file, as docs/reference/gateway.md has it: what is undefined is not written. */
export interface GatewayFile {
  readonly listeners: readonly GatewayEntry[]
  readonly virtual_hosts: readonly GatewayEntry[]
  readonly clusters: readonly GatewayEntry[]
  readonly filters?: readonly GatewayEntry[] | undefined
}

export type GatewayEntry = { readonly name: string } & Readonly<Record<string, unknown>>

export function milliseconds(ms: number): string {
  return `${ms}ms`
}
