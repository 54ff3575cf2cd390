import { cgroupRoot } from '../link/cgroup.ts'
import { attachName, KernelBtf } from '../object/kernel-btf.ts'
import { enableProgramStats } from '../object/program-stats.ts'
import { tryFeature, type Feature } from './feature.ts'
import { helperFeatures } from './helper-features.ts'
import { mapFeatures, mapOperationFeatures } from './map-features.ts'
import { attachFeatures, PROBE_PROGRAMS, programFeatures } from './program-features.ts'

/**
 * What this kernel lets this process do, each thing really tried: programs loaded, maps made, hooks attached for a
 * moment. Takes some tenths of a second, the most of it for detaching, and leaves nothing behind.
 */
export function probeFeatures(): readonly Feature[] {
  const kernelBtf = new KernelBtf()
  const btf = tryFeature('btf:vmlinux', () => {
    kernelBtf.prepare(Object.values(PROBE_PROGRAMS).flatMap((spec) => attachName(spec) ?? []))
  })
  return [
    btf,
    ...programFeatures(kernelBtf),
    ...attachFeatures(kernelBtf, cgroupRoot()),
    ...mapFeatures(),
    ...mapOperationFeatures(),
    ...helperFeatures(kernelBtf),
    tryFeature('stats:run-time', () => enableProgramStats()),
  ]
}
