/** What an instruction may hold. The agent matches targets and rules against every process of its host. */
export const InstructionLimit = {
  messageTargets: 64,
  serviceRules: 500,
  /** Characters of each text in them. */
  textLength: 512,
  /** Samples a second of a busy processor. */
  profileHz: 99,
  /** Requests: rules for what is captured, which the kernel tries one by one, and captures of a second. */
  samplingRules: 16,
  capturesPerSecond: 10_000,
  /** Rules that name paths, and routes of one service. */
  routeRules: 500,
  routesPerService: 2000,
  /** Globs of each list: services, names of what is secret. */
  requestGlobs: 64,
  /** Share of its CPU that observing may cost a process: all of it. */
  probeShare: 1,
} as const
