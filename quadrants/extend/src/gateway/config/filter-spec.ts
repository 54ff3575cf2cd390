/** A filter, where its code is, and what it may. */
export interface FilterSpec {
  readonly name: string
  readonly module: FilterModuleSource
  readonly rootId: string
  /** Filters with the same vm_id, module and VM configuration share a VM. */
  readonly vmId: string
  /** What `proxy_on_vm_start` and `proxy_on_configure` read, as text. */
  readonly vmConfiguration: string
  readonly configuration: string
  readonly environment: Readonly<Record<string, string>>
  /** Open: exchanges go on without it while it does not work. Closed: they are answered with 503. */
  readonly failurePolicy: 'open' | 'closed'
  readonly limits: FilterLimits
  readonly capabilities: readonly FilterCapability[]
}

export type FilterModuleSource =
  | { readonly kind: 'file'; readonly path: string }
  /** It comes by delivery, under the filter's name. `sha256:` and 64 digits. */
  | { readonly kind: 'digest'; readonly digest: string; readonly signing: SigningSpec }
  /** Whichever version of this name was delivered last. */
  | { readonly kind: 'delivered'; readonly name: string; readonly signing: SigningSpec }

/** Who has to have signed a filter that is delivered. */
export interface SigningSpec {
  /** Names of trusted keys; undefined: any. */
  readonly keys: readonly string[] | undefined
  /** How many of them; undefined: as delivery has it. */
  readonly signaturesMin: number | undefined
}

/** What one filter may use up on one worker. */
export interface FilterLimits {
  /** Time of one callback. */
  readonly callMs: number
  /** Units of fuel of one callback; Infinity: not metered. */
  readonly callFuel: number
  /** Of each VM. */
  readonly memoryBytesMax: number
  readonly instancesMax: number
  /** Of one body that it has asked to be kept. */
  readonly bufferBytesMax: number
  /** HTTP and gRPC calls under way. */
  readonly calloutsMax: number
  readonly logsPerSecondMax: number
  readonly metricsMax: number
  readonly sharedDataBytesMax: number
}

export const FILTER_CAPABILITIES = [
  'headers',
  'body',
  'local-reply',
  'properties',
  'set-properties',
  'http-call',
  'grpc-call',
  'shared-data',
  'shared-queue',
  'metrics',
  'log',
  'tick',
  'foreign-functions',
] as const
export type FilterCapability = (typeof FILTER_CAPABILITIES)[number]
