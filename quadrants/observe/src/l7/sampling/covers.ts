import type { SamplingRule } from './sampling-rule.ts'

/** Whether all that a rule matches is matched by an earlier one: each of that one's conditions is one of this, too. */
export function covers(earlier: SamplingRule, rule: SamplingRule): boolean {
  return (
    sameName(earlier.header, rule.header) &&
    sameName(earlier.value, rule.value) &&
    sameGlob(earlier.service, rule.service) &&
    sameGlob(earlier.route, rule.route) &&
    (earlier.protocol === undefined || earlier.protocol === rule.protocol)
  )
}

function sameName(earlier: string | undefined, name: string | undefined): boolean {
  return earlier === undefined || earlier.toLowerCase() === name?.toLowerCase()
}

function sameGlob(earlier: string | undefined, glob: string | undefined): boolean {
  return earlier === undefined || earlier === '*' || earlier === glob
}
