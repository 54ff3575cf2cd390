import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { create } from '@bufbuild/protobuf'
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
import { GatewayReportSchema } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { quadrantVersion } from '../version.ts'

/** Filters that are delivered to a gateway, as its file says. */
export class GatewayDelivery implements AsyncDisposable {
  readonly #context: Context
  readonly #sink: FleetFilters
  #opened: AsyncDisposable | undefined
  #settings = ''

  constructor(context: Context, sink: FleetFilters) {
    this.#context = context
    this.#sink = sink
  }

  /**
   * Goes by this configuration: what served last serves at once, if it still may, whether a server is there or not.
   * @throws {CliError} QDR-C022 where a key cannot be read, or the directory not be used; then none are delivered
   */
  async reload(spec: GatewaySpec): Promise<void> {
    const grants = grantsOf(spec)
    const settings = JSON.stringify([spec.delivery, [...grants]])
    if (settings === this.#settings) return
    this.#settings = ''
    await this.#close()
    const { delivery } = spec
    if (delivery !== undefined)
      try {
        this.#opened = await opened(this.#context, delivery, grants, this.#sink)
      } catch (cause) {
        throw new CliError('QDR-C022', `filters cannot be delivered: ${(cause as Error).message}`, { cause })
      }
    this.#settings = settings
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await opened?.[Symbol.asyncDispose]()
  }
}

async function opened(
  context: Context,
  { server, node, tls, trustedKeys, stateDirectory }: DeliverySpec,
  grants: ReadonlyMap<string, FilterGrant>,
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
    policy: { keys: TrustedKeys.of(pems), grants },
  })
  await filters.restore()
  const subscription = new FilterSubscription(filters, {
    nodeId: node,
    host: hostname(),
    version: quadrantVersion(),
    connect: () =>
      server.startsWith('/') ? connectSocketPath(server) : connectAddress(server, certificates),
    report: async () =>
      create(GatewayReportSchema, { uptimeNs: performance.now() * 1e6, filters: [...(await sink.uses())] }),
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
function grantsOf({ filters, delivery }: GatewaySpec): ReadonlyMap<string, FilterGrant> {
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
            followsUnsignedOrders: delivery?.followsUnsignedOrders ?? false,
          },
        ],
      ]
    }),
  )
}
