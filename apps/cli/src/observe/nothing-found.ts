import { nearest } from '@quadrant/core'
import type { Server } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { liveServices } from '../completion/live-values.ts'
import type { FlowFilter } from './filter.ts'

const NAME_FIELDS = new Set(['from', 'to', 'svc'])

export interface NothingFound {
  readonly filter: FlowFilter
  /** All that is stored was searched. */
  readonly isWhole: boolean
}

/** Says why there may be no rows: a service that is not known here, with the nearest that is. */
export async function hintNothingFound(
  server: Server,
  { filter, isWhole }: NothingFound,
  context: Context,
): Promise<void> {
  const services = await liveServices(server, context.signal)
  for (const term of filter.query.terms) {
    if (term.key === undefined || !NAME_FIELDS.has(term.key) || term.negated) continue
    for (const value of term.values) {
      if (/[*?:.\d]/.test(value) || services.includes(value)) continue
      const near = nearest(value, services)
      note(
        context,
        `no service \`${value}\` was seen in the last hour${near ? `; did you mean --${term.key} ${near}?` : ''}`,
      )
      return
    }
  }
  const hint = isWhole ? '' : 'another --since looks further back, '
  note(context, `no flow ${filter.text === '' ? 'is stored' : 'matches'} (${hint}-f waits for new ones)`)
}
