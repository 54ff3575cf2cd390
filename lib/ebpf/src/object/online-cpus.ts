import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { parseCpuList } from './cpu-list.ts'

/** The numbers of the processors that work now. @throws {EbpfError} */
export function onlineCpus(): readonly number[] {
  try {
    return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'latin1'))
  } catch (error) {
    throw EbpfError.from(error)
  }
}
