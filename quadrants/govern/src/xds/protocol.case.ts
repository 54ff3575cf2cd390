/**
 * What the xDS protocol asks of a server ("xDS REST and gRPC protocol" of Envoy's documentation), each as what a client
 * says and what it then gets. Resources are written `CDS a=1`: type, name, content; `CDS a@red=1` is of the view `red`.
 */
export interface ProtocolCase {
  /** The section of the protocol, and what it asks. */
  readonly name: string
  readonly isDelta: boolean
  /** Those that the client is let see. Undefined: all. */
  readonly views?: readonly string[]
  /** What is served when the client comes. */
  readonly served: readonly string[]
  readonly steps: readonly Step[]
}

export type Step =
  /** State of the world: all that is wanted; `ack` answers the last response, `nonce` any other. */
  | { readonly ask: string; readonly names?: readonly string[]; readonly answer?: Answer }
  | {
      readonly change: string
      readonly subscribe?: readonly string[]
      readonly unsubscribe?: readonly string[]
      /** Names of resources whose present version the client claims to have; `gone` claims another. */
      readonly has?: readonly string[]
      readonly answer?: Answer
    }
  | { readonly set?: readonly string[]; readonly remove?: readonly string[] }
  /** Responses in order, `CDS a b -c`: type, names, removed names. Nothing besides may come. */
  | { readonly gets: readonly string[] }
  /** The client leaves and comes back; in the state of the world with the version that it was sent last. */
  | { readonly reconnect: true }

export type Answer = 'ack' | 'nack' | 'stale'

