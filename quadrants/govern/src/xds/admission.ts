import { X509Certificate } from 'node:crypto'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { JsonObject } from '@bufbuild/protobuf'
import { GovernError } from '../error.ts'
import type { XdsNode } from './discovery-request.ts'
import type { Views } from './type-cache.ts'

/** Whoever opened a stream. */
export interface XdsClient {
  /** As it calls itself: nothing of it is proven. */
  readonly node: { readonly id: string; readonly cluster: string; readonly metadata: JsonObject }
  readonly peer: XdsPeer
}

/** The other end of a connection. */
export interface XdsPeer {
  /** `ADDRESS:PORT`. */
  readonly address: string
  /** Undefined where it showed none that the server trusts. */
  readonly certificate?: X509Certificate | undefined
}

/** What a client is let see, or why it is not let in. */
export type Admission = { readonly views: readonly string[] } | { readonly refusal: string }

/** Without a rule everyone sees everything. @throws {GovernError} `refused` */
export function viewsOf(
  admit: ((client: XdsClient) => Admission) | undefined,
  { id, cluster, metadata }: XdsNode,
  peer: () => XdsPeer,
): Views {
  if (!admit) return undefined
  const admission = admit({ node: { id, cluster, metadata }, peer: peer() })
  if ('refusal' in admission) throw new GovernError('refused', admission.refusal)
  return new Set(admission.views)
}

export function peerOf(
  call: Pick<ServerDuplexStream<Buffer, Buffer>, 'getPeer' | 'getAuthContext'>,
): XdsPeer {
  const raw = call.getAuthContext().sslPeerCertificate?.raw
  return { address: call.getPeer(), certificate: raw && new X509Certificate(raw) }
}
