import { FLOW_FIELDS, type FieldTerm, parseFieldQuery } from '@quadrant/core'
import { SYSTEM_DATA_DIR, type GetStatusResponse } from '@quadrant/proto'
import { formatDurationSeconds, type Interval, isoSeconds, type TimeSelection } from './time-range.ts'
import { parseRouteSort } from './route-row.ts'
import { subjectQuery } from './subjects.ts'
import { subjectOf, type ViewState } from './view-state.ts'

/** How the command is called on the server's host. */
export interface CommandCall {
  /** `quadrant`, or `npx quadrant` in a clone; may be several words. */
  readonly command: string
  /** Absolute; empty where it is not known. */
  readonly dataDir: string
  /** The person who started it needs no `--data`. */
  readonly dataIsDefault: boolean
  /** The agent is root: without root `doctor` has fewer rows. */
  readonly agentIsRoot: boolean
}

export function commandCall(status: GetStatusResponse | undefined): CommandCall {
  return {
    command: status?.command || 'quadrant',
    dataDir: status?.dataDir ?? '',
    dataIsDefault: status?.dataIsDefault ?? true,
    agentIsRoot: status?.agents.some(({ report }) => report?.capabilities?.root) ?? false,
  }
}

/** The command that starts agent and server together, as one starts them on the server's host. */
export function startCommand({ command }: CommandCall, options: { readonly demo?: boolean } = {}): string {
  // In a clone the npm script builds what is missing first.
  const [start, demo] = command.startsWith('npx ') ? ['npm start', '-- --demo'] : [`${command} up`, '--demo']
  return join(['sudo', start, options.demo ? demo : ''])
}

/** The command that gives the same rows as this view, to be pasted into a shell of the server's host. */
export function commandTwin(view: ViewState, call: CommandCall): string {
  switch (view.page) {
    case 'doctor':
      return join([
        call.agentIsRoot ? 'sudo' : '',
        `${call.command} doctor`,
        dataFlag(call, call.agentIsRoot),
      ])
    case 'filters':
      return filterCommand(
        view.selection.startsWith('filter:')
          ? `list ${shellQuote(view.selection.slice('filter:'.length))}`
          : 'list -o wide',
        call,
      )
    case 'flows':
      if (view.rows === 'requests') return captured(view, call)
      return observe(parseFieldQuery(view.query, FLOW_FIELDS).value.terms, view.time, call)
    case 'map':
      return top(view, call)
    case 'service':
      return view.item.startsWith('route:') ? routesCommand(view, call) : gc(view, call)
    case 'profiles':
      return profile(view, call)
  }
}

/** Root's default is another one than a user's: with sudo only the system's directory goes without saying. */
function dataFlag({ dataDir, dataIsDefault }: CommandCall, asRoot: boolean): string {
  const isFound = dataDir === '' || dataDir === SYSTEM_DATA_DIR || (dataIsDefault && !asRoot)
  return isFound ? '' : `--data ${shellQuote(dataDir)}`
}

/** The command that counts what the selected service served by route, in the order of the page where it knows that. */
export function routesCommand({ selection, sort, time }: ViewState, call: CommandCall): string {
  const coordinate = subjectOf(selection)
  const { id, descending } = parseRouteSort(sort)
  return join([
    `${call.command} top --by routes`,
    dataFlag(call, false),
    descending && (id === 'errors' || id === 'p50' || id === 'p99') ? `--sort ${id}` : '',
    ...(time.kind === 'live' ? [`--window ${time.windowSeconds}`] : rangeFlags(time)),
    coordinate === '' ? '' : `-q ${shellQuote(subjectQuery('to', coordinate))}`,
  ])
}

/** What changes which requests are observed or captured. */
export function requestsCommand(change: string, call: CommandCall): string {
  return join([`${call.command} requests ${change}`, dataFlag(call, false)])
}

/** What is done with filters: `list`, `push auth.signed`, … */
export function filterCommand(what: string, call: CommandCall): string {
  return join([`${call.command} filter ${what}`, dataFlag(call, false)])
}

/** The same, where no server is asked. */
export function filterFileCommand(what: string, { command }: CommandCall): string {
  return `${command} filter ${what}`
}

function top({ level, query, time }: ViewState, call: CommandCall): string {
  return join([
    `${call.command} top`,
    dataFlag(call, false),
    level === 'service' ? '' : `--level ${level}`,
    ...(time.kind === 'live' ? [`--window ${time.windowSeconds}`] : rangeFlags(time)),
    query === '' ? '' : `-q ${shellQuote(query)}`,
  ])
}

function captured({ query, time }: ViewState, call: CommandCall): string {
  return join([
    `${call.command} observe --requests`,
    dataFlag(call, false),
    query === '' ? '' : `-q ${shellQuote(query)}`,
    ...timeFlags(time),
  ])
}

function gc({ selection, time }: ViewState, call: CommandCall): string {
  return join([`${call.command} gc`, subject(selection), dataFlag(call, false), ...timeFlags(time)])
}

function profile({ selection, time, kinds }: ViewState, call: CommandCall): string {
  return join([
    `${call.command} profile`,
    subject(selection),
    dataFlag(call, false),
    ...(time.kind === 'live' ? [`--since ${formatDurationSeconds(time.windowSeconds)}`] : rangeFlags(time)),
    ...kinds.map((kind) => `--kind ${kind}`),
    '-o pprof',
    `--file ${shellQuote(profileFileName(selection, 'pb.gz'))}`,
  ])
}

function subject(selection: string): string {
  const coordinate = subjectOf(selection)
  return coordinate === '' ? '' : shellQuote(coordinate)
}

/** `checkout.pb.gz` for a service, `web-1-4711.pb.gz` for a process: a name that every file system takes. */
export function profileFileName(selection: string, extension: string): string {
  const name = subjectOf(selection)
    .replace(/^(?:svc|proc):/, '')
    .replace(/@\d+$/, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
  return `${name || 'profile'}.${extension}`
}

function observe(terms: readonly FieldTerm[], time: TimeSelection, call: CommandCall): string {
  return join([`${call.command} observe`, dataFlag(call, false), ...filterFlags(terms), ...timeFlags(time)])
}

/** `from:shop -to:db` as `--from shop --not --to db`; bare words have no flag, and then the whole is one text. */
function filterFlags(terms: readonly FieldTerm[]): string[] {
  const flag = ({ key, negated, values }: FieldTerm) =>
    `${negated ? '--not ' : ''}--${key} ${shellQuote(values.join(','))}`
  if (terms.every(({ key }) => key !== undefined)) return terms.map(flag)
  const text = terms.map(({ key, negated, values }) => {
    const value = values.join(',')
    return `${negated ? 'not:' : ''}${key === undefined ? '' : `${key}:`}${/\s/.test(value) ? `"${value}"` : value}`
  })
  return [`-q ${shellQuote(text.join(' '))}`]
}

function timeFlags(time: TimeSelection): string[] {
  if (time.kind === 'live') return [`--since ${formatDurationSeconds(time.windowSeconds)}`, '-f']
  return rangeFlags(time)
}

function rangeFlags({ startMs, endMs }: Interval): string[] {
  return [`--since ${isoSeconds(startMs)}`, `--until ${isoSeconds(endMs)}`]
}

function join(parts: readonly string[]): string {
  return parts.filter(Boolean).join(' ')
}

/** Quotes for POSIX shells where the word holds anything they would read. */
function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
