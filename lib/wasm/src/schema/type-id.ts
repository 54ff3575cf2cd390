import { createHash } from 'node:crypto'
import type { SchemaFile } from './declarations.ts'
import { parentOf } from './resolve-schema.ts'

/**
 * The id of each type, 64 bits, by its dotted name: what is written, or the beginning of the MD5 of the parent's id (little
 * endian) and the name, with the highest bit set, as the reference compiler makes it (`generateChildId`).
 */
export function typeIds(schema: SchemaFile, fileId = schema.id): ReadonlyMap<string, bigint> {
  const ids = new Map<string, bigint>()
  const idOf = (name: string): bigint => {
    if (name === '') return fileId
    const known = ids.get(name)
    if (known !== undefined) return known
    const id =
      schema.types.get(name)?.explicitId ??
      childId(idOf(parentOf(name)), name.slice(name.lastIndexOf('.') + 1))
    ids.set(name, id)
    return id
  }
  for (const name of schema.types.keys()) idOf(name)
  return ids
}

function childId(parent: bigint, name: string): bigint {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(parent)
  return createHash('md5').update(bytes).update(name).digest().readBigUInt64BE() | (1n << 63n)
}
