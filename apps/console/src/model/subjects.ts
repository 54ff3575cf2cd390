import type { ServiceInstance } from '@quadrant/proto'
import { queryTerm } from './query-suggest.ts'

/** A process that one may look at. */
export interface SubjectProcess {
  /** Its coordinate. */
  readonly id: string
  /** `cart 4711`. */
  readonly title: string
}

/** A service with its processes. */
export interface SubjectService {
  readonly id: string
  readonly name: string
  readonly processes: readonly SubjectProcess[]
}

/** Processes by their service, by name; those of none are one service without a name. */
export function groupSubjects(instances: readonly ServiceInstance[]): readonly SubjectService[] {
  const services = Map.groupBy(instances, ({ process }) => process?.service ?? '')
  return [...services]
    .map(([name, members]): SubjectService => ({
      id: name === '' ? '' : `svc:${name}`,
      name,
      processes: members
        .map((instance): SubjectProcess => ({ id: instance.id, title: processTitle(instance) }))
        .sort((a, b) => (a.title < b.title ? -1 : 1)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** `cart 4711`; what the coordinate says where the process is not known. */
export function processTitle({ id, process }: Pick<ServiceInstance, 'id' | 'process'>): string {
  return process ? `${process.comm || process.exe || 'process'} ${process.pid}` : subjectTitle(id)
}

/** A coordinate for people: `checkout`, `4711 on web-1`. */
export function subjectTitle(coordinate: string): string {
  const process = /^proc:(.+)\/(\d+)@\d+$/.exec(coordinate)
  if (process) return `${process[2]} on ${process[1]}`
  return coordinate.replace(/^svc:/, '')
}

/** A term of a filter that names a service or process: `to:checkout`, `to:proc:web-1/4711@1732390000123`. */
export function subjectQuery(key: 'from' | 'to', coordinate: string): string {
  return queryTerm(key, coordinate.replace(/^svc:/, ''))
}
