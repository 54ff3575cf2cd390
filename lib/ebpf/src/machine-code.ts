// What this package knows of instructions: all that those need who look at code and touch no kernel object. It comes
// without the system layer, which takes 10 MB in each thread that loads it.
export { EbpfError } from './error.ts'
export type { Machine, TrapKind } from './machine-code/instruction-set.ts'
export { findProbeSite, type ProbeSite } from './machine-code/probe-site.ts'
export { findReturns, instructionLength } from './machine-code/returns.ts'
