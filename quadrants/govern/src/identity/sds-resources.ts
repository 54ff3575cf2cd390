import { create } from '@bufbuild/protobuf'
import { tlsContext, tlsSecret } from '@quadrant/proto/envoy'
import { GovernError } from '../error.ts'
import { toResource, type XdsResource } from '../xds/resource.ts'
import { formatSpiffeId, type SpiffeId } from './spiffe-id.ts'
import type { HeldSvid } from './svid-keeper.ts'

/** Whom a proxy talks to: one workload, or by an empty path everybody of a trust domain. */
export interface PeerSecret {
  readonly name: string
  readonly peers: readonly SpiffeId[]
}

/** A listener of a large mesh names those that may call it, and not more. */
const PEERS_MAX = 1000

/**
 * Envoy's secrets of an SVID: its certificate by its SPIFFE ID, and a validation context for each name that is asked for.
 * They hold the key, so they are for a server on the node alone.
 * @throws {GovernError} `argument` where a secret names nobody, whom Envoy would take for everybody; `too-large`
 */
export function sdsResources(held: HeldSvid, secrets: readonly PeerSecret[]): readonly XdsResource[] {
  return [certificateOf(held), ...secrets.map((secret) => validationOf(held, secret))]
}

function certificateOf({ svid, key }: HeldSvid): XdsResource {
  return toResource(
    tlsSecret.SecretSchema,
    create(tlsSecret.SecretSchema, {
      name: formatSpiffeId(svid.id),
      type: {
        case: 'tlsCertificate',
        value: { certificateChain: inline(svid.certificate), privateKey: inline(key) },
      },
    }),
  )
}

function validationOf({ trusted }: HeldSvid, { name, peers }: PeerSecret): XdsResource {
  if (peers.length === 0) throw new GovernError('argument', `the secret ${name} names nobody to trust`)
  if (peers.length > PEERS_MAX)
    throw new GovernError('too-large', `the secret ${name} names more than ${PEERS_MAX} peers`)
  return toResource(
    tlsSecret.SecretSchema,
    create(tlsSecret.SecretSchema, {
      name,
      type: {
        case: 'validationContext',
        value: {
          trustedCa: inline(trusted.map((pem) => `${pem.trimEnd()}\n`).join('')),
          matchTypedSubjectAltNames: peers.map((peer) => ({
            sanType: tlsContext.SubjectAltNameMatcher_SanType.URI,
            matcher: { matchPattern: patternOf(peer) },
          })),
        },
      },
    }),
  )
}

/** The slash belongs to the prefix: `shop.example` is not `shop.example.evil`. */
function patternOf(peer: SpiffeId) {
  const text = formatSpiffeId(peer)
  return peer.path === ''
    ? { case: 'prefix' as const, value: `${text}/` }
    : { case: 'exact' as const, value: text }
}

function inline(text: string) {
  return { specifier: { case: 'inlineString' as const, value: text } }
}
