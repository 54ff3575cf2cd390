import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { FilterOrderKind } from '@quadrant/proto'
import { orderFilter } from '../app/filter-data.ts'
import { status } from '../app/live-data.ts'
import { commandCall, filterCommand } from '../model/command-twin.ts'
import type { FilterRow } from '../model/filter-row.ts'
import { CommandLine } from './command-line.tsx'

/** As long as a gateway takes one. */
const REASON_LENGTH_MAX = 200

interface FilterOrderDialogProps {
  readonly row: FilterRow
  readonly onClose: () => void
}

/** Asks before a filter is switched off or on everywhere, and says who will not follow. */
export function FilterOrderDialog({ row, onClose }: FilterOrderDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const reason = useSignal('')
  const error = useSignal('')
  const isBusy = useSignal(false)
  useLayoutEffect(() => {
    dialog.current?.showModal()
  }, [])
  const { name, filter, places } = row
  const isOn = filter.order?.kind === FilterOrderKind.OFF
  const verb = isOn ? 'on' : 'off'
  const gateways = places.length === 1 ? 'one gateway' : `${places.length} gateways`
  const order = async () => {
    isBusy.value = true
    error.value = await orderFilter(name, isOn, reason.peek().trim())
    isBusy.value = false
    if (error.peek() === '') onClose()
  }
  return (
    <dialog
      ref={dialog}
      aria-labelledby="filter-order-title"
      onClose={onClose}
      // The page would close its panel, too.
      onKeyDown={(event) => event.key === 'Escape' && event.stopPropagation()}
    >
      <form
        class="order-form"
        onSubmit={(event) => {
          event.preventDefault()
          void order()
        }}
      >
        <h2 id="filter-order-title">
          Switch <span class="mono">{name}</span> {verb}?
        </h2>
        <p>
          {isOn
            ? 'Requests that begin pass through it again, on every gateway that follows.'
            : 'Requests that begin meet what each gateway does without it: they are refused, unless its configuration lets them go on. It stays off, also on gateways that come later, until it is switched on.'}
        </p>
        <p>
          Nobody signs this order: it is this server’s word. Gateways that want signed orders will not follow
          it, and go on: those whose configuration has no <span class="mono">unsigned_orders: true</span>{' '}
          under <span class="mono">delivery</span>. Signed with a key that they trust, they do:
        </p>
        <CommandLine
          command={filterCommand(
            `kill ${name}${isOn ? ' --undo' : ''} --key filter-key.pem`,
            commandCall(status.value),
          )}
        />
        <label class="field">
          <span>Reason, for people</span>
          <input
            type="text"
            maxLength={REASON_LENGTH_MAX}
            value={reason.value}
            onInput={({ currentTarget }) => (reason.value = currentTarget.value)}
          />
        </label>
        {error.value !== '' && (
          <p class="tone-bad" role="alert">
            {error.value}
          </p>
        )}
        <div class="order-buttons">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class={`button ${isOn ? 'strong' : 'danger'}`} disabled={isBusy.value}>
            Switch {verb} on {gateways}
          </button>
        </div>
      </form>
    </dialog>
  )
}
