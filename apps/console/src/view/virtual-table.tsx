import type { ComponentChildren, VNode } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { rowWindow, scrollToRow } from '../model/row-window.ts'
import { useSize } from './use-size.ts'

const ROW_HEIGHT = 28
const HEAD_HEIGHT = 30
const OVERSCAN = 8
/** Rows on screen are fewer than this: a row keeps its element while its index does not, so that scrolling makes none. */
const SLOTS = 256

export interface Column<T> {
  readonly id: string
  readonly title: string
  /** A track of CSS grid. */
  readonly width: string
  readonly right?: boolean
  readonly mono?: boolean
  readonly cell: (row: T) => ComponentChildren
  /** The whole text, for what may be cut. */
  readonly hint?: (row: T) => string
  /** Its head is pressed to sort by it. Default: false. */
  readonly sortable?: boolean
}

/** In which order the rows come. */
interface TableSort {
  readonly id: string
  readonly descending: boolean
}

/** Rows that stand below others: the right arrow opens, the left one closes, or goes up. */
export interface RowTree<T> {
  /** Undefined for what stands below another. */
  readonly isOpen: (row: T) => boolean | undefined
  readonly onTurn: (row: T) => void
}

interface VirtualTableProps<T> {
  readonly label: string
  readonly rows: readonly T[]
  readonly columns: readonly Column<T>[]
  readonly rowKey: (row: T) => string
  readonly selectedKey?: string
  readonly onSelect?: (row: T) => void
  /** Told when the table leaves its top, and when it is there again. */
  readonly onTop?: (atTop: boolean) => void
  /** Only with columns that are `sortable`: the rows come sorted already. */
  readonly sort?: TableSort
  readonly onSort?: (id: string) => void
  /** Default: a flat table. */
  readonly tree?: RowTree<T>
  /** Said in place of rows. */
  readonly empty: ComponentChildren
  readonly widthMin: number
}

