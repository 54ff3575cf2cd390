/** What an instruction may hold. The agent matches targets and rules against every process of its host. */
export const InstructionLimit = {
  messageTargets: 64,
  serviceRules: 500,
  /** Characters of each text in them. */
  textLength: 512,
} as const
