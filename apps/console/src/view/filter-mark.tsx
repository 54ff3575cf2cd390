import { FILTER_STATE_WORDS, type FilterStateId } from '../model/filter-state.ts'
import { Icon, type IconName } from './icon.tsx'

const LOOKS: Readonly<Record<FilterStateId, readonly [icon: IconName, tone: string]>> = {
  'rolled-back': ['back', 'tone-bad'],
  refused: ['failures', 'tone-bad'],
  restarting: ['retransmits', 'tone-bad'],
  off: ['off', 'tone-warn'],
  arriving: ['download', 'tone-caution'],
  away: ['skipped', 'tone-quiet'],
  waiting: ['other', 'tone-quiet'],
  kept: ['pause', 'tone-quiet'],
  serving: ['ok', 'tone-good'],
}

/** How a filter is, as icon, word and colour: none of the three alone. */
export function FilterMark({ state }: { readonly state: FilterStateId }) {
  const [icon, tone] = LOOKS[state]
  return (
    <span class={`mark ${tone}`}>
      <Icon name={icon} />
      {FILTER_STATE_WORDS[state]}
    </span>
  )
}
