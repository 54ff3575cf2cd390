import type { Build, Process, RuntimeBatch } from '@quadrant/proto'

/** Processes of one host that are remembered; the one that was told the longest ago is forgotten first. */
const PROCESSES_MAX = 50_000
const BUILDS_MAX = 10_000

/** What a host's agent told once and later batches refer to. */
export class HostMemory {
  readonly #processes = new Map<string, Process>()
  readonly #builds = new Map<string, Build>()
  readonly #buildOf = new Map<string, string>()

  remember(processes: readonly Process[], runtime: RuntimeBatch | undefined): void {
    for (const process of processes) put(this.#processes, process.key, process, PROCESSES_MAX)
    for (const build of runtime?.builds ?? []) put(this.#builds, build.id, build, BUILDS_MAX)
    for (const { process, buildId } of runtime?.processBuilds ?? []) {
      const key = runtime?.processKeys[process]
      if (key !== undefined) put(this.#buildOf, key, buildId, PROCESSES_MAX)
    }
  }

  process(key: string): Process | undefined {
    return this.#processes.get(key)
  }

  build(processKey: string): Build | undefined {
    const id = this.#buildOf.get(processKey)
    return id === undefined ? undefined : this.#builds.get(id)
  }
}

function put<T>(map: Map<string, T>, key: string, value: T, limit: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= limit) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
