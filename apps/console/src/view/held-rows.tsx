import { useSignal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'
import { formatCount } from '@quadrant/core'
import { view } from '../app/view.ts'

interface Keyed {
  readonly key: string | number
}

/** What a table shows of rows that come on top. */
export interface HeldRows<Row extends Keyed> {
  readonly rows: readonly Row[]
  /** Rows above those that are shown; -1: so many that they are not counted. */
  readonly newer: number
  /** Shows the newest ones again. */
  readonly release: () => void
  /** For the table: whether its top is in sight. */
  readonly onTop: (atTop: boolean) => void
}

/**
 * Rows as they stood when the person scrolled away from the newest: what is being read does not move. Rows of another
 * question are not what is being read.
 *
 * @param latest the rows as they are when it is called
 */
export function useHeldRows<Row extends Keyed>(
  current: readonly Row[],
  latest: () => readonly Row[],
): HeldRows<Row> {
  const held = useSignal<readonly Row[] | undefined>(undefined)
  const { query, time } = view.value
  const release = () => void (held.value = undefined)
  useLayoutEffect(release, [query, time])
  return {
    rows: held.value ?? current,
    newer: held.value ? current.findIndex((row) => row.key === held.value?.[0]?.key) : 0,
    release,
    onTop: (atTop) => {
      if (atTop === (held.peek() !== undefined)) held.value = atTop ? undefined : latest()
    },
  }
}

interface NewerButtonProps {
  readonly newer: number
  /** Where they are not counted. */
  readonly words: string
  readonly onRelease: () => void
}

/** Leads back to the newest rows of the table beside it. */
export function NewerButton({ newer, words, onRelease }: NewerButtonProps) {
  if (newer === 0) return null
  return (
    <button
      class="newer"
      onClick={({ currentTarget }) => {
        onRelease()
        currentTarget.parentElement?.querySelector('.table')?.scrollTo(0, 0)
      }}
    >
      {newer > 0 ? `${formatCount(newer)} newer` : words}
    </button>
  )
}
