import type { Explanation } from './explanation.ts'

/** Checks of doctor that a running server makes of itself and of its agents. */
export const SERVER_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  'server.running': {
    title: 'a server answers',
    text: 'The checks of the running agent and server, and of their cost, are shown only where a server runs.',
  },
  'server.store': {
    title: 'the store can be written',
    text: `The server writes a row and takes it back. Where that fails agents keep what they see in their journals (64 MiB
each), and tell it when it works again.`,
  },
  'server.disk': {
    title: 'the disk has room for what may still come',
    text: `The store grows up to its limit (--store-bytes of the server, 1 GiB). Fatal below 256 MiB of free space, a
warning where the limit does not fit on the disk any more.`,
  },
  'server.agents': {
    title: 'agents are connected and tell something',
    text: `An agent tells one batch a second. One that is connected and silent for ten seconds is stuck or starved of CPU;
one that is not connected was ended, or can't start: \`quadrant up\` prints its log.`,
  },
  'server.refused': {
    title: "agents' messages are accepted",
    text: `A message that is cut off, too large or makes no sense is refused, counted and logged, and the agent's session
ends. Agents and servers of different versions are the usual cause.`,
  },
  'server.lag': {
    title: 'the server answers promptly',
    text: `How long the event loop was held up at most, of the last minute. Long ranges with very many edges do that, and
so does a host without a free core.`,
  },
  'server.pipelines': {
    title: 'telemetry passes the pipelines',
    text: `One check for each stage of the pipeline file given with --pipeline, in spans and data points: seen = kept + held +
dropped. What a filter drops is wanted; queue-full, gave-up, memory-limit, rejected and the like are missing at the
backend. A queue with a directory survives a restart.`,
  },
  'server.programs': {
    title: 'the programs in the kernel cost little',
    text: `The agent has the kernel time its programs for a second in every thirty, since timing costs each run of every
program of the machine some 80 ns. Shown are the part of one core that they took in that second, and for each program
how often it ran and how long a run took; some 50 ns of that are the kernel's reading of its clock.`,
  },
  'server.runtime': {
    title: 'the runtime of every Go process is observed',
    text: `The agent probes the Go processes whose version it knows, as long as that costs them less than their budget. Why
others are not probed is told by reason: version (its layout is not known), cost (probes detached themselves), limit
(more processes than are probed), off. Their figures of the heap may be seen all the same.`,
  },
  'server.runtime-latency': {
    title: 'what probes see arrives promptly',
    text: `How long a record took from the kernel's clock to the agent, of the last ones: the median, and one in a hundred.
An agent without CPU reads late, and a ring buffer that is full loses records, which are counted.`,
  },
  'server.profiles': {
    title: 'samples of processor time have whole stacks',
    text: `Stacks are walked by frame pointers. Go and Node keep them; native code that was built without them breaks the
walk, and the sample is told as broken: its innermost frame is right, its callers are missing.`,
  },
  'server.drops': {
    title: 'nothing was lost on the way',
    text: `Every stage counts what it does not keep, since the store began. Lost is missing from what is shown; not told
apart is in every sum, under ~other or without its other end. \`quadrant explain\` with the stage says more.`,
  },
}
