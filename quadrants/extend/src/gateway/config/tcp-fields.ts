import { about, bool, type Field, list, mapped, number, object, optional } from '@quadrant/core/config'
import { weightedCluster } from './action-fields.ts'
import { onlyOne } from './choice.ts'
import type { TcpSpec } from './tcp-spec.ts'
import { nameField, timeout } from './value-fields.ts'

/** Envoy's, which many are used to. */
const IDLE_MS = 3_600_000

/** Bytes go to a cluster. */
export const tcp: Field<TcpSpec> = mapped(
  object('tcp', {
    cluster: about('Its name.', optional(nameField)),
    clusters: about('Several, by weight.', optional(list(weightedCluster))),
    idle_timeout: about('Without a byte in either direction. 0: for ever.', timeout(IDLE_MS)),
    connect_attempts: about(
      'Endpoints that are tried before the client is given up.',
      number({ default: 1, min: 1, max: 16 }),
    ),
    hash_source_address: about(
      'Balancers that hash look at the address of the client. Otherwise at nothing.',
      bool(false),
    ),
  }),
  (read, reader, place) => {
    const kind = onlyOne(reader, place, 'tcp', read, ['cluster', 'clusters'])
    const single = { cluster: read.cluster ?? '', weight: 1 }
    reader.remember(single, reader.recall(read, 'cluster') ?? place)
    return {
      clusters: kind === 'clusters' ? (read.clusters ?? []) : [single],
      idleMs: read.idle_timeout,
      connectAttemptsMax: read.connect_attempts,
      isSourceHashed: read.hash_source_address,
    }
  },
)
