import type { GatewayIr } from '../ir/gateway.ts'
import type { Origin } from '../ir/origin.ts'
import type { PolicyCodeName } from '../policy/codes.ts'

/** What a back end cannot do, and who asks for it. It is an error there, and nothing is left out in silence. */
export interface Problem {
  readonly code: Extract<PolicyCodeName, 'unsupported'>
  readonly origin: Origin
  readonly message: string
  readonly fix: string
}

/** Of what no back end serves, whatever its routes are. */
export function unservedProblems({ unserved }: Pick<GatewayIr, 'unserved'>): readonly Problem[] {
  return unserved.map(({ what, origin, fix }) => unsupported(origin, `nobody here ${what}`, fix))
}

export function unsupported(origin: Origin, message: string, fix: string): Problem {
  return { code: 'unsupported', origin, message, fix }
}
