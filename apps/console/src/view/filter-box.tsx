import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { hasErrors, parseFieldQuery } from '@quadrant/core'
import { fieldsOf, filterExample } from '../app/flow-rows.ts'
import { knownValues } from '../app/known-values.ts'
import { refusedReason } from '../app/live-data.ts'
import { filterField } from '../app/overlays.ts'
import { go, view } from '../app/view.ts'
import { suggestTerms, type Suggestion } from '../model/query-suggest.ts'
import { Icon } from './icon.tsx'

/** The one query of the console; what is wrong with it stands where it is wrong. */
export function FilterBox() {
  const input = useRef<HTMLInputElement>(null)
  const under = useRef<HTMLDivElement>(null)
  const text = useSignal(view.peek().query)
  const caret = useSignal(0)
  const open = useSignal(false)
  const active = useSignal(-1)

  const query = view.value.query
  // The address changed by other means than typing here: back, a chip, the palette.
  useEffect(() => {
    if (document.activeElement !== input.current || query === '') text.value = query
  }, [query])
  useLayoutEffect(() => {
    filterField.value = input.current
    return () => void (filterField.value = null)
  }, [])

  const fields = fieldsOf(view.value)
  const { diagnostics } = parseFieldQuery(text.value, fields)
  const suggestions = open.value ? suggestTerms(text.value, caret.value, fields, knownValues.value) : []
  const problem =
    diagnostics[0] ??
    (refusedReason.value ? { message: refusedReason.value, fix: undefined, range: undefined } : undefined)
  // While a word is being typed its unfinished state is no error yet.
  const unfinished =
    open.value &&
    diagnostics.length === 1 &&
    diagnostics[0]!.code === 'QRY004' &&
    diagnostics[0]!.range?.end === caret.value

  /** Values are matched whole, so a term counts when it is complete: after Enter, a space, or a suggestion taken. */
  const apply = () => {
    if (!hasErrors(parseFieldQuery(text.peek(), fields).diagnostics)) go({ query: text.peek().trim() })
  }
  const write = (next: string, at: number) => {
    text.value = next
    caret.value = at
    active.value = -1
    if (next === '' || (/\s$/.test(next) && at === next.length)) apply()
  }
  const take = (suggestion: Suggestion) => {
    write(suggestion.text, suggestion.caret)
    requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(suggestion.caret, suggestion.caret)
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && suggestions.length > 0) {
      event.preventDefault()
      active.value =
        (active.value + step + suggestions.length + (active.value === -1 && step === -1 ? 1 : 0)) %
        suggestions.length
    } else if ((event.key === 'Enter' || event.key === 'Tab') && suggestions[active.value]) {
      event.preventDefault()
      take(suggestions[active.value]!)
    } else if (event.key === 'Enter') {
      apply()
      open.value = false
    } else if (event.key === 'Escape') {
      event.preventDefault()
      if (open.value && suggestions.length > 0) open.value = false
      else input.current?.blur()
    } else open.value = true
  }

  return (
    <div class="filter" role="search">
      <div class={`filter-field ${diagnostics.length > 0 && !unfinished ? 'wrong' : ''}`}>
        <Icon name="search" />
        <div class="filter-text">
          <div class="filter-under" aria-hidden="true" ref={under}>
            {unfinished ? text.value : underlined(text.value, diagnostics)}
          </div>
          <input
            ref={input}
            type="text"
            role="combobox"
            aria-label="Filter"
            aria-expanded={suggestions.length > 0}
            aria-controls="filter-suggestions"
            aria-activedescendant={active.value >= 0 ? `filter-suggestion-${active.value}` : undefined}
            aria-invalid={diagnostics.length > 0}
            aria-errormessage={problem ? 'filter-problem' : undefined}
            spellcheck={false}
            autocomplete="off"
            placeholder={`Filter: ${filterExample(view.value)}`}
            value={text.value}
            onInput={({ currentTarget }) => {
              open.value = true
              write(currentTarget.value, currentTarget.selectionStart ?? currentTarget.value.length)
            }}
            onSelect={({ currentTarget }) => (caret.value = currentTarget.selectionStart ?? 0)}
            onScroll={({ currentTarget }) => under.current?.scrollTo(currentTarget.scrollLeft, 0)}
            onFocus={() => (open.value = true)}
            onBlur={() => {
              open.value = false
              apply()
            }}
            onKeyDown={onKeyDown}
          />
        </div>
        {text.value === '' ? (
          <kbd title="Press / to filter">/</kbd>
        ) : (
          <>
            {text.value.trim() !== query && diagnostics.length === 0 && (
              <kbd title="Press Enter to apply">Enter</kbd>
            )}
            <button
              class="button plain icon-only"
              aria-label="Clear the filter"
              title="Clear"
              onClick={() => {
                write('', 0)
                apply()
                input.current?.focus()
              }}
            >
              <Icon name="close" />
            </button>
          </>
        )}
      </div>
      {(open.value || diagnostics.length > 0) && ((problem && !unfinished) || suggestions.length > 0) && (
        <div class="filter-pop" onMouseDown={(event) => event.preventDefault()}>
          {problem && !unfinished && (
            <div class="filter-problem" id="filter-problem" role="alert">
              <Icon name="warning" />
              <span>{problem.message}</span>
              {problem.fix && problem.range && !problem.fix.includes(' ') && (
                <button
                  class="fix mono"
                  onClick={() => {
                    const { start, end } = problem.range!
                    const fixed = text.value.slice(0, start) + problem.fix + text.value.slice(end)
                    write(fixed, start + problem.fix!.length)
                    apply()
                  }}
                >
                  {problem.fix}
                </button>
              )}
            </div>
          )}
          <ul id="filter-suggestions" role="listbox" aria-label="Suggestions">
            {suggestions.map((suggestion, i) => (
              <li
                key={suggestion.label}
                id={`filter-suggestion-${i}`}
                role="option"
                aria-selected={i === active.value}
                onClick={() => take(suggestion)}
              >
                <span class="mono clip">{suggestion.label}</span>
                <span class="muted clip">{suggestion.about}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}

/** The text again, invisible, with a wave below each part that is wrong. */
function underlined(text: string, problems: readonly { readonly range?: { start: number; end: number } }[]) {
  const parts = []
  let at = 0
  for (const { range } of problems) {
    if (!range || range.start < at) continue
    parts.push(
      text.slice(at, range.start),
      <mark key={range.start}>{text.slice(range.start, range.end)}</mark>,
    )
    at = range.end
  }
  parts.push(text.slice(at))
  return parts
}
