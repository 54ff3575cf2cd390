import { theme, THEMES } from '../app/theme.ts'
import { overlay } from '../app/overlays.ts'
import { goToPage, view } from '../app/view.ts'
import { formatViewState, onPage, PAGES } from '../model/view-state.ts'
import { Brand, Icon } from './icon.tsx'

/** The pages, one entry each. */
export function Rail() {
  const current = view.value
  return (
    <nav class="rail" aria-label="Pages">
      <Brand />
      {PAGES.map(({ id, title, key, about }) => (
        <a
          key={id}
          class="entry"
          href={formatViewState(onPage(current, id))}
          aria-current={current.page === id ? 'page' : undefined}
          title={`${about} (g ${key})`}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return
            event.preventDefault()
            goToPage(id)
          }}
        >
          <Icon name={id} />
          {title}
        </a>
      ))}
      <span class="spacer" />
      <button class="entry" title={`Colours: ${theme.value}`} onClick={nextTheme}>
        <Icon name={theme.value} />
        {theme.value === 'system' ? 'Auto' : theme.value === 'light' ? 'Light' : 'Dark'}
      </button>
      <button class="entry" title="Keys (?)" onClick={() => (overlay.value = 'help')}>
        <Icon name="help" />
        Keys
      </button>
    </nav>
  )
}

function nextTheme() {
  theme.value = THEMES[(THEMES.indexOf(theme.peek()) + 1) % THEMES.length] ?? 'system'
}
