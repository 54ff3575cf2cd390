import { findRuntimeVariables, type GoBinary, type RuntimeVariables } from '@quadrant/golang'
import { binaryOf, type GoTarget } from '../go-target.ts'

const known = new WeakMap<GoBinary, RuntimeVariables>()

/** Where a program's runtime has its variables, as far as that is found; looked for once for each binary. */
export function variablesOf(target: GoTarget): RuntimeVariables {
  const binary = binaryOf(target)
  const found = known.get(binary) ?? findRuntimeVariables(binary, target.layout).value
  known.set(binary, found)
  return found
}
