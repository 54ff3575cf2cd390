import type { Ending } from '@quadrant/proto'
import { endingLooks, type EndingTone } from '../model/request-words.ts'
import { Icon, type IconName } from './icon.tsx'

const ICONS: Readonly<Record<EndingTone, IconName>> = {
  good: 'ok',
  quiet: 'skipped',
  caution: 'warning',
  bad: 'errors',
}

/** How a request ended, as icon, word and colour. */
export function EndingMark({ ending }: { readonly ending: Ending }) {
  const { text, tone } = endingLooks(ending)
  return (
    <span class={`mark tone-${tone === 'bad' ? 'errors' : tone}`}>
      <Icon name={ICONS[tone]} />
      {text}
    </span>
  )
}
