const DURATION_UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** As GEP-2257 has them; of ECMAScript and RE2 alike. */
export const DURATION_PATTERN = /^([0-9]{1,5}(h|m|s|ms)){1,4}$/

/** `1h30m` in milliseconds; undefined where it is no duration of GEP-2257. */
export function durationMs(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|h|m|s)/g))
    ms += Number(amount) * DURATION_UNITS_MS[unit!]!
  return ms
}

/** The shortest way to write it: `90000` is `1m30s`. */
export function formatDuration(ms: number): string {
  let rest = ms
  let text = ''
  for (const unit of ['h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / DURATION_UNITS_MS[unit]!)
    if (count > 0) text += `${count}${unit}`
    rest -= count * DURATION_UNITS_MS[unit]!
  }
  return text === '' ? '0s' : text
}

const QUANTITY_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
}

/** The part of Kubernetes' resource.Quantity that is made of whole numbers and units of bytes. */
export const QUANTITY_PATTERN = /^[0-9]{1,15}(k|M|G|Ki|Mi|Gi)?$/

/** `64Mi` as a number; undefined where it is no such quantity. */
export function quantityValue(quantity: string | number): number | undefined {
  const text = String(quantity)
  if (!QUANTITY_PATTERN.test(text)) return undefined
  const [, amount, unit = ''] = /^(\d+)(.*)$/.exec(text)!
  return Number(amount) * QUANTITY_UNITS[unit]!
}

export function formatQuantity(value: number): string {
  for (const unit of ['Gi', 'Mi', 'Ki'] as const) {
    const size = QUANTITY_UNITS[unit] ?? 1
    if (value > 0 && value % size === 0) return `${value / size}${unit}`
  }
  return String(value)
}
