import type { ConfigReader, Place } from '@quadrant/core/config'
import { GatewayCode } from './codes.ts'

/**
 * Which one of these keys is given, where exactly one has to be. Undefined, and reported, where there are none or several.
 */
export function onlyOne<T extends object, K extends keyof T & string>(
  reader: ConfigReader,
  place: Place,
  what: string,
  values: T,
  keys: readonly K[],
): K | undefined {
  const given = keys.filter((key) => values[key] !== undefined)
  const [first, second] = given
  if (first === undefined)
    reader.wrong(GatewayCode.missing, place, `${what} has none of ${keys.join(', ')}`, `${keys[0]}: …`)
  else if (second !== undefined)
    reader.wrong(
      GatewayCode.contradiction,
      reader.recall(values, second) ?? place,
      `${what} has both ${first} and ${second}`,
      `remove ${second}`,
    )
  return given.length === 1 ? first : undefined
}
