import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'

let count: number | undefined

/** How many processors the kernel may ever have: per-CPU maps have a value for each. @throws {EbpfError} */
export function possibleCpuCount(): number {
  if (count === undefined) {
    try {
      count = countCpus(readFileSync('/sys/devices/system/cpu/possible', 'latin1'))
    } catch (error) {
      throw EbpfError.from(error)
    }
  }
  return count
}

/** One more than the highest number in a list like `0-3,8`. */
export function countCpus(list: string): number {
  const last = /(\d+)\s*$/.exec(list)?.[1]
  if (last === undefined) throw new EbpfError('system', `unreadable list of processors "${list.trim()}"`)
  return Number(last) + 1
}
