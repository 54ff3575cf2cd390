import { formatCount } from '@quadrant/core'
import type { Build } from '@quadrant/proto'
import { view } from '../app/view.ts'
import { finder } from '../model/find-words.ts'
import { moduleRows, type ModuleRow } from '../model/module-list.ts'
import { shortBuildId } from '../model/service-report.ts'
import { VirtualTable, type Column } from './virtual-table.tsx'

/** What is inside of the builds: the main module and all it was built with. */
export function ModuleTable({ builds }: { readonly builds: readonly Build[] }) {
  const all = moduleRows(builds)
  const isFound = finder(view.value.find)
  const rows = isFound ? all.filter((row) => isFound(`${row.path}@${row.version} ${row.replacement}`)) : all
  return (
    <section class="service-part" aria-label="Modules inside">
      <h2>
        Modules inside{' '}
        <span class="push">
          {isFound ? `${formatCount(rows.length)} of ${formatCount(all.length)}` : formatCount(all.length)}
        </span>
      </h2>
      {all.length === 0 ? (
        <p class="muted">
          {builds.length === 0
            ? 'No build is known: the executable was gone, or could not be read.'
            : 'The build says nothing of modules: it is no Go program, or was built without.'}
        </p>
      ) : (
        <div class="boxed-table">
          <VirtualTable
            label="Modules"
            rows={rows}
            columns={builds.length > 1 ? [...COLUMNS, BUILDS_COLUMN] : COLUMNS}
            rowKey={(row) => `${row.path}@${row.version} ${row.replacement}`}
            empty="No module has what is searched for."
            widthMin={560}
          />
        </div>
      )}
    </section>
  )
}

const COLUMNS: readonly Column<ModuleRow>[] = [
  {
    id: 'path',
    title: 'Module',
    width: 'minmax(200px, 3fr)',
    mono: true,
    cell: ({ path, isMain }) => (
      <>
        {path}
        {isMain && <span class="muted"> main</span>}
      </>
    ),
    hint: ({ path }) => path,
  },
  {
    id: 'version',
    title: 'Version',
    width: 'minmax(110px, 1.2fr)',
    mono: true,
    cell: ({ version, differs }) => <span class={differs ? 'tone-warn' : ''}>{version || '–'}</span>,
    hint: ({ version, differs }) => (differs ? `${version}: another build has another version` : version),
  },
  {
    id: 'replacement',
    title: 'Replaced by',
    width: 'minmax(90px, 1.2fr)',
    mono: true,
    cell: ({ replacement }) => replacement || '–',
    hint: ({ replacement }) => replacement,
  },
  {
    id: 'sum',
    title: 'Sum',
    width: 'minmax(90px, 1fr)',
    mono: true,
    cell: ({ sum }) => sum || '–',
    hint: ({ sum }) => sum,
  },
]

const BUILDS_COLUMN: Column<ModuleRow> = {
  id: 'builds',
  title: 'In builds',
  width: 'minmax(90px, 1fr)',
  mono: true,
  cell: ({ builds }) => builds.map(({ id }) => shortBuildId(id).slice(0, 7)).join(' '),
  hint: ({ builds }) => builds.map(({ id }) => id).join('\n'),
}
