import { useLayoutEffect, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { paletteCommands } from '../app/palette-commands.ts'
import { overlay } from '../app/overlays.ts'
import { rankEntries } from '../model/palette.ts'

const SHOWN_MAX = 40

/** Everything by name: pages, nodes and edges of the map, commands. */
export function PaletteDialog() {
  const dialog = useRef<HTMLDialogElement>(null)
  const typed = useSignal('')
  const active = useSignal(0)
  useLayoutEffect(() => {
    dialog.current?.showModal()
  }, [])
  const entries = rankEntries(paletteCommands.value, typed.value, SHOWN_MAX)
  const run = (index: number) => {
    const entry = entries[index]
    if (!entry) return
    overlay.value = undefined
    entry.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && entries.length > 0) {
      event.preventDefault()
      active.value = (active.value + step + entries.length) % entries.length
      document.getElementById(`palette-${active.value}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(active.value)
    }
  }
  return (
    <dialog
      ref={dialog}
      aria-label="Everything"
      onClose={() => (overlay.value = undefined)}
      onClick={(event) => event.target === dialog.current && (overlay.value = undefined)}
      onKeyDown={onKeyDown}
    >
      <input
        class="palette-input"
        type="text"
        role="combobox"
        aria-label="Page, service or command"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${active.value}`}
        placeholder="Page, service or command"
        autocomplete="off"
        spellcheck={false}
        autofocus
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value
          active.value = 0
        }}
      />
      {entries.length === 0 ? (
        <p class="palette-none">Nothing is called that here.</p>
      ) : (
        <ul class="palette-list" id="palette-list" role="listbox" aria-label="Matches">
          {entries.map((entry, i) => (
            <li
              key={entry.id}
              id={`palette-${i}`}
              role="option"
              aria-selected={i === active.value}
              onPointerMove={() => (active.value = i)}
              onClick={() => run(i)}
            >
              <span class="clip">{entry.title}</span>
              <span class="group clip">{entry.group}</span>
              {entry.keys && <kbd>{entry.keys}</kbd>}
            </li>
          ))}
        </ul>
      )}
    </dialog>
  )
}
