import type { AgentReport } from './gen/quadrant/v1/agent_pb.ts'

/** What one program in the kernel costs. The figures are those of the last sample, 0 without one. */
export interface ProgramCost {
  readonly name: string
  readonly attach: string
  readonly runsPerSecond: number
  /** Mean of a run. Some 50 ns of it are the kernel's reading of its clock. */
  readonly runNs: number
  /** Part of one core, 0.01 is one percent. */
  readonly coreShare: number
  /** Since it was loaded: runs left out because it ran on that processor already. */
  readonly missed: number
}

export interface ProgramCosts {
  /** Undefined before the first. */
  readonly sample: { readonly endNs: number; readonly lengthNs: number } | undefined
  /** Why the kernel did not time them, when it was last asked; empty where it did. */
  readonly problem: string
  /** The costliest first. */
  readonly programs: readonly ProgramCost[]
  /** Of all of them. */
  readonly coreShare: number
}

/** What an agent's programs cost, as it sampled it. */
export function programCosts({ programs, programSample }: AgentReport): ProgramCosts {
  const sample = programSample && programSample.lengthNs > 0 ? programSample : undefined
  const costs = programs
    .map(({ name, attach, missed, sampleRuns, sampleRunNs }) => ({
      name,
      attach,
      missed,
      runsPerSecond: sample ? sampleRuns / (sample.lengthNs / 1e9) : 0,
      runNs: sample && sampleRuns > 0 ? sampleRunNs / sampleRuns : 0,
      coreShare: sample ? sampleRunNs / sample.lengthNs : 0,
    }))
    .toSorted((a, b) => b.coreShare - a.coreShare || (a.name < b.name ? -1 : 1))
  return {
    sample: sample && { endNs: sample.endNs, lengthNs: sample.lengthNs },
    problem: programSample?.problem ?? '',
    programs: costs,
    coreShare: costs.reduce((sum, { coreShare }) => sum + coreShare, 0),
  }
}
