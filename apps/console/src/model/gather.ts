type Column = Int32Array | Uint8Array | Uint32Array | Float64Array

/** The values of a column at these places, one after the other, in a column of the same kind. */
export function gather<T extends Column>(column: T, places: Int32Array): T {
  const result = new (column.constructor as new (length: number) => T)(places.length)
  for (let i = 0; i < places.length; i++) result[i] = column[places[i]!]!
  return result
}

/** A longer column that begins with all of this one. */
export function lengthen<T extends Column>(column: T, length: number): T {
  const result = new (column.constructor as new (length: number) => T)(length)
  result.set(column)
  return result
}
