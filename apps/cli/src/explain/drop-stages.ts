import type { Explanation } from './explanation.ts'

/** Stages that may not keep something: every one counts it, and says whether it is lost or only not told apart. */
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
  'kernel.map.targets': {
    title: 'processes whose messages are not told',
    text: `The kernel holds 1,023 targets of --messages at once. table full: processes that a target names and that found no
room. new process: more processes began at once than there was room for; the first messages of a target may be missing,
until the agent looked, 0.1 s later at most. Edges and their sums are not affected.`,
  },
  'tracer.connections': {
    title: 'connections that are not followed',
    text: `connection-limit: more were open than the agent follows; what they move is lost. close-missed: the end of a
connection was not seen, and with it what it moved after the last look, a second before at most. unknown-kind: a
record of a kernel program that this version does not know. message-limit: single messages over the cap.`,
  },
  'tracer.edges': {
    title: 'the table of edges was full',
    text: 'More different edges than the agent keeps apart in one second. The rest are in the edge ~other: no byte is lost.',
  },
  'tracer.addresses': {
    title: 'the table of addresses was full',
    text: 'More different addresses in one second than the agent tells apart. The rest are in ~other: no byte is lost.',
  },
  'tracer.join': {
    title: 'ends that could not be matched',
    text: `Two sockets of this host look alike as the other end of a connection (the same addresses and ports, in network
namespaces that are connected by address translation). The connection is counted, and its other end stays an address.`,
  },
  'tracer.processes': {
    title: 'the table of processes was full',
    text: 'More processes than the agent describes. Those over the limit are counted by what is known of them: a process id.',
  },
  'kernel.http.requests': {
    title: 'HTTP requests whose end was not seen',
    text: `too many at a time on one connection: more waited for their answers there than are followed, 16. bytes of the
connection missed: packets were not seen, or came in another order, while these requests waited. Neither is in any series.`,
  },
  'kernel.http.responses': {
    title: 'HTTP responses that belong to no request',
    text: `Responses to requests that were not followed (see kernel.http.requests), or that were sent before their connection
was joined.`,
  },
  'kernel.http.heads': {
    title: 'requests that asked to be captured, and were not',
    text: `more than the rule allows: over the captures of a second. ring full: the agent did not read in time. All are in
their series.`,
  },
  'http2.captures': {
    title: 'requests of HTTP/2 and gRPC that asked to be captured, and were not',
    text: `more than the rule allows: over the captures of a second. not taken in time: more than 1,024 waited in the agent.
All are in their series.`,
  },
  'kernel.http.connections': {
    title: 'connections in whose packets no request was looked for',
    text: 'no memory: the kernel had none for what is remembered of a connection.',
  },
  'kernel.http.framing': {
    title: 'places at which a connection of HTTP could not be followed',
    text: `bytes missed or out of order, no start line where one is due, line or packet too long: how often a direction was
lost; it is followed again when a message certainly begins, and requests in between are in no series. came with the
handshake: packets with data that no connection had as yet.`,
  },
  'kernel.http2.records': {
    title: 'frames of HTTP/2 that did not get out of the kernel',
    text: `ring full: the agent did not come to read them in time. processors in each other’s way: two had packets of one
connection at once. Requests that were under way on the connection are in http2.exchanges.`,
  },
  'http2.exchanges': {
    title: 'requests of HTTP/2 that were seen and are in no series',
    text: `bytes of the connection missed or not read: frames of it are missing. too many at a time on one connection: more
streams than are followed. sent by the server unasked: what it pushed.`,
  },
  'http2.connections': {
    title: 'connections of HTTP/2 that were lost for a while',
    text: `frames missed: how often a direction was out of step; it is read again from a frame that certainly begins. bytes
that are not HTTP/2: it began like it. too many, or idle for an hour: 2,048 are read at once, the one that was silent for
the longest time made room.`,
  },
  'streams.exchanges': {
    title: 'requests of precise mode that were seen and are in no series',
    text: `bytes of the connection missed or not read: see streams.connections and streams.ring. too many at a time on one
connection: more of HTTP/2 than are followed. sent by the server unasked: answers to nobody's request.`,
  },
  'streams.connections': {
    title: 'connections of precise mode that were lost for a while',
    text: `too many at a time: 16,384 are read at once. bytes missed: how often a direction was lost; it is read again from the
next message that certainly begins. bytes that are not HTTP: it speaks another protocol, or TLS. responses without a
request: the request came before anybody looked.`,
  },
  'streams.ring': {
    title: 'bytes of precise mode that did not get out of the kernel',
    text: `ring full: services moved more than the agent read in time, on a machine without a processor to spare. memory of the
process not readable: what it sent was not in memory.`,
  },
  'streams.captures': {
    title: 'captures of precise mode that were asked for and are not there',
    text: `more than the rule allows: over its cap, or that of all rules. not taken in time: a thousand began at once.`,
  },
  'tls.captures': {
    title: 'captures within TLS of Go programs that were asked for and are not there',
    text: `more than the rule allows: over its cap, or that of all rules. not taken in time: a thousand began at once.`,
  },
  'tls.exchanges': {
    title: 'requests within TLS of Go programs that were seen and are in no series',
    text: `bytes of the connection missed or not read: their responses were not seen from the beginning, or their connection
was there before its program was probed. too many at a time on one connection: more of HTTP/2 than are followed. sent by
the server unasked: answers to nobody's request.`,
  },
  'tls.connections': {
    title: 'connections of TLS of Go programs that are not read, or were lost for a while',
    text: `too many at a time: of all programs 16,384 are read at once. not over a TCP connection of net, or in a way that is
not known: TLS within TLS, or a connection of the program's own making. bytes missed: how often a direction was lost; it is
read again from the next message that certainly begins. bytes that are not HTTP: what TLS carries there is something else.
responses without a request: of requests from before.`,
  },
  'tls.ring': {
    title: 'pieces of what TLS of Go programs carries that were not read',
    text: `ring full: the agent did not read in time. memory of the process not readable: it was not there just then. What of
requests was in them is under tls.exchanges.`,
  },
  'tls.calls': {
    title: 'calls of TLS on sockets that could not be told apart',
    text: `the socket has no cookie yet: its connection is older than the agent, and nothing else has given it one. It is read
from the call on by which it has one.`,
  },
  'tracer.requests': {
    title: 'requests that are in no series, or were captured in vain',
    text: `series-limit: more different series than are told in one second, 4,096. Of requests that a rule asked for in full,
all of which are in their series: capture-waiting-limit, more than 1,024 waited for their responses; capture-batch-limit,
those of one second had more than a megabyte of text; capture-old-rules, their rules were replaced many times meanwhile.`,
  },
  'tracer.routes': {
    title: 'requests whose route is not told apart',
    text: `route-limit: their service has more routes than are told apart, 200 unless an instruction says otherwise.
service-limit: more services than the agent learns routes of. Both are in the route ~other: no request is lost. Rules for
the paths that are many make one route of them.`,
  },
  'kernel.dns': {
    title: 'answers of name servers that were not read',
    text: `cut: the server had more to say and the program asked again over TCP, which is not read. too large: over 1,232
bytes. ring full: more answers came at once than there was room for. first asked: a server that is in no resolv.conf is
listened to from up to a second after it was asked; one for each of them. Addresses in them may be shown without a name; no
connection and no byte is missing.`,
  },
  'tracer.names': {
    title: 'answers of name servers that gave no name',
    text: `not asked: the answer came from a server that is set up in a network namespace, where nobody had sent to it: it
is not believed, because anybody can send made-up answers in its name. name-limit: more names than the agent remembers;
the server keeps those that it was told. answer-limit: more than 8,192 answers in a second. The others say what is wrong
with the message. Addresses stay without a name; no connection and no byte is missing.`,
  },
  'tracer.checkpoint': {
    title: 'the last checkpoint could not be read',
    text: `The agent keeps how far each socket's counters were told. That was damaged, so counting began anew: what sockets
moved between the last second told and the start is lost. Nothing is counted twice.`,
  },
  'runtime.events': {
    title: 'what runtimes did and was not told',
    text: `tick-limit: more than 4,096 collections, stops or figures of one kind in a second. process-forgotten: they came after
the process was over and forgotten.`,
  },
  'runtime.gc': {
    title: 'records of collections that told nothing',
    text: `no-beginning: the probes were placed while the program collected. The others are records that do not fit what came
before, because one was lost or the probes were taken away meanwhile: no pause is told that was not seen whole.`,
  },
  'profile.kernel': {
    title: 'samples that the kernel could not keep',
    text: 'map full: more different stacks within a second than there is room for. read late: their program was held up too long.',
  },
  'profile.symbols': {
    title: 'samples that were not put into words',
    text: 'busy: the thread that finds the names of functions was behind. thread ended: it had to be started anew.',
  },
  'profile.window': {
    title: 'samples over the limits of one window',
    text: 'The reason names the limit: strings, frames or stacks of one profile, or processes that could not be named.',
  },
  'runtime.builds': {
    title: 'processes whose build is not told',
    text: 'More processes began or ended at once than the agent tells of in half a minute.',
  },
  'runtime.facts': {
    title: 'facts that were not told',
    text: 'name-too-long: the path and version of a module are longer than a coordinate, 512 characters.',
  },
  'runtime.executables': {
    title: 'executables that were not read',
    text: `limit: processes of this host run more different executables at once than the agent describes (4,096, or 32 MiB of what
they say of themselves). unreadable: the file could not be read, or not any more. Neither is probed.`,
  },
  'runtime.probes': {
    title: 'Go processes whose runtime is not probed',
    text: `version: built by a version of Go whose runtime is not known (its build says which; an update of Quadrant may know it).
cost: observing took more of its CPU than it may, see QDR-O010. limit: 256 processes are probed at once. off: by --no-probes
or an instruction. host: this host does not let the agent place probes. failed: the kernel refused them for this process.`,
  },
  'proc.sockets': {
    title: 'lines of /proc/net that could not be read',
    text: "A line of the kernel's socket tables that this version does not understand. Its socket is not seen.",
  },
  'tracer.away': {
    title: 'what happened while no agent ran',
    text: `The agent was not running for a while. Connections that closed meanwhile are told as lost, those that opened and
closed meanwhile are counted from the counters of the kernel (ActiveOpens, PassiveOpens).`,
  },
  'agent.flow-cap': {
    title: 'single flows over the cap',
    text: 'More events a second than the agent tells one by one. Sums of edges are complete; only the rows of flows are missing. `quadrant up --flow-cap N` tells more.',
  },
  'agent.spool': {
    title: 'seconds that fell out of the journal',
    text: `The server was away for longer than the agent's journal (64 MiB) holds. The oldest seconds were given up and are
counted. More fit with: quadrant up --journal-limit MIB`,
  },
  'agent.journal': {
    title: "damage in the agent's journal",
    text: 'Bytes that were damaged on the disk, cut off when the agent started: the seconds in them are lost.',
  },
  'server.edges': {
    title: "the store's table of edges was full",
    text: `The store tells a limited number of edges apart (50,000). Above it the far ends of new edges are ~other until
older edges have been folded: no byte is lost.`,
  },
  'server.requests': {
    title: "the store's table of requests was full",
    text: `The store tells a limited number of series of requests apart (50,000: edge, method, route, status). Above it new ones
are in the route ~other of their edge, with the class of their status, until older ones have been folded; likewise names
of connections that could not be read (opaque-limit). No request is lost.`,
  },
  'server.ingest': {
    title: 'seconds of an agent that did not arrive',
    text: `refused-…: the server refused a batch that made no sense. sequence-gap: an agent's numbers went on without some,
so those seconds are lost; it says itself why (agent.spool, agent.journal).`,
  },
  'server.live': {
    title: 'live views that did not keep up',
    text: 'A reader of the live stream took its messages too slowly: newer ones took their place. Nothing is lost in the store.',
  },
  'server.retention': {
    title: 'old data removed',
    text: `rollup-…-age: points that were kept for their time (seconds 15 minutes, tens of seconds 12 hours, minutes and
hours 30 days). flow-bytes: single flows are kept up to a size limit, the oldest go first. store-bytes: the whole
store was over its limit, and data went before their time. edge-limit-folded, process-limit: old edges and processes
were added to their service's to make room. requests-…-age: as rollup-…-age, of requests. series-folded: routes that
were idle became ~other of their edge to make room. captures-…: requests in full, by age (30 days), number (20,000) or
bytes (64 MiB), the oldest first. go-figures-…-age, probe-costs-age, runtime-events-…, profile-…, facts-…,
findings-…, builds-limit: what was told of runtimes, by age (30 days) or limit. More is kept with: quadrant up --flows-limit MIB --store-limit MIB`,
  },
  'server.query': {
    title: 'not searched for one answer',
    text: `An answer has limits too. slow-flows-rows: more single flows than are searched for the longest connections, the
newest first. figures-processes: more processes than figures are read of. A shorter range, or one service, has all.`,
  },
}
