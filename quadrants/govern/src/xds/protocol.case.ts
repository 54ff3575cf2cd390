/**
 * What the xDS protocol asks of a server ("xDS REST and gRPC protocol" of Envoy's documentation), each as what a client
 * says and what it then gets. Resources are written `CDS a=1`: type, name, content.
 */
export interface ProtocolCase {
  /** The section of the protocol, and what it asks. */
  readonly name: string
  readonly isDelta: boolean
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
]
