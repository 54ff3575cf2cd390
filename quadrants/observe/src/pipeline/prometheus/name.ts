/**
 * Names as the OpenTelemetry specification has them for Prometheus ("Prometheus and OpenMetrics Compatibility",
 * metric metadata): what Prometheus does not take becomes `_`, the unit and `_total` are added.
 */

/** UCUM units that Prometheus has words for. */
const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
}

export function metricName(name: string, unit: string, kind: 'counter' | 'gauge' | 'other'): string {
  let full = sanitize(name)
  const word = unitWord(unit, kind)
  if (word !== '' && !full.endsWith(`_${word}`) && full !== word) full += `_${word}`
  if (kind !== 'counter') return full
  // The unit stands before `_total`, also where the name had it already.
  return `${full.replace(/_total(?=_|$)/, '')}_total`
}

function unitWord(unit: string, kind: 'counter' | 'gauge' | 'other'): string {
  if (unit === '1') return kind === 'gauge' ? 'ratio' : ''
  // Annotations such as {connection} are none.
  if (unit === '' || unit.startsWith('{')) return ''
  const [amount, per] = unit.split('/')
  const word = UNITS[amount!] ?? sanitize(amount!)
  if (per === undefined) return word
  return `${word}_per_${PER[per] ?? sanitize(per)}`
}

const PER: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day' }

/** `http.server.duration` as `http_server_duration`. */
export function sanitize(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9:_]+/g, '_').replace(/_{2,}/g, '_')
  return /^\d/.test(clean) || clean === '' ? `_${clean}` : clean
}

/** Labels that histograms and summaries write themselves. */
const OWN_LABELS: ReadonlySet<string> = new Set(['le', 'quantile'])

/** As {@link sanitize}, without colons; names that begin with `__` are Prometheus's own. */
export function labelName(key: string): string {
  const name = sanitize(key.replaceAll(':', '_')).replace(/^__+/, '_')
  return OWN_LABELS.has(name) ? `exported_${name}` : name
}
