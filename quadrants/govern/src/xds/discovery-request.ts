import { fromBinary, type JsonObject, toBinary } from '@bufbuild/protobuf'
import { base, discovery } from '@quadrant/proto/envoy'
import { GovernError } from '../error.ts'

/** What a client says, in either variant of the protocol. */
export interface DiscoveryRequest {
  readonly typeUrl: string
  /** Of the response that this answers; empty in one that answers none. */
  readonly nonce: string
  /** Why the response was not taken, where it was not. */
  readonly error: string | undefined
  /** Who the client is; only the first request of a stream has to say so. */
  readonly node: XdsNode | undefined
  /** State of the world: the version that was taken last, and all the names that are wanted. */
  readonly version: string
  readonly names: readonly string[]
  /** Incremental. */
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  readonly initialVersions: Readonly<Record<string, string>>
}

/** A client, as it calls itself. */
export interface XdsNode {
  readonly id: string
  readonly cluster: string
  readonly metadata: JsonObject
  readonly bytes: number
}

/** Of text that a client sends and that is kept. */
const ERROR_CHARACTERS_MAX = 4096

/** @throws {GovernError} `encoding` */
export function decodeRequest(bytes: Uint8Array, isDelta: boolean): DiscoveryRequest {
  try {
    return isDelta ? decodeDelta(bytes) : decodeWhole(bytes)
  } catch (error) {
    throw GovernError.from(error, 'encoding')
  }
}

/** What both variants say alike. */
function saidInBoth(said: discovery.DiscoveryRequest | discovery.DeltaDiscoveryRequest) {
  return {
    typeUrl: said.typeUrl,
    nonce: said.responseNonce,
    error: said.errorDetail?.message.slice(0, ERROR_CHARACTERS_MAX),
    node: nodeOf(said.node),
  }
}

function decodeWhole(bytes: Uint8Array): DiscoveryRequest {
  const said = fromBinary(discovery.DiscoveryRequestSchema, bytes)
  return {
    ...saidInBoth(said),
    version: said.versionInfo,
    names: said.resourceNames,
    subscribe: [],
    unsubscribe: [],
    initialVersions: {},
  }
}

function decodeDelta(bytes: Uint8Array): DiscoveryRequest {
  const said = fromBinary(discovery.DeltaDiscoveryRequestSchema, bytes)
  return {
    ...saidInBoth(said),
    version: '',
    names: [],
    subscribe: said.resourceNamesSubscribe,
    unsubscribe: said.resourceNamesUnsubscribe,
    initialVersions: said.initialResourceVersions,
  }
}

function nodeOf(node: base.Node | undefined): XdsNode | undefined {
  if (!node) return undefined
  const { id, cluster, metadata = {} } = node
  return { id, cluster, metadata, bytes: toBinary(base.NodeSchema, node).length }
}
