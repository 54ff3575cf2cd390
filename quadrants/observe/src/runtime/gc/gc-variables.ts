import { findRuntimeVariables, type GoBinary, type RuntimeVariables } from '@quadrant/golang'
import type { GoTarget } from '../go-target.ts'

const known = new WeakMap<GoBinary, RuntimeVariables>()

/** Where a program's runtime has its variables, as far as that is found; looked for once for each binary. */
export function variablesOf({ binary, layout }: GoTarget): RuntimeVariables {
  const found = known.get(binary) ?? findRuntimeVariables(binary, layout).value
  known.set(binary, found)
  return found
}
