import { formatCoordinate, nearest, parseCoordinate } from '@quadrant/core'
import { ServerError } from '../error.ts'
import type { NsRange, ProcessLife, ProcessRef, Store } from '../store/store.ts'

/** Whose runtime is asked for. */
export interface Subject {
  readonly kind: 'service' | 'process' | 'all'
  /** Its coordinate; empty for all. */
  readonly id: string
  readonly label: string
  /** Its processes that lived in the range, the newest first. */
  readonly lives: readonly ProcessLife[]
  /** Whether a process belongs to it, also one that comes later. */
  readonly has: (process: ProcessRef) => boolean
}

/**
 * Finds whom a text means: `svc:name`, `proc:host/pid@start`, a service's name or a pid; all where it is empty.
 *
 * @throws {ServerError} `not-found` with the nearest name, or `ambiguous` with the choices
 */
export async function resolveSubject(store: Store, text: string, range: NsRange): Promise<Subject> {
  if (text === '') return all(store, range)
  const names = await store.serviceNames()
  // A name may hold a colon, or be a number: what is called exactly so comes first.
  if (names.includes(text)) return service(store, text, range)
  const { value } = parseCoordinate(text)
  if (value?.kind === 'svc') {
    if (names.includes(value.name)) return service(store, value.name, range)
    throw notFound(`no service \`${value.name}\` is known`, nearestService(value.name, names))
  }
  if (value?.kind === 'proc') {
    const [life] = await store.findProcesses({ host: value.host, key: value.key })
    if (life) return process(life, range)
    throw notFound(`no process \`${text}\` is known`, await samePid(store, value.key))
  }
  if (value)
    throw new ServerError('ambiguous', `\`${text}\` is neither a service nor a process`, {
      fix: 'name one as svc:name or proc:host/pid@start',
    })
  if (/^\d{1,10}$/.test(text)) return byPid(store, Number(text), range)
  throw notFound(`no service \`${text}\` is known`, nearestService(text, names))
}

async function all(store: Store, range: NsRange): Promise<Subject> {
  const lives = (await store.findProcesses({})).filter((life) => livedIn(life, range))
  return { kind: 'all', id: '', label: 'all services', lives, has: () => true }
}

async function service(store: Store, name: string, range: NsRange): Promise<Subject> {
  const lives = (await store.findProcesses({ service: name })).filter((life) => livedIn(life, range))
  return {
    kind: 'service',
    id: formatCoordinate({ kind: 'svc', name }),
    label: name,
    lives,
    has: (one) => one.service === name,
  }
}

function process(life: ProcessLife, range: NsRange): Subject {
  const { id, service: name, pid } = life.process
  return {
    kind: 'process',
    id: processName(life.process),
    label: `${name} ${pid}`,
    lives: livedIn(life, range) ? [life] : [],
    has: (one) => one.id === id,
  }
}

/** A pid means the newest process that had it in the range; where hosts share it, nobody knows which. */
async function byPid(store: Store, pid: number, range: NsRange): Promise<Subject> {
  const found = await store.findProcesses({ pid })
  if (found.length === 0)
    throw notFound(
      `no process with pid ${pid} is known`,
      'name its service, or wait a second for a new process',
    )
  const living = found.filter((life) => livedIn(life, range))
  const candidates = living.length > 0 ? living : found
  const newest = new Map<string, ProcessLife>()
  for (const life of candidates) if (!newest.has(life.process.host)) newest.set(life.process.host, life)
  if (newest.size > 1)
    throw new ServerError('ambiguous', `pid ${pid} is on several hosts`, {
      fix: `say which: ${[...newest.values()]
        .slice(0, CHOICES_MAX)
        .map((life) => processName(life.process))
        .join(', ')}`,
    })
  return process(candidates[0]!, range)
}

const CHOICES_MAX = 5

/** Whether it was there at any moment of the range. One that was never described may have been. */
function livedIn({ startNs, endNs }: ProcessLife, range: NsRange): boolean {
  return startNs < range.endNs && (endNs === 0 || endNs >= range.startNs)
}

export function processName({ host, key }: ProcessRef): string {
  return formatCoordinate({ kind: 'proc', host, key })
}

function notFound(message: string, fix: string): ServerError {
  return new ServerError('not-found', message, { fix })
}

function nearestService(name: string, names: readonly string[]): string {
  const near = nearest(name, names)
  return near === undefined
    ? 'quadrant status -o json lists hosts; the map lists services'
    : `did you mean svc:${near}?`
}

async function samePid(store: Store, key: string): Promise<string> {
  const [life] = await store.findProcesses({ pid: Number(key.slice(0, key.indexOf('@'))) })
  return life ? `did you mean ${processName(life.process)}?` : 'name its service'
}
