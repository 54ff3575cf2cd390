import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import {
  connectAddress,
  connectSocketPath,
  DEFAULT_MODULE_BYTES_MAX,
  FilterDelivery,
  FilterSubscription,
  openDiskDirectory,
  ReleaseStore,
  type DeliveryTls,
  type FilterGrant,
} from '@quadrant/extend'
import {
  filterLimitsOf,
  type DeliverySpec,
  type DeliveryTlsSpec,
  type FleetFilters,
  type GatewaySpec,
} from '@quadrant/extend/gateway'
import { TrustedKeys } from '@quadrant/extend/release'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { quadrantVersion } from '../version.ts'

/**
 * Has filters delivered to a gateway: those that served last serve at once, whether a server is there or not.
 * @throws {CliError} QDR-C022 where a key cannot be read, or the directory not be used
 */
export async function openDelivery(
  context: Context,
  spec: GatewaySpec,
  delivery: DeliverySpec,
  sink: FleetFilters,
): Promise<AsyncDisposable> {
  try {
    return await opened(context, spec, delivery, sink)
  } catch (cause) {
    throw new CliError('QDR-C022', `filters cannot be delivered: ${(cause as Error).message}`, { cause })
  }
}

async function opened(
  context: Context,
  spec: GatewaySpec,
  { server, node, tls, trustedKeys, stateDirectory }: DeliverySpec,
  sink: FleetFilters,
): Promise<AsyncDisposable> {
  const pems = await Promise.all(
    trustedKeys.map(async ({ key }) => (key.kind === 'pem' ? key.pem : await readFile(key.path, 'utf8'))),
  )
  const certificates = tls && (await readTls(tls))
  const store = await ReleaseStore.open(await openDiskDirectory(stateDirectory))
  const filters = new FilterDelivery({
    store,
    sink,
    nowNs: () => Date.now() * 1e6,
    policy: { keys: TrustedKeys.of(pems), grants: grantsOf(spec) },
  })
  await filters.restore()
  const subscription = new FilterSubscription(filters, {
    nodeId: node,
    host: hostname(),
    version: quadrantVersion(),
    connect: () =>
      server.startsWith('/') ? connectSocketPath(server) : connectAddress(server, certificates),
    onConnected: () => note(context, `filters come from ${server}`),
    onAway: ({ message }) => note(context, `no filters come from ${server}: ${message}; what serves goes on`),
  })
  return {
    [Symbol.asyncDispose]: async () => {
      await subscription[Symbol.asyncDispose]()
      await filters[Symbol.asyncDispose]()
    },
  }
}

async function readTls({ caFile, certFile, keyFile }: DeliveryTlsSpec): Promise<DeliveryTls> {
  const [ca, cert, key] = await Promise.all(
    [caFile, certFile, keyFile].map(async (path) =>
      path === undefined ? undefined : readFile(path, 'utf8'),
    ),
  )
  return { ca, cert, key }
}

/** By the names under which they are delivered: what the file of the gateway grants those for which it has a place. */
function grantsOf({ filters }: GatewaySpec): ReadonlyMap<string, FilterGrant> {
  return new Map(
    filters.flatMap((filter): readonly (readonly [string, FilterGrant])[] => {
      if (filter.module.kind !== 'delivered') return []
      return [
        [
          filter.module.name,
          {
            capabilities: filter.capabilities,
            ceilings: filterLimitsOf(filter),
            onFailure: filter.failurePolicy,
            moduleBytesMax: DEFAULT_MODULE_BYTES_MAX,
          },
        ],
      ]
    }),
  )
}
