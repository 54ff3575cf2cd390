import { formatBytes, formatCount } from '@quadrant/core'
import type { Build, ServiceInstance } from '@quadrant/proto'
import { status } from '../app/live-data.ts'
import { everyone, everyoneError } from '../app/subjects.ts'
import { go, view } from '../app/view.ts'
import { finder } from '../model/find-words.ts'
import { runtimeText } from '../model/service-report.ts'
import { processTitle } from '../model/subjects.ts'
import { commandCall, startCommand } from '../model/command-twin.ts'
import { CommandLine } from './command-line.tsx'
import { VirtualTable, type Column } from './virtual-table.tsx'

interface Row {
  readonly instance: ServiceInstance
  readonly build: Build | undefined
}

/** Every process that is known, to choose from: those in Go first. */
export function ServiceList() {
  const answer = everyone.value
  if (!answer)
    return (
      <div class="empty" role="status">
        <p>{everyoneError.value || 'Asking the server…'}</p>
      </div>
    )
  const builds = new Map(answer.builds.map((build) => [build.id, build]))
  const isFound = finder(view.value.find)
  const rows = answer.instances
    .map((instance): Row => ({ instance, build: builds.get(instance.buildId) }))
    .filter(
      ({ instance, build }) =>
        !isFound ||
        isFound(
          `${instance.process?.service ?? ''} ${processTitle(instance)} ${build ? modulesText(build) : ''}`,
        ),
    )
    .sort(
      (a, b) =>
        Number(b.build?.runtime === 'go') - Number(a.build?.runtime === 'go') ||
        (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0),
    )
  return (
    <>
      <VirtualTable
        label="Services and processes"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ instance }) => instance.id}
        onSelect={({ instance }) =>
          go({
            selection: instance.process?.service ? `svc:${instance.process.service}` : instance.id,
          })
        }
        empty={<NoProcesses isFiltered={isFound !== undefined} />}
        widthMin={1040}
      />
      <div class="status-line">
        <span>{formatCount(rows.length)} processes, those in Go on top</span>
        {answer.instancesOmitted > 0 && (
          <span class="lossy">{formatCount(answer.instancesOmitted)} more are not listed</span>
        )}
      </div>
    </>
  )
}

function nameOf({ instance }: Row): string {
  return `${instance.process?.service ?? ''} ${instance.id}`
}

function modulesText({ mainModule, mainPackage, dependencies }: Build): string {
  return [
    mainPackage,
    ...[...(mainModule ? [mainModule] : []), ...dependencies].map(
      ({ path, version }) => `${path}@${version}`,
    ),
  ].join(' ')
}

function NoProcesses({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <p>No process has what is searched for inside.</p>
  if (!status.value?.agents.some(({ connected }) => connected))
    return (
      <div class="no-flows">
        <p>No agent is connected. This starts one with the server:</p>
        <CommandLine command={startCommand(commandCall(status.value))} />
      </div>
    )
  return (
    <div class="no-flows">
      <p>The agent has told no process yet. A small shop of Go services under load fills this page:</p>
      <CommandLine command={startCommand(commandCall(status.value), { demo: true })} />
    </div>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'service',
    title: 'Service',
    width: 'minmax(140px, 2fr)',
    cell: ({ instance }) => instance.process?.service || '–',
  },
  {
    id: 'process',
    title: 'Process',
    width: 'minmax(140px, 1.5fr)',
    cell: ({ instance }) => processTitle(instance),
    hint: ({ instance }) => instance.id,
  },
  { id: 'host', title: 'Host', width: 'minmax(90px, 1fr)', cell: ({ instance }) => instance.host },
  {
    id: 'runtime',
    title: 'Runtime',
    width: '120px',
    cell: ({ build }) => (build ? runtimeText(build) : <span class="muted">not told</span>),
  },
  {
    id: 'main',
    title: 'Main package',
    width: 'minmax(160px, 2fr)',
    mono: true,
    cell: ({ build }) => build?.mainPackage || build?.exe || '–',
    hint: ({ build }) => build?.mainPackage ?? '',
  },
  {
    id: 'heap',
    title: 'Heap live',
    width: '92px',
    right: true,
    cell: ({ instance }) => (instance.figures ? formatBytes(instance.figures.heapLiveBytes) : '–'),
  },
  {
    id: 'goroutines',
    title: 'Goroutines',
    width: '92px',
    right: true,
    cell: ({ instance }) => (instance.figures ? formatCount(instance.figures.goroutines) : '–'),
  },
  {
    id: 'state',
    title: 'State',
    width: 'minmax(150px, 1.5fr)',
    cell: ({ instance, build }) =>
      build?.refusal ? (
        <span class="tone-warn">{build.refusal}</span>
      ) : instance.cost?.detached ? (
        <span class="tone-warn">probes detached</span>
      ) : (
        <span class="muted">
          {instance.figures ? 'observed' : build?.runtime === 'go' ? 'no figures yet' : ''}
        </span>
      ),
    hint: ({ build }) => build?.refusal ?? '',
  },
]