/** A table of any length: only the rows in sight are in the document. */
export function VirtualTable<T>(props: VirtualTableProps<T>) {
  const { label, rows, columns, rowKey, selectedKey, onSelect, onTop, tree, empty, widthMin, sort, onSort } =
    props
  const [scroller, { height }] = useSize<HTMLDivElement>()
  // Of a whole row: within one the same rows are drawn, and nothing has to be.
  const [top, setTop] = useState(0)
  const readTop = (table: HTMLDivElement) => setTop(table.scrollTop - (table.scrollTop % ROW_HEIGHT))
  const drawn = useRef<ReadonlyMap<number, DrawnRow<T>>>(new Map())
  const latest = useRef(onSelect)
  latest.current = onSelect
  const latestTree = useRef(tree)
  latestTree.current = tree
  const press = useRef<RowPress<T>>({
    select: (row) => latest.current?.(row),
    turn: (row) => latestTree.current?.onTurn(row),
  })
  const { first, end } = rowWindow(
    { top, height },
    { count: rows.length, rowHeight: ROW_HEIGHT, overscan: OVERSCAN },
  )

  const focusRow = (index: number) => {
    const table = scroller.current
    if (!table) return
    table.scrollTop = scrollToRow(
      { top: table.scrollTop, height: table.clientHeight },
      { index, rowHeight: ROW_HEIGHT, headHeight: HEAD_HEIGHT },
    )
    readTop(table)
    // The row may have to be made first.
    requestAnimationFrame(() =>
      table.querySelector<HTMLElement>(`[aria-rowindex="${index + 2}"]`)?.focus({ preventScroll: true }),
    )
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = event.target instanceof Element ? event.target.closest('[aria-rowindex]') : undefined
    const index = row ? Number(row.getAttribute('aria-rowindex')) - 2 : -1
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2)
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -rows.length,
      End: rows.length,
    }
    const step = steps[event.key]
    if (step !== undefined && rows.length > 0) {
      event.preventDefault()
      focusRow(Math.min(Math.max(index + step, 0), rows.length - 1))
    } else if (event.key === 'Enter' && rows[index] && onSelect) onSelect(rows[index])
    else if ((event.key === 'ArrowRight' || event.key === 'ArrowLeft') && rows[index] && tree) {
      event.preventDefault()
      const isOpen = tree.isOpen(rows[index])
      if (isOpen === (event.key === 'ArrowLeft')) tree.onTurn(rows[index])
      else if (isOpen === true && index + 1 < rows.length) focusRow(index + 1)
      else if (isOpen === undefined && event.key === 'ArrowLeft')
        focusRow(rows.findLastIndex((row, at) => at < index && tree.isOpen(row) !== undefined))
    }
  }

  const drawing = new Map<number, DrawnRow<T>>()
  useLayoutEffect(() => {
    drawn.current = drawing
  })

  return (
    <div
      class="table"
      role={tree ? 'treegrid' : 'grid'}
      aria-label={label}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      ref={scroller}
      style={{ '--columns': columns.map(({ width }) => width).join(' '), '--table-min': `${widthMin}px` }}
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget }) => {
        readTop(currentTarget)
        onTop?.(currentTarget.scrollTop < ROW_HEIGHT)
      }}
    >
      <div class="table-head" role="row" aria-rowindex={1}>
        {columns.map(({ id, title, right, sortable }) => (
          <div
            key={id}
            class={`table-cell${right ? ' right' : ''}`}
            role="columnheader"
            aria-sort={sort?.id === id ? (sort.descending ? 'descending' : 'ascending') : undefined}
          >
            {sortable && onSort ? (
              <button class="sorter" title={`Sort by ${title.toLowerCase()}`} onClick={() => onSort(id)}>
                {title}
                <span aria-hidden="true">{sort?.id === id ? (sort.descending ? ' ↓' : ' ↑') : ''}</span>
              </button>
            ) : (
              title
            )}
          </div>
        ))}
      </div>
      {rows.length === 0 && <div class="table-note">{empty}</div>}
      <div class="table-body" role="rowgroup" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
        {rows.slice(first, end).map((row, offset) => {
          const index = first + offset
          const selected = onSelect ? rowKey(row) === selectedKey : undefined
          const isOpen = tree?.isOpen(row)
          const level = tree && (isOpen === undefined ? 2 : 1)
          const before = drawn.current.get(index)
          // The very same element again: Preact passes it over, and scrolling costs only the rows that come into sight.
          const kept =
            before && before.row === row && before.selected === selected && before.columns === columns
              ? before
              : {
                  row,
                  selected,
                  columns,
                  element: drawRow(row, { index, selected, columns, level, isOpen, press: press.current }),
                }
          drawing.set(index, kept)
          return kept.element
        })}
      </div>
    </div>
  )
}

interface DrawnRow<T> {
  readonly row: T
  readonly selected: boolean | undefined
  readonly columns: readonly Column<T>[]
  readonly element: VNode
}

interface RowPress<T> {
  readonly select: (row: T) => void
  readonly turn: (row: T) => void
}

interface RowPlace<T> {
  readonly index: number
  /** Undefined where rows cannot be selected. */
  readonly selected: boolean | undefined
  readonly columns: readonly Column<T>[]
  /** Undefined in a flat table. */
  readonly level: 1 | 2 | undefined
  readonly isOpen: boolean | undefined
  readonly press: RowPress<T>
}

function drawRow<T>(row: T, place: RowPlace<T>): VNode {
  const { index, selected, columns, level, isOpen, press } = place
  return (
    <div
      key={index % SLOTS}
      class={selected === undefined ? 'table-row' : 'table-row pressable'}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-level={level}
      aria-expanded={isOpen}
      tabIndex={-1}
      style={{ transform: `translateY(${index * ROW_HEIGHT}px)` }}
      onClick={() => press.select(row)}
    >
      {columns.map(({ id, right, mono, cell, hint }, at) => (
        <div
          key={id}
          class={`table-cell${right ? ' right' : ''}${mono ? ' mono' : ''}`}
          role="gridcell"
          title={hint?.(row)}
        >
          {at === 0 && isOpen !== undefined && (
            <span
              class="twist"
              aria-hidden="true"
              onClick={(event) => {
                event.stopPropagation()
                press.turn(row)
              }}
            >
              {isOpen ? '▾' : '▸'}
            </span>
          )}
          {cell(row)}
        </div>
      ))}
    </div>
  )
}
