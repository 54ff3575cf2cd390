import { FilterFailure } from '@quadrant/proto'
import { pluginSpec, type PluginSpec } from '../filters/plugin/plugin-spec.ts'
import { grantedCalls } from '../filters/capability.ts'
import { isCapability } from './capability.ts'
import { effectiveLimits } from './filter-limits.ts'
import type { VerifiedRelease } from './verify-release.ts'

/** Where filters go that were delivered: whoever has streams pass through them. */
export interface FilterSink<Prepared> {
  /**
   * Compiles a module and begins it, off the path of streams; nothing passes through it yet.
   *
   * @param module its digest was found right
   * @throws whatever is wrong with it: what serves goes on
   */
  prepare(spec: PluginSpec, module: Uint8Array, options: PrepareOptions): Promise<Prepared>
  /** Streams that begin from now on pass through it. Returns what they passed through before. */
  swap(name: string, prepared: Prepared): Prepared | undefined
  /** Lets streams end that pass through it, if any do, and gives back what it has. */
  drain(prepared: Prepared): Promise<void>
  /** Streams that begin pass through the filter, or meet what the gateway does without it. */
  switch(name: string, isOn: boolean): void
}

export interface PrepareOptions {
  /** Told when it is compiled, and nothing of it has run where streams are. */
  readonly onCompiled: () => void
  /** Nobody waits for it any more. */
  readonly signal: AbortSignal
}

/** A release as those see it who run filters: with what it asks for, and no more than is granted. */
export function specOf({ release, grant }: VerifiedRelease): PluginSpec {
  return pluginSpec({
    name: release.name,
    digest: `sha256:${Buffer.from(release.moduleSha256).toString('hex')}`,
    rootId: release.rootId,
    vmId: release.vmId,
    configuration: release.configuration,
    vmConfiguration: release.vmConfiguration,
    limits: effectiveLimits(release.limits, grant.ceilings),
    capabilities: [...grantedCalls(release.capabilities.filter(isCapability))],
    onFailure: grant.onFailure ?? (release.onFailure === FilterFailure.OPEN ? 'open' : 'closed'),
  })
}
