import { useLayoutEffect, useRef } from 'preact/hooks'
import { filterField } from '../app/overlays.ts'
import { go, view } from '../app/view.ts'
import { Icon } from './icon.tsx'

/** What is searched for on pages of one service or process; it stands where the filter stands on others. */
export function FindBox() {
  const input = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    filterField.value = input.current
    return () => void (filterField.value = null)
  }, [])
  const { find, page } = view.value
  const label = page === 'service' ? 'Find routes and modules' : 'Find functions'
  return (
    <div class="filter" role="search">
      <div class="filter-field">
        <Icon name="search" />
        <div class="filter-text">
          <input
            ref={input}
            type="text"
            aria-label={label}
            spellcheck={false}
            autocomplete="off"
            placeholder={
              page === 'service'
                ? 'Find routes and modules: /orders golang.org/x/net'
                : 'Find functions, files and modules: json golang.org/x'
            }
            value={find}
            onInput={({ currentTarget }) => go({ find: currentTarget.value }, { replace: true })}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return
              event.preventDefault()
              if (view.peek().find === '') event.currentTarget.blur()
              else go({ find: '' }, { replace: true })
            }}
          />
        </div>
        {find !== '' && (
          <button
            class="button plain icon-only"
            aria-label="Clear"
            title="Clear (Esc)"
            onClick={() => go({ find: '' }, { replace: true })}
          >
            <Icon name="close" />
          </button>
        )}
        <kbd aria-hidden="true">/</kbd>
      </div>
    </div>
  )
}
