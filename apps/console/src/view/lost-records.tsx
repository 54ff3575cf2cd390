import { formatCount } from '@quadrant/core'
import { DROP_WORDS, dropKind, lostCount, type Drop } from '@quadrant/proto'
import { go } from '../app/view.ts'
import { lostWords } from '../model/lost-words.ts'

/** How many records are missing, with a link to what that means; of a status line. */
export function LostRecords({ drops }: { readonly drops: readonly Drop[] }) {
  const lost = lostCount(drops)
  if (lost === 0) return <span>nothing lost</span>
  return (
    <a
      class="lossy"
      href="/doctor"
      title={drops
        .map(
          (drop) =>
            `${formatCount(drop.count)} ${DROP_WORDS[dropKind(drop)]} at ${drop.stage}: ${drop.reason}`,
        )
        .join('\n')}
      onClick={(event) => {
        event.preventDefault()
        go({ page: 'doctor', selection: '' })
      }}
    >
      {lostWords(lost)} in this range
    </a>
  )
}
