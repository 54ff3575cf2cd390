import { useLayoutEffect, useRef } from 'preact/hooks'
import { overlay } from '../app/overlays.ts'
import { KEY_HELP } from '../model/key-chord.ts'

export function HelpDialog() {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label="Keys"
      onClose={() => (overlay.value = undefined)}
      onClick={(event) => event.target === dialog.current && (overlay.value = undefined)}
    >
      <div class="help">
        <h2>Keys</h2>
        <dl>
          {KEY_HELP.map(([keys, what]) => (
            <>
              <dt>
                {keys.split(' ').map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </>
          ))}
        </dl>
      </div>
    </dialog>
  )
}
