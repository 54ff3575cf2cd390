import {
  about,
  type ConfigReader,
  type Field,
  list,
  mapped,
  object,
  optional,
  type Place,
  text,
} from '@quadrant/core/config'
import type { ConditionSpec } from './guard-spec.ts'
import { routeMatch } from './match-fields.ts'

/** Part of whatever is only about some requests. */
export const conditionFields = {
  matches: about('Only requests that one of these has. None: all.', list(routeMatch)),
  when: about(
    'Only requests for which this expression of CEL over [attributes](#expressions) is true as well.',
    optional(text),
  ),
}

/** The condition of what was read at a place. */
export function conditionOf(
  read: { readonly matches: ConditionSpec['matches']; readonly when: string | undefined },
  reader: ConfigReader,
  place: Place,
): ConditionSpec {
  const condition: ConditionSpec = { matches: read.matches, when: read.when }
  reader.remember(condition, place)
  const when = reader.recall(read, 'when')
  if (when) reader.remember(condition, when, 'when')
  return condition
}

/** What requests of a route are like besides its match. */
export const condition: Field<ConditionSpec> = mapped(object('a condition', conditionFields), conditionOf)
