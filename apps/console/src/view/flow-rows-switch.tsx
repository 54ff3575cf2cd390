import { showRows } from '../app/flow-rows.ts'
import { view } from '../app/view.ts'
import { FLOW_ROWS } from '../model/view-state.ts'

/** What the table of Flows has as its rows. */
export function FlowRowsSwitch() {
  return (
    <div class="segments" role="group" aria-label="Rows">
      {FLOW_ROWS.map(({ id, title, about }, i) => (
        <button
          key={id}
          aria-pressed={view.value.rows === id}
          title={`${about} (${i + 1})`}
          onClick={() => showRows(id)}
        >
          {title}
        </button>
      ))}
    </div>
  )
}
