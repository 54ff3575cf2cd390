import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'

const CPUS_MAX = 8192

/** The numbers of the processors that work now. @throws {EbpfError} */
export function onlineCpus(): readonly number[] {
  try {
    return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'latin1'))
  } catch (error) {
    throw EbpfError.from(error)
  }
}

/** The numbers in a list like `0-3,8`. @throws {EbpfError} */
export function parseCpuList(list: string): number[] {
  const cpus: number[] = []
  for (const range of list.trim().split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? []
    if (first === undefined || Number(last) >= CPUS_MAX || Number(last) < Number(first))
      throw new EbpfError('system', `unreadable list of processors "${list.trim()}"`)
    for (let cpu = Number(first); cpu <= Number(last); cpu++) cpus.push(cpu)
  }
  return cpus
}
