import type { Endpoint } from '../cluster/endpoint.ts'
import type { GatewayThread } from '../gateway-thread.ts'
import type { ClientTls } from '../transport/transport.ts'
import type { EndpointPool } from './endpoint-pool.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http2Pool } from './http2-pool.ts'
import type { PoolAccounts } from './pool-accounts.ts'

export function openPool(
  thread: GatewayThread,
  accounts: PoolAccounts,
  endpoint: Endpoint,
  tls: ClientTls | undefined,
): EndpointPool {
  const Pool = accounts.spec.protocol === 'http2' ? Http2Pool : Http1Pool
  return new Pool(thread, accounts, endpoint, tls)
}
