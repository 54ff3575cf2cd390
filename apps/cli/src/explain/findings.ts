import type { Explanation } from './explanation.ts'

/** Codes of what the agent finds in the processes that it observes. */
export const FINDING_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  'QDR-O010': {
    title: 'observing a process cost it too much',
    text: `Collections of a Go program are seen by probes in its runtime. Each hit costs the program about a microsecond, which is
counted: hits, times the cost of a trap as measured on this host, and what the probes' program took. Over one second that
was more than the budget, 1 % of the CPU that the process took meanwhile, so its probes were detached at once. They are
not placed again while the process runs; its heap, goroutines and profiles are still seen, since these need no probe.
Up to a millisecond a second is never too much, so that one collection in an idle process is no reason.
A program that collects very often shows this: look at GOGC and GOMEMLIMIT, or for calls of runtime.GC.
Probes that read the TLS of a Go program where its requests are observed are judged apart: there are two hits or so for a
request, and their budget is 15 %. Its requests are not seen any more then, and its connections are told as opaque.
Allow more with: quadrant up --probe-budget PERCENT. Read no TLS with: quadrant requests set --tls off`,
  },
}
