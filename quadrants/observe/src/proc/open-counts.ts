import type { OpenCounts } from '../model/checkpoint.ts'

/** Finds `Tcp:` ActiveOpens and PassiveOpens in a /proc/net/snmp (RFC 4022 names); undefined when they are not there. */
export function parseOpenCounts(text: string): OpenCounts | undefined {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.trim().split(/\s+/))
  if (!names || !values) return undefined
  const active = Number(values[names.indexOf('ActiveOpens')])
  const passive = Number(values[names.indexOf('PassiveOpens')])
  return Number.isSafeInteger(active) && Number.isSafeInteger(passive) ? { active, passive } : undefined
}
