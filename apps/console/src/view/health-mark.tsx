import { HEALTH_WORDS, type Health } from '../model/map-graph.ts'
import { Icon } from './icon.tsx'

/** State as icon, word and colour: none of the three alone. */
export function HealthMark({ health }: { readonly health: Health }) {
  return (
    <span class={`mark tone-${health}`}>
      <Icon name={health} />
      {HEALTH_WORDS[health]}
    </span>
  )
}
