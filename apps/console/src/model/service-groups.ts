import type { Build, GetServiceResponse, ServiceInstance } from '@quadrant/proto'
import { runtimeText } from './service-report.ts'
import { processTitle } from './subjects.ts'

/** Services with more processes are closed until somebody opens them; one with a single process says all of it itself. */
const OPEN_MAX = 8

/** A process, below its service. */
export interface ProcessRow {
  readonly kind: 'process'
  readonly id: string
  readonly instance: ServiceInstance
  readonly build: Build | undefined
}

/** A service with what its processes come to. */
export interface ServiceRow {
  readonly kind: 'service'
  /** Its coordinate; empty for processes of no service. */
  readonly id: string
  readonly name: string
  readonly processes: readonly ProcessRow[]
  readonly isOpen: boolean
}

export type ServiceListRow = ServiceRow | ProcessRow

export interface ServiceGroupsOptions {
  /** Says whether a text has what is searched for. Default: all is shown. */
  readonly isFound: ((text: string) => boolean) | undefined
  /** Services that were turned over from how they would stand. */
  readonly turned: ReadonlySet<string>
}

/** All services, those in Go first, each with its processes below it where it is open. */
export function serviceGroups(
  { instances, builds }: Pick<GetServiceResponse, 'instances' | 'builds'>,
  { isFound, turned }: ServiceGroupsOptions,
): readonly ServiceRow[] {
  const byId = new Map(builds.map((build) => [build.id, build]))
  const processes = instances
    .map((instance): ProcessRow => ({
      kind: 'process',
      id: instance.id,
      instance,
      build: byId.get(instance.buildId),
    }))
    .filter((row) => !isFound || isFound(searchedText(row)))
  const hasGo = (rows: readonly ProcessRow[]) => rows.some(({ build }) => build?.runtime === 'go')
  return [...Map.groupBy(processes, ({ instance }) => instance.process?.service ?? '')]
    .map(([name, members]): ServiceRow => {
      const isOpen = isFound !== undefined || (members.length > 1 && members.length <= OPEN_MAX)
      return {
        kind: 'service',
        id: name === '' ? '' : `svc:${name}`,
        name,
        processes: members.sort(
          (a, b) => Number(hasGo([b])) - Number(hasGo([a])) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
        ),
        isOpen: isOpen !== turned.has(name),
      }
    })
    .sort(
      (a, b) =>
        Number(hasGo(b.processes)) - Number(hasGo(a.processes)) ||
        Number(a.name === '') - Number(b.name === '') ||
        (a.name < b.name ? -1 : 1),
    )
}

/** As they stand in a table. */
export function listRows(groups: readonly ServiceRow[]): readonly ServiceListRow[] {
  return groups.flatMap((group) => [group, ...(group.isOpen ? group.processes : [])])
}

/** What is said of a row: of a service what is the same for all of its processes, or how many there are. */
export function rowTexts(row: ServiceListRow): {
  readonly host: string
  readonly runtime: string
  readonly main: string
} {
  const rows = processesOf(row)
  const one = (values: readonly string[], many: string) => {
    const distinct = new Set(values)
    return distinct.size > 1 ? `${distinct.size} ${many}` : ([...distinct][0] ?? '')
  }
  return {
    host: one(
      rows.map(({ instance }) => instance.host),
      'hosts',
    ),
    runtime: [...new Set(rows.flatMap(({ build }) => (build ? runtimeText(build) : [])))].sort().join(', '),
    main: one(
      rows.flatMap(({ build }) => build?.mainPackage || build?.exe || []),
      'programs',
    ),
  }
}

/** The sum of what was read of its processes; undefined where nothing was. */
export function figureSum(row: ServiceListRow, figure: 'heapLiveBytes' | 'goroutines'): number | undefined {
  const read = processesOf(row).flatMap(({ instance }) => instance.figures?.[figure] ?? [])
  return read.length === 0 ? undefined : read.reduce((sum, value) => sum + value, 0)
}

/** How the observing of it fares, in words; `isBad` where something of a Go program is missing. */
export function rowState(row: ServiceListRow): { readonly text: string; readonly isBad: boolean } {
  const rows = processesOf(row)
  const refused = rows.flatMap(({ build }) => (build && build.refusal !== '' ? build : []))
  if (refused.length > 0) {
    const isBad = refused.some(({ runtime }) => runtime === 'go')
    return { text: part(refused.length, rows.length, refused[0]!.refusal), isBad }
  }
  const detached = rows.filter(({ instance }) => instance.cost?.detached)
  if (detached.length > 0) return { text: part(detached.length, rows.length, 'probes detached'), isBad: true }
  const observed = rows.filter(({ instance }) => instance.figures)
  if (observed.length > 0) return { text: part(observed.length, rows.length, 'observed'), isBad: false }
  if (rows.every(({ instance }) => isEnded(instance))) return { text: 'ended', isBad: false }
  return { text: rows.some(({ build }) => build?.runtime === 'go') ? 'no figures yet' : '', isBad: false }
}

export function isEnded({ process }: ServiceInstance): boolean {
  return (process?.endNs ?? 0) > 0
}

function part(count: number, of: number, text: string): string {
  return count === of ? text : `${count} of ${of}: ${text}`
}

function processesOf(row: ServiceListRow): readonly ProcessRow[] {
  return row.kind === 'service' ? row.processes : [row]
}

function searchedText({ instance, build }: ProcessRow): string {
  const modules = build ? [...(build.mainModule ? [build.mainModule] : []), ...build.dependencies] : []
  return [
    instance.process?.service ?? '',
    processTitle(instance),
    build?.mainPackage ?? '',
    ...modules.map(({ path, version }) => `${path}@${version}`),
  ].join(' ')
}
