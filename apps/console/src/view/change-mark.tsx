import { CHANGE_WORDS, type Change, type ChangeKind } from '../model/change.ts'
import { Icon } from './icon.tsx'

/** A change as icon, words and colour: none of the three alone. */
export function ChangeMark({ change }: { readonly change: Pick<Change, 'kind' | 'words'> | undefined }) {
  if (!change) return null
  return (
    <span class={`mark change-${change.kind}`}>
      <Icon name={change.kind} />
      {change.words}
    </span>
  )
}

export function ChangeKindMark({ kind }: { readonly kind: ChangeKind }) {
  return <ChangeMark change={{ kind, words: CHANGE_WORDS[kind] }} />
}
