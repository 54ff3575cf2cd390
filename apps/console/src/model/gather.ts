type Column = Int32Array | Uint8Array | Uint32Array | Float64Array

/**
 * The values of a column at these places, one after the other, in a column of the same kind. Each kind has a loop of its
 * own: one for all of them is five times slower, for V8 then looks at each value what kind of array it is in.
 */
export function gather<T extends Column>(column: T, places: Int32Array): T
export function gather(column: Column, places: Int32Array): Column {
  if (column instanceof Float64Array) return gatherDoubles(column, places)
  if (column instanceof Int32Array) return gatherInts(column, places)
  if (column instanceof Uint32Array) return gatherWords(column, places)
  return gatherBytes(column, places)
}

function gatherDoubles(column: Float64Array, places: Int32Array): Float64Array {
  const result = new Float64Array(places.length)
  for (let i = 0; i < places.length; i++) result[i] = column[places[i]!]!
  return result
}

function gatherInts(column: Int32Array, places: Int32Array): Int32Array {
  const result = new Int32Array(places.length)
  for (let i = 0; i < places.length; i++) result[i] = column[places[i]!]!
  return result
}

function gatherWords(column: Uint32Array, places: Int32Array): Uint32Array {
  const result = new Uint32Array(places.length)
  for (let i = 0; i < places.length; i++) result[i] = column[places[i]!]!
  return result
}

function gatherBytes(column: Uint8Array, places: Int32Array): Uint8Array {
  const result = new Uint8Array(places.length)
  for (let i = 0; i < places.length; i++) result[i] = column[places[i]!]!
  return result
}

/** A longer column that begins with all of this one. */
export function lengthen<T extends Column>(column: T, length: number): T {
  const result = new (column.constructor as new (length: number) => T)(length)
  result.set(column)
  return result
}
