import type { FlowRow } from '../model/flow-row.ts'
import { Icon, type IconName } from './icon.tsx'

const ICONS: Readonly<Record<FlowRow['tone'], IconName>> = {
  good: 'ok',
  quiet: 'skipped',
  warn: 'resets',
  bad: 'failures',
}

/** The event as icon, word and colour. */
export function EventMark({ row }: { readonly row: FlowRow }) {
  return (
    <span class={`mark tone-${row.tone}`}>
      <Icon name={ICONS[row.tone]} />
      {row.event}
    </span>
  )
}