export const PROTOCOL_CASES: readonly ProtocolCase[] = [
  {
    name: 'Wildcard: a first request without names gets all, and each change all again',
    isDelta: false,
    served: ['CDS a=1', 'CDS b=1', 'EDS a=1'],
    steps: [
      { ask: 'CDS' },
      { gets: ['CDS a b'] },
      { ask: 'CDS', answer: 'ack' },
      { set: ['CDS c=1'] },
      { gets: ['CDS a b c'] },
      { ask: 'CDS', answer: 'ack' },
      { remove: ['CDS a'] },
      { gets: ['CDS b c'] },
    ],
  },
  {
    name: 'Wildcard: once names were given, no names are no wildcard',
    isDelta: false,
    served: ['CDS a=1', 'CDS b=1'],
    steps: [
      { ask: 'CDS', names: ['a'] },
      { gets: ['CDS a'] },
      { ask: 'CDS', answer: 'ack' },
      { set: ['CDS a=2', 'CDS b=2'] },
      { gets: [] },
    ],
  },
  {
    name: 'Wildcard: asked for by its name, beside others',
    isDelta: false,
    served: ['CDS a=1'],
    steps: [
      { ask: 'CDS', names: ['*', 'a'] },
      { gets: ['CDS a'] },
      { ask: 'CDS', names: ['*', 'a'], answer: 'ack' },
      { set: ['CDS b=1'] },
      { gets: ['CDS a b'] },
    ],
  },
  {
    name: 'Of types other than CDS and LDS only what changed is told, and only to who asked for it',
    isDelta: false,
    served: ['EDS a=1', 'EDS b=1', 'EDS c=1'],
    steps: [
      { ask: 'EDS', names: ['a', 'b'] },
      { gets: ['EDS a b'] },
      { ask: 'EDS', names: ['a', 'b'], answer: 'ack' },
      { set: ['EDS b=2', 'EDS c=2'] },
      { gets: ['EDS b'] },
      { ask: 'EDS', names: ['a', 'b', 'c'], answer: 'ack' },
      { gets: ['EDS c'] },
    ],
  },
  {
    name: 'ACK and NACK: a refused version is not sent again, the next one is',
    isDelta: false,
    served: ['EDS a=1'],
    steps: [
      { ask: 'EDS', names: ['a'] },
      { gets: ['EDS a'] },
      { ask: 'EDS', names: ['a'], answer: 'nack' },
      { gets: [] },
      { set: ['EDS a=2'] },
      { gets: ['EDS a'] },
    ],
  },
  {
    name: 'A request with a stale nonce is ignored',
    isDelta: false,
    served: ['EDS a=1', 'EDS b=1'],
    steps: [
      { ask: 'EDS', names: ['a'] },
      { gets: ['EDS a'] },
      { ask: 'EDS', names: ['a', 'b'], answer: 'stale' },
      { gets: [] },
      { ask: 'EDS', names: ['a', 'b'], answer: 'ack' },
      { gets: ['EDS b'] },
    ],
  },
  {
    name: 'A listener that is asked for and not there is told as missing by an empty response',
    isDelta: false,
    served: [],
    steps: [{ ask: 'LDS', names: ['x'] }, { gets: ['LDS'] }],
  },
  {
    name: 'Eventual consistency: clusters, endpoints, listeners, routes; what goes, the other way round',
    isDelta: false,
    served: ['CDS a=1', 'LDS l=1', 'RDS r=1', 'EDS a=1'],
    steps: [
      { ask: 'CDS' },
      { gets: ['CDS a'] },
      { ask: 'CDS', answer: 'ack' },
      { ask: 'LDS' },
      { gets: ['LDS l'] },
      { ask: 'LDS', answer: 'ack' },
      { remove: ['CDS a'], set: ['LDS l=2', 'CDS b=1'] },
      // The cluster that is to go stays until the listeners are answered.
      { gets: ['CDS a b', 'LDS l'] },
      { ask: 'LDS', answer: 'ack' },
      { gets: [] },
      { ask: 'CDS', answer: 'ack' },
      { gets: ['CDS b'] },
    ],
  },
  {
    name: 'Incremental: only what changed, and what was removed',
    isDelta: true,
    served: ['CDS a=1', 'CDS b=1'],
    steps: [
      { change: 'CDS' },
      { gets: ['CDS a b'] },
      { change: 'CDS', answer: 'ack' },
      { set: ['CDS b=2', 'CDS c=1'], remove: ['CDS a'] },
      { gets: ['CDS b c'] },
      { change: 'CDS', answer: 'ack' },
      { gets: ['CDS -a'] },
    ],
  },
  {
    name: 'Incremental: a wildcard is answered even where there is nothing',
    isDelta: true,
    served: [],
    steps: [{ change: 'LDS' }, { gets: ['LDS'] }],
  },
  {
    name: 'Incremental, on demand: what does not exist is told as removed, and comes when it does',
    isDelta: true,
    served: ['RDS a=1'],
    steps: [
      { change: 'RDS', subscribe: ['a', 'x'] },
      { gets: ['RDS a -x'] },
      { change: 'RDS', answer: 'ack' },
      { set: ['RDS x=1', 'RDS y=1'] },
      { gets: ['RDS x'] },
    ],
  },
  {
    name: 'Incremental: who asks again gets it again',
    isDelta: true,
    served: ['EDS a=1'],
    steps: [
      { change: 'EDS', subscribe: ['a'] },
      { gets: ['EDS a'] },
      { change: 'EDS', answer: 'ack' },
      { gets: [] },
      { change: 'EDS', subscribe: ['a'] },
      { gets: ['EDS a'] },
    ],
  },
  {
    name: 'Incremental: nothing comes of what was unsubscribed',
    isDelta: true,
    served: ['EDS a=1', 'EDS b=1'],
    steps: [
      { change: 'EDS', subscribe: ['a', 'b'] },
      { gets: ['EDS a b'] },
      { change: 'EDS', unsubscribe: ['a'], answer: 'ack' },
      { set: ['EDS a=2'], remove: ['EDS b'] },
      { gets: ['EDS -b'] },
    ],
  },
  {
    name: 'Incremental: a name that is unsubscribed under a wildcard is told once more',
    isDelta: true,
    served: ['CDS a=1', 'CDS b=1'],
    steps: [
      { change: 'CDS', subscribe: ['*', 'a'] },
      { gets: ['CDS a b'] },
      { change: 'CDS', unsubscribe: ['a'], answer: 'ack' },
      { gets: ['CDS a'] },
      { change: 'CDS', unsubscribe: ['*'], answer: 'ack' },
      { set: ['CDS a=2', 'CDS b=2'] },
      { gets: [] },
    ],
  },
  {
    name: 'Incremental: initial_resource_versions spare what the client has, and remove what is gone',
    isDelta: true,
    served: ['CDS a=1', 'CDS b=1', 'CDS c=1'],
    steps: [
      { change: 'CDS', has: ['a', 'b', 'gone'] },
      { gets: ['CDS c'] },
      { change: 'CDS', answer: 'ack' },
      { gets: ['CDS -gone'] },
    ],
  },
  {
    name: 'Incremental: a stale nonce answers nothing, but its subscriptions count',
    isDelta: true,
    served: ['EDS a=1', 'EDS b=1'],
    steps: [
      { change: 'EDS', subscribe: ['a'] },
      { gets: ['EDS a'] },
      { change: 'EDS', subscribe: ['b'], answer: 'stale' },
      { gets: [] },
      { change: 'EDS', answer: 'ack' },
      { gets: ['EDS b'] },
    ],
  },
  {
    name: 'Changes that come before the answer are one response',
    isDelta: true,
    served: ['EDS a=1', 'EDS b=1'],
    steps: [
      { change: 'EDS', subscribe: ['a', 'b'] },
      { gets: ['EDS a b'] },
      { set: ['EDS a=2'] },
      { set: ['EDS a=3', 'EDS b=2'] },
      { gets: [] },
      { change: 'EDS', answer: 'ack' },
      { gets: ['EDS a b'] },
    ],
  },
  {
    name: 'Incremental: initial_resource_versions of names, of any type',
    isDelta: true,
    served: ['EDS a=1', 'EDS b=1', 'EDS c=1'],
    steps: [
      { change: 'EDS', subscribe: ['a', 'b', 'gone'], has: ['a', 'c', 'gone'] },
      // What it claims to have and does not ask for is nothing to tell.
      { gets: ['EDS b'] },
      { change: 'EDS', answer: 'ack' },
      { gets: ['EDS -gone'] },
    ],
  },
  {
    name: 'Reconnecting with all there is: the version spares the whole',
    isDelta: false,
    served: ['CDS a=1', 'CDS b=1'],
    steps: [
      { ask: 'CDS' },
      { gets: ['CDS a b'] },
      { ask: 'CDS', answer: 'ack' },
      { reconnect: true },
      { ask: 'CDS' },
      { gets: [] },
      { set: ['CDS b=2'] },
      { gets: ['CDS a b'] },
      { ask: 'CDS', answer: 'ack' },
      { set: ['CDS b=3'] },
      { gets: ['CDS a b'] },
      { reconnect: true },
      { set: ['CDS b=4'] },
      { ask: 'CDS' },
      { gets: ['CDS a b'] },
    ],
  },
  {
    name: 'Reconnecting before it was told what is gone: it is told then',
    isDelta: false,
    served: ['CDS a=1', 'CDS b=1'],
    steps: [
      { ask: 'CDS' },
      { gets: ['CDS a b'] },
      { ask: 'CDS', answer: 'ack' },
      { remove: ['CDS a'], set: ['CDS c=1'] },
      // The one that is to go is still in.
      { gets: ['CDS a b c'] },
      { reconnect: true },
      { ask: 'CDS' },
      { gets: ['CDS b c'] },
    ],
  },
  {
    name: 'Reconnecting: of named resources the version does not say whether all of them were had',
    isDelta: false,
    served: ['EDS a=1', 'EDS b=1'],
    steps: [
      { ask: 'EDS', names: ['a', 'b'] },
      { gets: ['EDS a b'] },
      { ask: 'EDS', names: ['a', 'b'], answer: 'ack' },
      { reconnect: true },
      { ask: 'EDS', names: ['a', 'b'] },
      { gets: ['EDS a b'] },
    ],
  },
  {
    name: 'A view: all there is is what is in it, and what is for everyone',
    isDelta: false,
    views: ['red'],
    served: ['CDS a=1', 'CDS b@red=1', 'CDS c@blue=1'],
    steps: [
      { ask: 'CDS' },
      { gets: ['CDS a b'] },
      { ask: 'CDS', answer: 'ack' },
      { set: ['CDS c@blue=2'], remove: ['CDS d'] },
      { gets: [] },
      { set: ['CDS e@red=1', 'CDS f@blue=1'] },
      { gets: ['CDS a b e'] },
    ],
  },
  {
    name: 'A view: what moves into another is gone, and what moves in is new',
    isDelta: false,
    views: ['red'],
    served: ['LDS a@red=1', 'LDS b@blue=1', 'LDS c@red=1'],
    steps: [
      { ask: 'LDS' },
      { gets: ['LDS a c'] },
      { ask: 'LDS', answer: 'ack' },
      { set: ['LDS a@blue=1'] },
      { gets: ['LDS c'] },
      { ask: 'LDS', answer: 'ack' },
      { set: ['LDS b@red=1'] },
      { gets: ['LDS b c'] },
      { ask: 'LDS', answer: 'ack' },
      // Seen before and after.
      { set: ['LDS b=1'] },
      { gets: [] },
    ],
  },
  {
    name: 'A view: a name of another is as one that is missing',
    isDelta: false,
    views: ['red'],
    served: ['LDS a@blue=1', 'LDS b@red=1'],
    steps: [
      { ask: 'LDS', names: ['a', 'b'] },
      { gets: ['LDS b'] },
      { ask: 'LDS', names: ['a', 'b'], answer: 'ack' },
      { set: ['LDS a@blue=2'] },
      { gets: [] },
      { set: ['LDS a@red=2'] },
      { gets: ['LDS a b'] },
    ],
  },
  {
    name: 'A view: reconnecting with all that it has spares the whole, whatever others have',
    isDelta: false,
    views: ['red'],
    served: ['CDS a=1', 'CDS b@red=1', 'CDS c@blue=1'],
    steps: [
      { ask: 'CDS' },
      { gets: ['CDS a b'] },
      { ask: 'CDS', answer: 'ack' },
      { reconnect: true },
      { set: ['CDS c@blue=2'] },
      { ask: 'CDS' },
      { gets: [] },
    ],
  },
  {
    name: 'A view, incremental: all there is is what is in it, and what is for everyone',
    isDelta: true,
    views: ['red', 'green'],
    served: ['CDS a=1', 'CDS b@red=1', 'CDS c@blue=1', 'CDS d@green=1'],
    steps: [
      { change: 'CDS' },
      { gets: ['CDS a b d'] },
      { change: 'CDS', answer: 'ack' },
      { set: ['CDS c@blue=2'] },
      { gets: [] },
      // From one that it sees to another that it sees is nothing.
      { set: ['CDS d@red=1', 'CDS c@red=2'] },
      { gets: ['CDS c'] },
      { change: 'CDS', answer: 'ack' },
      { set: ['CDS b@blue=1', 'CDS a@blue=1'] },
      { gets: ['CDS -a -b'] },
      { change: 'CDS', answer: 'ack' },
      { remove: ['CDS a'] },
      { gets: [] },
    ],
  },
  {
    name: 'A view, incremental: a name of another is as one that is missing',
    isDelta: true,
    views: [],
    served: ['EDS a=1', 'EDS b@red=1'],
    steps: [
      { change: 'EDS', subscribe: ['a', 'b', 'c'] },
      { gets: ['EDS a -b -c'] },
      { change: 'EDS', answer: 'ack' },
      { set: ['EDS b@red=2', 'EDS c@red=1'] },
      { gets: [] },
      { set: ['EDS b=2'] },
      { gets: ['EDS b'] },
      { change: 'EDS', answer: 'ack' },
      { set: ['EDS b@red=2'] },
      { gets: ['EDS -b'] },
    ],
  },
  {
    name: 'A view, incremental: what a client claims to have of another is taken from it',
    isDelta: true,
    views: ['red'],
    served: ['CDS a@red=1', 'CDS b@blue=1'],
    steps: [
      { change: 'CDS', has: ['a', 'b'] },
      { gets: ['CDS'] },
      { change: 'CDS', answer: 'ack' },
      { gets: ['CDS -b'] },
    ],
  },
  {
    name: 'A change that is taken back before it was sent is none',
    isDelta: true,
    served: ['CDS a=1', 'CDS b=1'],
    steps: [
      { change: 'CDS' },
      { gets: ['CDS a b'] },
      { set: ['CDS a=2', 'CDS c=1'], remove: ['CDS b'] },
      { set: ['CDS a=1', 'CDS b=1'], remove: ['CDS c'] },
      { change: 'CDS', answer: 'ack' },
      { gets: [] },
    ],
  },
]
