import type { ModuleSection } from './sections.ts'

/** What a module says of itself, before any engine has seen it. Offsets are bytes from its start. */
export interface ModuleSpec {
  readonly bytes: Uint8Array
  readonly sections: readonly ModuleSection[]
  /** Undefined where it has types of other kinds than functions (garbage collection). */
  readonly types: readonly FunctionType[] | undefined
  readonly imports: readonly ModuleImport[]
  /** Of each function that is its own, the index of its type. */
  readonly functionTypes: Uint32Array
  readonly tables: readonly TableDeclaration[]
  readonly memories: readonly Limits[]
  readonly globalCount: number
  readonly exports: readonly ModuleExport[]
  /** Index of the function that is called when it is instantiated. */
  readonly startFunction: number | undefined
  /** Of each function that is its own, where its body is: from the declaration of its locals to behind its `end`. */
  readonly bodies: readonly ByteRange[]
  readonly customs: readonly CustomSection[]
}

export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface FunctionType {
  readonly paramCount: number
  /** The encoded types of its results, one behind the other. */
  readonly results: Uint8Array
  readonly resultCount: number
}

export type ExternKind = 'function' | 'table' | 'memory' | 'global' | 'tag'

export interface ModuleImport {
  readonly module: string
  readonly name: string
  readonly kind: ExternKind
  /** Of a memory or table. */
  readonly limits?: Limits
}

export interface ModuleExport {
  readonly name: string
  readonly kind: ExternKind
  readonly index: number
}

/** A table that is its own: its size, and the bytes before and behind that. */
export interface TableDeclaration extends ByteRange {
  readonly limits: Limits
  readonly limitsStart: number
  readonly limitsEnd: number
}

/** Size of a memory, in pages of 64 KiB, or of a table. */
export interface Limits {
  readonly minimum: number
  readonly maximum: number | undefined
  /** Threads share it. */
  readonly isShared: boolean
  /** Its addresses have 64 bits. */
  readonly is64: boolean
}

export interface CustomSection extends ByteRange {
  readonly name: string
}

/** Of imports, how many are of a kind: the index of the first that is the module's own. */
export function importedCount(spec: ModuleSpec, kind: ExternKind): number {
  return spec.imports.reduce((count, each) => count + (each.kind === kind ? 1 : 0), 0)
}
