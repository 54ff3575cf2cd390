import { create } from '@bufbuild/protobuf'
import {
  ReleaseStatusSchema,
  type FilterRelease,
  type ReleaseStage,
  type ReleaseStatus,
} from '@quadrant/proto'
import type { Refusal } from './refusal.ts'

/** What serves a filter's name. */
export interface Serving {
  readonly version: bigint
  readonly moduleSha256: Uint8Array
}

/** What a status is about: a release that was verified, or but the digest of signed bytes. */
export interface StatusSubject {
  /** Undefined where nobody that is trusted has signed it. */
  readonly release: FilterRelease | undefined
  /** Of the signed bytes, in hexadecimal. */
  readonly digest: string
  readonly signers: readonly string[]
}

export interface StatusOptions {
  readonly stage: ReleaseStage
  readonly refusal: Refusal | undefined
  readonly serving: Serving | undefined
  readonly timeNs: number
}

export function releaseStatus(about: StatusSubject, options: StatusOptions): ReleaseStatus {
  const { release, digest, signers } = about
  const { stage, refusal, serving, timeNs } = options
  return create(ReleaseStatusSchema, {
    releaseSha256: new Uint8Array(Buffer.from(digest, 'hex')),
    ...(release && { name: release.name, version: release.version, moduleSha256: release.moduleSha256 }),
    signers: [...signers],
    stage,
    ...(refusal && { code: refusal.code, reason: refusal.reason }),
    ...(serving && { servingVersion: serving.version, servingSha256: serving.moduleSha256 }),
    timeNs,
  })
}
