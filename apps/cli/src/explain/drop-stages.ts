import type { Explanation } from './explanation.ts'

/** Stages where something may be dropped: every one counts what it drops. */
export const DROP_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  'kernel.ring': {
    title: 'events lost between kernel and agent',
    text: `The ring buffer was full: the agent did not read in time. Counters are not affected, they are read from the
sockets; what is missing are single events. A machine that opens very many connections a second shows this.`,
  },
  'kernel.map.udp': {
    title: 'the table of UDP peers was full',
    text: 'More (socket, peer) pairs than the table holds were active within a second. The oldest were left out.',
  },
  'tracer.connections': {
    title: 'the table of connections was full',
    text: 'More connections were open than the agent follows. Those over the limit are in the edge ~other.',
  },
  'tracer.edges': {
    title: 'the table of edges was full',
    text: 'More different edges than the agent keeps apart in one second. The rest are in the edge ~other: no byte is lost.',
  },
  'tracer.away': {
    title: 'what happened while no agent ran',
    text: `The agent was not running for a while. Connections that closed meanwhile are told as lost, those that opened and
closed meanwhile are counted from the counters of the kernel (ActiveOpens, PassiveOpens).`,
  },
  'agent.flow-cap': {
    title: 'single flows over the cap',
    text: 'More events a second than the agent tells one by one. Sums of edges are complete; only the rows of flows are missing.',
  },
  'agent.spool': {
    title: 'seconds that fell out of the journal',
    text: `The server was away for longer than the agent's journal (64 MiB) holds. The oldest seconds were given up and are
counted.`,
  },
  'server.retention': {
    title: 'old flows removed',
    text: 'The store keeps single flows up to a size limit; the oldest go first. Sums of edges are kept for longer.',
  },
}
