import type { MapReport, ProgramReport, ProgramSample } from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import type { NetworkNamespace } from '../discover/namespaces.ts'
import type { ProgramReport as LoadedProgram } from '../kernel/programs.ts'
import { ProgramSampler } from '../kernel/program-sampler.ts'
import type { RecordSink } from '../kernel/record-sink.ts'
import { openKernelSource } from '../kernel/source.ts'
import type { TracerSource } from './tracer-source.ts'

export interface KernelTracerOptions {
  readonly clock: HostClock
  /** Looked through before the source is returned. */
  readonly namespaces: readonly NetworkNamespace[]
  /** Programs of ours that others have loaded: timed and told with its own. */
  readonly otherPrograms: () => readonly LoadedProgram[]
}

/** The kernel's programs as a source of a tracer. @throws {EbpfError} where they cannot run. */
export function openKernelTracerSource(sink: RecordSink, options: KernelTracerOptions): TracerSource {
  const source = openKernelSource(sink, {
    namespaces: options.namespaces,
    monotonicNs: () => BigInt(options.clock.monotonicNs()),
  })
  const readPrograms = () => [...source.report().programs, ...options.otherPrograms()]
  const sampler = new ProgramSampler(readPrograms)
  const programSample = (): ProgramSample | undefined => {
    const { last, problem } = sampler
    if (last === undefined && problem === undefined) return undefined
    const ageNs = last === undefined ? 0 : options.clock.monotonicNs() - last.endNs
    return {
      $typeName: 'quadrant.v1.ProgramSample',
      endNs: last === undefined ? 0 : options.clock.epochNs() - ageNs,
      lengthNs: last?.lengthNs ?? 0,
      problem: problem?.message ?? '',
    }
  }
  let udpBytes = false
  let messages = false
  return {
    kind: 'ebpf',
    poll: (recordsMax) => source.poll(recordsMax),
    sample(namespaces) {
      const { owners } = source.sample(namespaces)
      sampler.tick(options.clock.monotonicNs())
      return owners
    },
    owners: () => void source.owners(),
    configure(wanted) {
      source.configure({
        udpBytes: wanted.udpBytes,
        messageTargets: wanted.messagePids,
        newTargets: wanted.newMessagePids,
      })
      udpBytes = wanted.udpBytes
      messages = wanted.newMessagePids
    },
    addMessageTarget: (pid) => source.addMessageTarget(pid),
    refuseMessageTarget: (pid, untilNs) => source.refuseMessageTarget(pid, untilNs),
    drops: () => source.drops(),
    stages: () => source.stages(),
    report() {
      const { maps } = source.report()
      return {
        programs: readPrograms().map(({ id, name, attach, runs, runNs, missed }): ProgramReport => ({
          $typeName: 'quadrant.v1.ProgramReport',
          name,
          attach,
          runs,
          runNs,
          missed,
          sampleRuns: sampler.last?.programs.get(id)?.runs ?? 0,
          sampleRunNs: sampler.last?.programs.get(id)?.runNs ?? 0,
        })),
        programSample: programSample(),
        maps: maps.map(({ name, type, entries, maxEntries }): MapReport => ({
          $typeName: 'quadrant.v1.MapReport',
          name,
          type,
          entries,
          maxEntries,
        })),
      }
    },
    blindSpots() {
      const spots = source
        .report()
        .failures.map(({ program, error }) => `${program} could not be loaded: ${error.message}`)
      if (!udpBytes)
        spots.push(
          'UDP bytes are not counted (ask for them with --udp-bytes), nor the messages of connected UDP sockets',
        )
      if (messages)
        spots.push(
          'messages: a process that takes the name of a target without executing a program is looked for every 5 seconds, and what it sends before is not told',
        )
      spots.push(
        'who opened a connection that was there before the agent is known only where a socket listens on its port; else it is guessed from the port numbers',
      )
      return spots
    },
    [Symbol.dispose]() {
      sampler[Symbol.dispose]()
      source[Symbol.dispose]()
    },
  }
}
