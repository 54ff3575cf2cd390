/** What an instruction may hold. The agent matches targets and rules against every process of its host. */
export const InstructionLimit = {
  messageTargets: 64,
  serviceRules: 500,
  /** Characters of each text in them. */
  textLength: 512,
  /** Samples a second of a busy processor. */
  profileHz: 99,
  /** Share of its CPU that observing may cost a process: all of it. */
  probeShare: 1,
} as const
