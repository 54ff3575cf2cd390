import type { Analysis } from '@quadrant/core'
import {
  ConfigReader,
  type Environment,
  list,
  object,
  optional,
  parseConfig,
  type Place,
  placeOf,
  shown,
  text,
  wholeOf,
} from '@quadrant/core/config'
import { SIGNALS, type Signal } from '../signal.ts'
import { findConflicts } from './conflicts.ts'
import { PipelineCode } from './codes.ts'
import type { Declared } from './declared.ts'
import { EXPORTER_TYPES } from './exporters.ts'
import { PROCESSOR_TYPES } from './processors.ts'
import { RECEIVER_TYPES } from './receivers.ts'
import type { ExporterSpec, PipelineLine, PipelineSpec, ProcessorSpec, ReceiverSpec } from './spec.ts'

export interface CheckPipelinesOptions {
  /** Name that stands in diagnostics. */
  readonly file?: string
  /** For `${env:NAME}`. Default none. */
  readonly environment?: Environment
}

/**
 * Reads a pipeline file: YAML in the shape of the OpenTelemetry Collector. It never throws on bad input: `value` is
 * undefined where a diagnostic is an error.
 */
export function checkPipelines(
  source: string,
  options: CheckPipelinesOptions = {},
): Analysis<PipelineSpec | undefined> {
  const reader = new ConfigReader({
    file: options.file,
    environment: options.environment ?? {},
    codes: PipelineCode,
  })
  const whole = wholeOf(source)
  const document = parseConfig(source, reader)
  const spec = document && read(document, reader, whole)
  const hasErrors = reader.diagnostics.some(({ severity }) => severity === 'error')
  const diagnostics = reader.diagnostics.toSorted((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0))
  return { value: hasErrors ? undefined : spec, diagnostics }
}

function read(
  document: NonNullable<ReturnType<typeof parseConfig>>,
  reader: ConfigReader,
  whole: Place,
): PipelineSpec {
  const sections = new Map<string, Place>()
  const names = ['receivers', 'processors', 'exporters', 'service']
  for (const { key, keyPlace, value } of reader.entries(
    placeOf(document.contents, whole.range),
    'a pipeline file',
  ))
    if (names.includes(key)) sections.set(key, value)
    else reader.unknownKey(keyPlace, key, 'a pipeline file', names)
  const section = (name: string): Place => sections.get(name) ?? whole
  const receivers = components(reader, section('receivers'), 'receiver', RECEIVER_TYPES)
  const processors = components(reader, section('processors'), 'processor', PROCESSOR_TYPES)
  const exporters = components(reader, section('exporters'), 'exporter', EXPORTER_TYPES)
  if (!sections.has('service'))
    reader.wrong(
      PipelineCode.missing,
      whole,
      'there is no `service`',
      'service: { pipelines: { traces: … } }',
    )
  const pipelines = sections.has('service')
    ? readService(reader, section('service'), { receivers, processors, exporters })
    : []
  findConflicts(reader, receivers, exporters)
  const specs = <T>(declared: ReadonlyMap<string, Declared<T>>) =>
    [...declared.values()].map(({ spec }) => spec)
  return {
    receivers: specs(receivers),
    processors: specs(processors),
    exporters: specs(exporters),
    pipelines,
  }
}

function components<T>(
  reader: ConfigReader,
  place: Place,
  what: string,
  types: Readonly<Record<string, (reader: ConfigReader, place: Place, id: string) => T>>,
): Map<string, Declared<T>> {
  const declared = new Map<string, Declared<T>>()
  for (const { key, keyPlace, value } of reader.entries(place, `${what}s`)) {
    const match = /^(?<type>[a-z_]{1,64})(?:\/[\w.-]{1,64})?$/.exec(key)
    const type = match?.groups?.['type'] ?? key.split('/', 1)[0]!
    const make = Object.hasOwn(types, type) ? types[type] : undefined
    if (!match || !make) reader.unknownType(keyPlace, what, type, Object.keys(types))
    else declared.set(key, { spec: make(reader, value, key), place: keyPlace })
  }
  return declared
}

