import { create, toJsonString } from '@bufbuild/protobuf'
import { RequestInstructionSchema, type RequestHost, type RequestInstruction } from '@quadrant/proto'

/** A report that was on its way when the instruction came says nothing of it; the second one after it does. */
const REPORTS_MIN = 2

/** What a host makes of an instruction. */
export type HostState = 'follows' | 'not yet' | 'off' | 'not observed' | 'not connected'

export function hostState(host: RequestHost, asked: RequestInstruction): HostState {
  if (!host.connected) return 'not connected'
  if (host.timeNs === 0) return 'not yet'
  if (!host.report) return asked.off ? 'off' : follows(host, asked) ? 'not observed' : 'not yet'
  return follows(host, asked) ? 'follows' : 'not yet'
}

/** Tells when hosts have said what they make of a change. */
export class Settling {
  readonly #asked: RequestInstruction
  /** What they said before. */
  readonly #before: ReadonlyMap<string, RequestHost>
  readonly #reports = new Map<string, { timeNs: number; count: number }>()

  constructor(asked: RequestInstruction, before: readonly RequestHost[]) {
    this.#asked = asked
    this.#before = new Map(before.map((host) => [host.host, host]))
  }

  /** Whether all that are connected have; to be asked with each answer of the server. */
  isSettled(hosts: readonly RequestHost[]): boolean {
    // Each is looked at each time: reports are counted.
    return hosts.map((host) => this.#hasSaid(host)).every(Boolean)
  }

  #hasSaid(host: RequestHost): boolean {
    if (!host.connected) return true
    const before = this.#before.get(host.host)
    const last = this.#reports.get(host.host) ?? { timeNs: before?.timeNs ?? 0, count: 0 }
    const count = last.count + Number(host.timeNs !== last.timeNs)
    this.#reports.set(host.host, { timeNs: host.timeNs, count })
    if (count >= REPORTS_MIN) return true
    const isNew = host.report !== undefined && host.report.generation !== before?.report?.generation
    return isNew && hostState(host, this.#asked) === 'follows'
  }
}

/** Whether it has all that is asked for. Its own command line may name more services, and turn requests on. */
function follows({ instruction }: RequestHost, asked: RequestInstruction): boolean {
  return instruction !== undefined && (asked.off || !instruction.off) && text(instruction) === text(asked)
}

function text(requests: RequestInstruction): string {
  const compared = create(RequestInstructionSchema, { ...requests, off: false, services: [] })
  return toJsonString(RequestInstructionSchema, compared)
}
