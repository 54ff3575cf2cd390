import type { BalancerSpec } from '../../config/cluster-spec.ts'
import type { EndpointState } from '../endpoint-state.ts'
import { LeastRequestBalancer } from './least-request.ts'
import { MaglevBalancer } from './maglev.ts'
import { RandomBalancer } from './random.ts'
import { RingHashBalancer } from './ring-hash.ts'
import { RoundRobinBalancer } from './round-robin.ts'

/** Chooses among endpoints that do not change; when they do, there is another balancer. */
export interface Balancer {
  /** @param hash 32 bits, the same for what is to go to the same endpoint */
  pick(hash: number): EndpointState
}

/** @param endpoints at least one */
export function balancerOf(
  spec: BalancerSpec,
  endpoints: readonly EndpointState[],
  random: () => number,
): Balancer {
  switch (spec.kind) {
    case 'round-robin':
      return new RoundRobinBalancer(endpoints, random)
    case 'least-request':
      return new LeastRequestBalancer(endpoints, spec.choiceCount, random)
    case 'random':
      return new RandomBalancer(endpoints, random)
    case 'ring-hash':
      return new RingHashBalancer(endpoints, spec.ringSizeMin, spec.ringSizeMax)
    case 'maglev':
      return new MaglevBalancer(endpoints, spec.tableSize)
  }
}