interface Components {
  readonly receivers: ReadonlyMap<string, Declared<ReceiverSpec>>
  readonly processors: ReadonlyMap<string, Declared<ProcessorSpec>>
  readonly exporters: ReadonlyMap<string, Declared<ExporterSpec>>
}

const lineFields = {
  receivers: list(named),
  processors: list(named),
  exporters: list(named),
}

/** A name with its place, for what is said about it later. */
function named(reader: ConfigReader, place: Place, name: string) {
  return { name: text(reader, place, name), place }
}

function readService(reader: ConfigReader, place: Place, declared: Components): PipelineLine[] {
  const { pipelines } = object(
    'service',
    { pipelines: optional((_reader: ConfigReader, at: Place) => at) },
    { telemetry: 'counters are in `quadrant status`', extensions: 'there are none' },
  )(reader, place, 'service')
  const used = new Set<string>()
  const lines = pipelines
    ? reader.entries(pipelines, 'pipelines').flatMap(({ key, keyPlace, value }) => {
        const signal = signalOf(reader, keyPlace, key)
        return signal ? [readLine(reader, { id: key, signal, value, keyPlace }, declared, used)] : []
      })
    : []
  if (lines.length === 0 && reader.diagnostics.length === 0)
    reader.wrong(
      PipelineCode.missing,
      place,
      'there is no pipeline',
      'pipelines: { traces: { receivers: [otlp], exporters: [otlp] } }',
    )
  for (const section of ['receivers', 'processors', 'exporters'] as const)
    for (const [id, { place: at }] of declared[section])
      if (!used.has(`${section}/${id}`))
        reader.report(
          'warning',
          PipelineCode.unused,
          at,
          `no pipeline has ${section.slice(0, -1)} ${id}`,
          'remove it, or name it in a pipeline',
        )
  return lines
}

function signalOf(reader: ConfigReader, place: Place, id: string): Signal | undefined {
  const type = id.split('/', 1)[0]
  const signal = SIGNALS.find((one) => one === type)
  if (!signal)
    reader.wrong(
      PipelineCode.unknownSignal,
      place,
      `\`${shown(id)}\`: pipelines carry ${SIGNALS.join(' and ')}`,
      SIGNALS.join(', or '),
    )
  return signal
}

interface RawLine {
  readonly id: string
  readonly signal: Signal
  readonly value: Place
  readonly keyPlace: Place
}

function readLine(reader: ConfigReader, raw: RawLine, declared: Components, used: Set<string>): PipelineLine {
  const { id, signal, keyPlace } = raw
  const problemCount = reader.diagnostics.length
  const line = object(`pipeline ${id}`, lineFields)(reader, raw.value, id)
  const isRead = reader.diagnostics.length === problemCount
  const ids = (section: keyof Components): string[] =>
    line[section].flatMap(({ name, place }) => {
      used.add(`${section}/${name}`)
      if (declared[section].has(name)) return [name]
      if (name !== '') reader.undeclared(place, section, name, [...declared[section].keys()])
      return []
    })
  const [receivers, processors, exporters] = [ids('receivers'), ids('processors'), ids('exporters')]
  for (const section of ['receivers', 'exporters'] as const)
    if (line[section].length === 0 && isRead)
      reader.wrong(PipelineCode.missing, keyPlace, `pipeline ${id} has no ${section}`, `${section}: [ … ]`)
  for (const { name, place } of line.exporters)
    if (signal !== 'metrics' && declared.exporters.get(name)?.spec.kind === 'prometheus')
      reader.wrong(
        PipelineCode.misfit,
        place,
        'prometheus takes metrics only',
        'remove it from this pipeline',
      )
  for (const [i, { name, place }] of line.processors.entries())
    if (i > 0 && declared.processors.get(name)?.spec.kind === 'memory_limiter')
      reader.report(
        'warning',
        PipelineCode.order,
        place,
        `${name} stands behind ${line.processors[i - 1]!.name}: what it refuses there, no sender hears of`,
        'put it first',
      )
  return { id, signal, receivers, processors, exporters }
}
