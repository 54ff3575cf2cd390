import type { PprofLabel, PprofProfile } from '../pprof/profile.ts'

/** What `go tool pprof -raw` prints of a profile, made of ours; without the lines of time and duration. */
export function rawProfile(profile: PprofProfile): string {
  const { periodType, sampleTypes, samples, locations, mappings, functions } = profile
  const lines = profile.comments.map((comment) => `Comment: ${comment}`)
  if (profile.docUrl !== '') lines.push(`Doc: ${profile.docUrl}`)
  lines.push(`PeriodType: ${periodType.type} ${periodType.unit}`, `Period: ${profile.period}`, 'Samples:')
  const shown = profile.defaultSampleType
  lines.push(
    sampleTypes
      .map(({ type, unit }) => `${type}/${unit}${type === shown ? '[dflt]' : ''} `)
      .join('')
      .trim(),
  )
  for (const sample of samples) {
    const values = sample.values.map((value) => ` ${String(value).padStart(10)}`).join('')
    lines.push(`${values}: ${sample.locations.map((index) => `${index + 1} `).join('')}`)
    const texts = sample.labels.filter((label) => 'text' in label)
    if (texts.length > 0) lines.push(labelLine(texts, ({ text }) => text))
    const numbers = sample.labels.filter((label) => 'number' in label)
    // Where none of a key has a unit, none is shown.
    const withUnit = new Set(numbers.filter(({ unit }) => unit !== '').map(({ key }) => key))
    if (numbers.length > 0)
      lines.push(
        labelLine(numbers, ({ key, number, unit }) =>
          withUnit.has(key) ? `${number} ${unit}` : `${number}`,
        ),
      )
  }
  lines.push('Locations')
  for (const [index, { address, mapping, isFolded, lines: calls }] of locations.entries()) {
    const place = [
      `${String(index + 1).padStart(6)}: 0x${address.toString(16)} `,
      mapping === undefined ? '' : `M=${mapping + 1} `,
      isFolded ? '[F] ' : '',
    ].join('')
    const shownCalls = calls.map(({ function: at, line, column }) => {
      const { name, systemName, file, startLine } = functions[at]!
      return `${name} ${file}:${line}:${column} s=${startLine}${name === systemName ? '' : `(${systemName})`}`
    })
    if (shownCalls.length === 0) lines.push(place)
    for (const [depth, call] of shownCalls.entries())
      lines.push(`${depth === 0 ? place : ' '.repeat(13)}${call}`)
  }
  lines.push('Mappings')
  for (const [index, mapping] of mappings.entries()) {
    const bits = [
      mapping.hasFunctions ? '[FN]' : '',
      mapping.hasFilenames ? '[FL]' : '',
      mapping.hasLineNumbers ? '[LN]' : '',
      mapping.hasInlineFrames ? '[IN]' : '',
    ].join('')
    const [start, limit, offset] = [mapping.start, mapping.limit, mapping.offset].map(
      (value) => `0x${value.toString(16)}`,
    )
    lines.push(`${index + 1}: ${start}/${limit}/${offset} ${mapping.file} ${mapping.buildId} ${bits}`)
  }
  return `${lines.join('\n')}\n`
}

/** Labels by their keys: `key:[one two]`. */
function labelLine<Label extends PprofLabel>(
  labels: readonly Label[],
  show: (label: Label) => string,
): string {
  const keys = [...new Set(labels.map(({ key }) => key))]
  const parts = keys.map(
    (key) =>
      `${key}:[${labels
        .filter((label) => label.key === key)
        .map(show)
        .join(' ')}]`,
  )
  // In the order of their bytes, as Go sorts.
  return ' '.repeat(16) + parts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join(' ')
}

/** What is compared of `go tool pprof -raw`: time and duration are shown rounded and in a zone. */
export function comparableRaw(text: string): string {
  return text.replace(/^(?:Time|Duration): .*\n/gm, '')
}
