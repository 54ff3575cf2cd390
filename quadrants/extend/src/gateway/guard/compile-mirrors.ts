import type { MirrorSpec } from '../config/guard-spec.ts'
import { compileCondition, type Condition } from './condition.ts'

/** Who gets copies of which requests. */
export interface Mirror {
  readonly spec: MirrorSpec
  readonly fits: Condition | undefined
}

export function compileMirrors(mirrors: readonly MirrorSpec[]): readonly Mirror[] {
  return mirrors.map((spec) => ({ spec, fits: compileCondition(spec.condition) }))
}
