import { create } from '@bufbuild/protobuf'
import { formatCoordinate } from '@quadrant/core'
import { FactSchema, type Fact, type ReleaseStatus } from '@quadrant/proto'
import type { FilterReleaseRow } from '../store/filter-store.ts'

/** `wasm:sha256:…` serves `gateway:…`. */
export const SERVES = 'serves'

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
        digest: `sha256:${Buffer.from(status.releaseSha256).toString('hex')}`,
      },
      // A release was signed before anybody saw it, and stays so.
      validFromNs: 0,
    })
  })
}

export function servesFact(nodeId: string, module: string, status: ReleaseStatus): Fact {
  return create(FactSchema, {
    subject: moduleCoordinate(module),
    predicate: SERVES,
    object: formatCoordinate({ kind: 'gateway', name: nodeId }),
    evidence: { source: 'filter-delivery', observedAtNs: status.timeNs, digest: `sha256:${module}` },
    validFromNs: status.timeNs,
  })
}

export function moduleCoordinate(digest: string): string {
  return formatCoordinate({ kind: 'wasm', algorithm: 'sha256', digest })
}

function releaseCoordinate(name: string, version: bigint): string {
  return formatCoordinate({ kind: 'filter', name, version: String(version) })
}
