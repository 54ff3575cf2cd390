import type { Check } from '@quadrant/proto'
import { check, fatal, ok, skipped, warning, type CheckOutcome } from './check.ts'
import { HOOKS, type Hook } from './hook.ts'

/** What trying one kernel facility gave. */
export interface FeatureProbe {
  readonly id: string
  readonly ok: boolean
  /** Name of the error that the kernel gave, e.g. `EPERM`. */
  readonly errno?: string
  readonly detail: string
}

/** A verdict for each hook that observing uses or would rather use. Without privilege nothing could be tried. */
export function hookChecks(probes: readonly FeatureProbe[], privileged: boolean): Check[] {
  const results = new Map(probes.map((probe) => [probe.id, probe]))
  return HOOKS.map((hook) => check(hook, outcome(hook, results, privileged)))
}

function outcome(hook: Hook, results: ReadonlyMap<string, FeatureProbe>, privileged: boolean): CheckOutcome {
  const parts = hook.probes.map((id) => results.get(id))
  if (parts.every((part) => part?.ok)) return ok(hook.probes.join(', '))
  if (!privileged) return skipped('not tried: this user may not load programs', 'run with sudo')
  const failed = parts.find((part) => part !== undefined && !part.ok)
  if (!failed) return skipped('not tried on this host')
  const why = `${failed.id}: ${failed.detail || failed.errno || 'refused'}`
  // A finding is something to look at: that a host lacks what nobody uses is none.
  if (hook.need === 'spare') return skipped(why, hook.fix)
  if (hook.need !== 'required') return warning(why, hook.fix)
  const hasOther = hook.instead?.every((id) => results.get(id)?.ok) ?? false
  return hasOther ? warning(`${why}; ${hook.instead?.[0]} does its work`, hook.fix) : fatal(why, hook.fix)
}
