import { formatCount, formatShare } from '@quadrant/core'
import { go, view } from '../app/view.ts'
import type { CallTree } from '../model/call-tree.ts'
import { placeText, searchText } from '../model/flame-scene.ts'
import { functionTable, outermostWeights, type FunctionRow } from '../model/function-table.ts'
import { frameTone, moduleTitle } from '../model/module-tone.ts'
import { shareChange, type ShareChange } from '../model/profile-diff.ts'
import { ShareMark } from './share-mark.tsx'
import { VirtualTable, type Column } from './virtual-table.tsx'

interface FunctionTableProps {
  readonly tree: CallTree
  readonly isFound: ((text: string) => boolean) | undefined
  readonly label?: string
}

/** The profile as a table: each function once, with what it took itself and with all that it called. */
export function FunctionTable({ tree, isFound, label = 'Functions' }: FunctionTableProps) {
  const rows = functionTable(tree).filter(({ source }) => !isFound || isFound(searchText(source)))
  const changes = tree.compared && changesOf(tree)
  const shown = changes
    ? rows.toSorted((a, b) => Math.abs(changes[b.index]!.delta) - Math.abs(changes[a.index]!.delta))
    : rows
  return (
    <VirtualTable
      label={label}
      rows={shown}
      columns={
        changes ? [...DIFF_COLUMNS(changes), ...PLACE_COLUMNS] : [...columnsOf(tree.weight), ...PLACE_COLUMNS]
      }
      rowKey={(row) => String(row.index)}
      selectedKey={String(rows.find(({ source }) => source.name === view.value.item)?.index ?? '')}
      onSelect={(row) => go({ item: row.source.name === view.peek().item ? '' : row.source.name })}
      empty={isFound ? 'No function matches what is searched for.' : 'No samples in this range.'}
      widthMin={980}
    />
  )
}

/** Of all its places together, by function. */
function changesOf(tree: CallTree): readonly ShareChange[] {
  const { totalA, totalB, weightA, weightB } = tree.compared!
  const [a, b] = [outermostWeights(tree, totalA), outermostWeights(tree, totalB)]
  return tree.functions.map((_, i) => shareChange({ a: a[i]!, b: b[i]!, weightA, weightB }))
}

const NAME_COLUMN: Column<FunctionRow> = {
  id: 'name',
  title: 'Function',
  width: 'minmax(220px, 3fr)',
  mono: true,
  cell: ({ source }) => source.name,
  hint: ({ source }) => source.name,
}

function columnsOf(weight: number): readonly Column<FunctionRow>[] {
  const share = (part: number) => formatShare(weight > 0 ? part / weight : 0)
  return [
    NAME_COLUMN,
    { id: 'self', title: 'Self', width: '72px', right: true, cell: ({ self }) => formatCount(self) },
    { id: 'selfShare', title: 'Self, %', width: '80px', right: true, cell: ({ self }) => share(self) },
    { id: 'total', title: 'Total', width: '72px', right: true, cell: ({ total }) => formatCount(total) },
    { id: 'totalShare', title: 'Total, %', width: '80px', right: true, cell: ({ total }) => share(total) },
  ]
}

const DIFF_COLUMNS = (changes: readonly ShareChange[]): readonly Column<FunctionRow>[] => [
  NAME_COLUMN,
  {
    id: 'change',
    title: 'A against B',
    width: '170px',
    cell: ({ index }) => <ShareMark change={changes[index]!} />,
  },
  {
    id: 'a',
    title: 'Total in A',
    width: '90px',
    right: true,
    cell: ({ index }) => formatShare(changes[index]!.shareA),
  },
  {
    id: 'b',
    title: 'Total in B',
    width: '90px',
    right: true,
    cell: ({ index }) => formatShare(changes[index]!.shareB),
  },
]

const PLACE_COLUMNS: readonly Column<FunctionRow>[] = [
  {
    id: 'module',
    title: 'Module',
    width: 'minmax(140px, 2fr)',
    cell: ({ source }) => (
      <>
        <span class={`swatch frame-${frameTone(source)}`} /> {moduleTitle(source)}
      </>
    ),
    hint: ({ source }) => moduleTitle(source),
  },
  {
    id: 'place',
    title: 'File',
    width: 'minmax(160px, 2fr)',
    mono: true,
    cell: ({ source, line }) => placeText(source.file, line),
    hint: ({ source, line }) => placeText(source.file, line),
  },
]
