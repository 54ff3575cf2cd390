import { create } from '@bufbuild/protobuf'
import { formatCoordinate } from '@quadrant/core'
import { FactSchema, ReleaseStage, type Fact, type OrderStatus, type ReleaseStatus } from '@quadrant/proto'
import type { FilterReleaseRow } from '../store/filter-store.ts'

/** What a module or a release is to `gateway:…`, as the gateway tells it. */
export const GATEWAY_PREDICATES = ['serves', 'off-at', 'refused-by', 'rolled-back-at'] as const
type GatewayPredicate = (typeof GATEWAY_PREDICATES)[number]

const FAILED: Readonly<Partial<Record<ReleaseStage, GatewayPredicate>>> = {
  [ReleaseStage.REFUSED]: 'refused-by',
  [ReleaseStage.ROLLED_BACK]: 'rolled-back-at',
}

/** What is known of a release once it was pushed: which module it is of. */
export function releaseFacts({ name, version, module, digest, pushedNs }: FilterReleaseRow): readonly Fact[] {
  return [
    create(FactSchema, {
      subject: releaseCoordinate(name, version),
      predicate: 'has-module',
      object: moduleCoordinate(module),
      evidence: { source: 'filter-push', observedAtNs: pushedNs, digest: `sha256:${digest}` },
      validFromNs: pushedNs,
    }),
  ]
}

/** Who has signed a release, by the word of a gateway that has found it right. The server knows no keys. */
export function signerFacts(nodeId: string, status: ReleaseStatus): readonly Fact[] {
  return status.signers.flatMap((id) => {
    const digest = /^sha256:([0-9a-f]{64})$/.exec(id)?.[1]
    if (digest === undefined || status.version === 0n) return []
    return create(FactSchema, {
      subject: releaseCoordinate(status.name, status.version),
      predicate: 'signed-by',
      object: formatCoordinate({ kind: 'key', algorithm: 'sha256', digest }),
      evidence: {
        source: formatCoordinate({ kind: 'gateway', name: nodeId }),
        observedAtNs: status.timeNs,
        digest: `sha256:${hex(status.releaseSha256)}`,
      },
      // A release was signed before anybody saw it, and stays so.
      validFromNs: 0,
    })
  })
}

/** What of a filter holds at a gateway, by the newest that it told of it. */
export function stateFacts(
  nodeId: string,
  name: string,
  status: ReleaseStatus | undefined,
  order: OrderStatus | undefined,
): readonly Fact[] {
  const facts: Fact[] = []
  const tell = (
    subject: string,
    predicate: GatewayPredicate,
    by: { readonly source: string; readonly digest: Uint8Array; readonly fromNs: number },
  ) =>
    facts.push(
      create(FactSchema, {
        subject,
        predicate,
        object: formatCoordinate({ kind: 'gateway', name: nodeId }),
        evidence: { source: by.source, observedAtNs: by.fromNs, digest: `sha256:${hex(by.digest)}` },
        validFromNs: by.fromNs,
      }),
    )
  if (status && status.servingVersion > 0n) {
    const release = releaseCoordinate(name, status.servingVersion)
    // What was switched off and on served anew from then on.
    const fromNs = Math.max(status.timeNs, order?.timeNs ?? 0)
    if (order?.off) tell(release, 'off-at', { source: 'filter-order', digest: order.orderSha256, fromNs })
    else {
      const by = { source: 'filter-delivery', digest: status.servingSha256, fromNs }
      tell(moduleCoordinate(hex(status.servingSha256)), 'serves', by)
      tell(release, 'serves', by)
    }
  }
  const failed = status && FAILED[status.stage]
  if (failed && status.version > 0n)
    tell(releaseCoordinate(name, status.version), failed, {
      source: 'filter-delivery',
      digest: status.releaseSha256,
      fromNs: status.timeNs,
    })
  return facts
}

export function moduleCoordinate(digest: string): string {
  return formatCoordinate({ kind: 'wasm', algorithm: 'sha256', digest })
}

function releaseCoordinate(name: string, version: bigint): string {
  return formatCoordinate({ kind: 'filter', name, version: String(version) })
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
