import { EbpfError } from '../error.ts'

/** As many as Linux can have (CONFIG_NR_CPUS). */
const CPUS_MAX = 8192

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
