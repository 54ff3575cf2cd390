const ANY = '127.0.0.1:0'

/** A gateway's file: listeners, each with the names of its filters, and one cluster, where there is a port for it. */
export function gatewayFile(
  listeners: Readonly<Record<string, readonly string[]>>,
  filters: readonly object[],
  upstreamPort?: number,
): object {
  const isForwarded = upstreamPort !== undefined
  const action = isForwarded
    ? { forward: { cluster: 'upstream' } }
    : { respond: { status: 200, body: 'hello' } }
  return {
    listeners: Object.entries(listeners).map(([name, names]) => ({ name, address: ANY, filters: names })),
    virtual_hosts: [
      { name: 'all', domains: ['*'], routes: [{ name: 'all', match: { prefix: '/' }, ...action }] },
    ],
    clusters: isForwarded ? [{ name: 'upstream', endpoints: [`127.0.0.1:${upstreamPort}`] }] : [],
    filters,
  }
}
