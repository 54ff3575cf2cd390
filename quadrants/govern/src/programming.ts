// What was compiled, brought to proxies, and what they say to it.
export { errorOrigin } from './programming/error-origin.ts'
export type { ProgramResource, Refusal } from './programming/program.ts'
export { Programmer, type ProgrammerOptions } from './programming/programmer.ts'
export { protoProblem } from './proto-rules/proto-problem.ts'
export { ProtoRules, type RuleViolation } from './proto-rules/message-rules.ts'
