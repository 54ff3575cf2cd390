import { go, view } from '../app/view.ts'
import { toggleTerm } from '../model/query-suggest.ts'
import { Icon } from './icon.tsx'

interface Chip {
  readonly term: string
  readonly title: string
}

/** Terms of the filter that one presses rather than types. */
export function FilterChips({ chips }: { readonly chips: readonly Chip[] }) {
  const { query } = view.value
  return (
    <div class="chips" role="group" aria-label="Filters">
      {chips.map(({ term, title }) => {
        const pressed = query.split(/\s+/).includes(term)
        return (
          <button
            key={term}
            class="chip"
            aria-pressed={pressed}
            title={term}
            onClick={() => go({ query: toggleTerm(query, term) })}
          >
            {title}
            {pressed && <Icon name="close" />}
          </button>
        )
      })}
    </div>
  )
}
