// Runs filters through cases, without a proxy.
export { checkCases, type CheckedCases } from './test-bench/check-cases.ts'
export { TestCode } from './test-bench/codes.ts'
export { runCases, type CaseResult } from './test-bench/run-cases.ts'
