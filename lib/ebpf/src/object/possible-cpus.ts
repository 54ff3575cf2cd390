import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { parseCpuList } from './cpu-list.ts'

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

/** One more than the highest number in a list like `0-3,8`. @throws {EbpfError} */
export function countCpus(list: string): number {
  return parseCpuList(list).at(-1)! + 1
}
