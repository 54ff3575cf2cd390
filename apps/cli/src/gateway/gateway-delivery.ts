import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { create } from '@bufbuild/protobuf'
import {
  connectAddress,
  connectSocketPath,
  FilterDelivery,
  FilterSubscription,
  openDiskDirectory,
  Probation,
  ReleaseStore,
  type DeliveryTls,
  type FilterGrant,
} from '@quadrant/extend'
import {
  deliveredName,
  filterLimitsOf,
  type DeliverySpec,
  type DeliveryTlsSpec,
  type FleetFilters,
  type GatewaySpec,
  type PreparedFilter,
} from '@quadrant/extend/gateway'
import { TrustedKeys } from '@quadrant/extend/release'
import { GatewayReportSchema } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { quadrantVersion } from '../version.ts'

/** How often what has just begun to serve is looked at. */
const PROBATION_LOOK_MS = 1000

/** Filters that are delivered to a gateway, as its file says. */
export class GatewayDelivery implements AsyncDisposable {
  readonly #context: Context
  readonly #sink: FleetFilters
  #opened: Opened | undefined
  #settings = ''
  #isOver = false

  constructor(context: Context, sink: FleetFilters) {
    this.#context = context
    this.#sink = sink
  }

  /**
   * Goes by this configuration: what served last serves at once, if it still may, whether a server is there or not.
   * @throws {CliError} QDR-C022 where a key cannot be read: then all is as it was; or the directory not be used: then none
   *   are delivered
   */
  async reload(spec: GatewaySpec): Promise<void> {
    try {
      const secrets = spec.delivery && (await readSecrets(spec.delivery))
      const grants = grantsOf(spec, secrets?.keys ?? [])
      // Also what files hold by now, such as a key that was replaced, and what filters are called here.
      const names = spec.filters.map((filter) => [filter.name, deliveredName(filter)])
      const settings = JSON.stringify([spec.delivery, secrets, names, [...grants]])
      if (settings === this.#settings) return
      this.#settings = ''
      await this.#close()
      if (spec.delivery !== undefined && secrets !== undefined) {
        this.#opened = await open(this.#context, this.#sink, { spec: spec.delivery, secrets, grants })
        // The gateway may have been told to end meanwhile.
        if (this.#isOver) return await this.#close()
        await this.#opened.begin()
      }
      this.#settings = settings
    } catch (cause) {
      throw new CliError('QDR-C022', `filters cannot be delivered: ${(cause as Error).message}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#close()
  }

  async #close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await opened?.[Symbol.asyncDispose]()
  }
}

interface Opened extends AsyncDisposable {
  /** Restores what was kept, and then listens to the server. */
  begin(): Promise<void>
}

/** What files hold that the configuration names. */
interface Secrets {
  /** Public, by their names. */
  readonly keys: readonly (readonly [string, string])[]
  readonly tls: DeliveryTls | undefined
}

interface DeliverySettings {
  readonly spec: DeliverySpec
  readonly secrets: Secrets
  readonly grants: ReadonlyMap<string, FilterGrant>
}

async function open(
  context: Context,
  sink: FleetFilters,
  { spec: { server, node, stateDirectory }, secrets, grants }: DeliverySettings,
): Promise<Opened> {
  const keys = TrustedKeys.of(secrets.keys.map(([, pem]) => pem))
  const store = await ReleaseStore.open(await openDiskDirectory(stateDirectory))
  for (const file of store.damaged)
    note(context, `${stateDirectory}/${file} was damaged; its other copy was read, and both are written next`)
  const filters = new FilterDelivery({ store, sink, nowNs: () => Date.now() * 1e6, policy: { keys, grants } })
  let subscription: AsyncDisposable | undefined
  let watching: NodeJS.Timeout | undefined
  let isOver = false
  return {
    begin: async () => {
      await filters.restore()
      if (isOver) return
      const probation = new Probation(filters.held())
      watching = setInterval(() => {
        withdrawFailing(filters, probation, sink).catch((error: Error) =>
          note(context, `a filter that crashes does not give way: ${error.message}`),
        )
      }, PROBATION_LOOK_MS)
      subscription = new FilterSubscription(filters, {
        nodeId: node,
        host: hostname(),
        version: quadrantVersion(),
        connect: () =>
          server.startsWith('/') ? connectSocketPath(server) : connectAddress(server, secrets.tls),
        report: async () =>
          create(GatewayReportSchema, {
            uptimeNs: performance.now() * 1e6,
            filters: [...(await sink.uses())],
          }),
        onConnected: () => note(context, `filters come from ${server}`),
        onAway: ({ message }) =>
          note(context, `no filters come from ${server}: ${message}; what serves goes on`),
      })
    },
    [Symbol.asyncDispose]: async () => {
      isOver = true
      clearInterval(watching)
      await Promise.all([subscription?.[Symbol.asyncDispose](), filters[Symbol.asyncDispose]()])
    },
  }
}

/** What has just begun and crashes gives way to what served before, before anybody looks. */
async function withdrawFailing(
  filters: FilterDelivery<PreparedFilter>,
  probation: Probation,
  sink: FleetFilters,
): Promise<void> {
  const nowMs = performance.now()
  if (!probation.isWatching(filters.held(), nowMs)) return
  const uses = await sink.uses()
  for (const { name, reason } of probation.failing(filters.held(), uses, nowMs))
    await filters.withdraw(name, reason)
}

async function readSecrets({ trustedKeys, tls }: DeliverySpec): Promise<Secrets> {
  const keys = trustedKeys.map(
    async ({ name, key }) => [name, key.kind === 'pem' ? key.pem : await readFile(key.path, 'utf8')] as const,
  )
  return { keys: await Promise.all(keys), tls: tls && (await readTls(tls)) }
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
function grantsOf(
  { filters, delivery }: GatewaySpec,
  keys: Secrets['keys'],
): ReadonlyMap<string, FilterGrant> {
  const ids = new Map(keys.map(([name, pem]) => [name, TrustedKeys.of([pem]).ids]))
  return new Map(
    filters.flatMap((filter): readonly (readonly [string, FilterGrant])[] => {
      const { module } = filter
      const name = deliveredName(filter)
      if (name === undefined || module.kind === 'file' || delivery === undefined) return []
      const { signing } = module
      return [
        [
          name,
          {
            capabilities: filter.capabilities,
            ceilings: filterLimitsOf(filter),
            onFailure: filter.failurePolicy,
            moduleBytesMax: delivery.moduleBytesMax,
            ...(module.kind === 'digest' && { moduleSha256: module.digest.slice('sha256:'.length) }),
            vmId: filter.vmId,
            ...(signing.keys && { keyIds: signing.keys.flatMap((key) => ids.get(key) ?? []) }),
            signaturesMin: signing.signaturesMin ?? delivery.signaturesMin,
            followsUnsignedOrders: delivery.followsUnsignedOrders,
          },
        ],
      ]
    }),
  )
}
