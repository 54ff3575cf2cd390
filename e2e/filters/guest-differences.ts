import type { CaseDifference } from './case-differences.ts'

/** What Go's SDK has filters see otherwise than Rust's crate. Each must be seen, or it has no place here. */
export const GUEST_DIFFERENCES: readonly CaseDifference[] = [
  {
    cases: /^local-replies\/second-filter-does-not-see/,
    ours: /^$/,
    theirs: /^#2 (log|done\n#2 delete)$/,
    why: 'The SDK for Go makes what follows an exchange when it is first told something of it, as only then is clear whether it is an exchange or a connection; the crate has a type for that.',
  },
  {
    cases: /unknown-cluster$/,
    ours: / = 10$/,
    theirs: / = 4$/,
    why: 'The SDK for Go says the upstream of a call by a GrpcService, which all hosts take, where the case says a name, which Envoy tries to read as one.',
  },
]
