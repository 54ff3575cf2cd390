import { deltaText, type ShareChange } from '../model/profile-diff.ts'
import { Icon } from './icon.tsx'

const WORDS = { more: 'more', less: 'less', same: 'no change' } as const

/** A change of a share as icon, words and colour: none of the three alone. */
export function ShareMark({ change: { kind, delta } }: { readonly change: ShareChange }) {
  return (
    <span class={`mark share-${kind}`}>
      <Icon name={kind} />
      {WORDS[kind]}
      {kind !== 'same' && ` ${deltaText(delta)}`}
    </span>
  )
}
