import type { Limits, ModuleExport } from '../module/module-spec.ts'

/** How a host talks to a module, by what it exports. */
export type ModuleAbi =
  /** WASI preview 1: `_start` runs it. */
  | 'wasi-command'
  /** WASI preview 1: `_initialize` prepares it, then its exports are called. */
  | 'wasi-reactor'
  /** A filter for proxies, with the version of the interface that it asks for. */
  | `proxy-wasm ${string}`
  | 'none'

/** Imports of one kind, and what a module can do with them. */
export interface Capability {
  /** Such as `files`, `clocks`, `inference`; `unknown` for what no host of ours gives. */
  readonly name: string
  /** `module.name` of each, in the order in which they are imported. */
  readonly imports: readonly string[]
}

/** Who wrote a module: a field of its producers section. */
export interface Producer {
  /** `language`, `processed-by` or `sdk`. */
  readonly field: string
  readonly name: string
  readonly version: string
}

/** What a module is and asks for, without running it. */
export interface ModuleReport {
  /** `sha256:` and the digest of its bytes, in hexadecimal. */
  readonly digest: string
  readonly bytes: number
  readonly abi: ModuleAbi
  readonly capabilities: readonly Capability[]
  readonly exports: readonly ModuleExport[]
  /** Its own and, if it imports one, its host's. In pages of 64 KiB. */
  readonly memories: readonly Limits[]
  readonly functionCount: number
  readonly codeBytes: number
  readonly dataBytes: number
  /** Code runs when it is instantiated, before anything is called. */
  readonly hasStartFunction: boolean
  readonly producers: readonly Producer[]
  /** Whether stack traces have names. */
  readonly hasNames: boolean
  readonly customSections: readonly { readonly name: string; readonly bytes: number }[]
  /** Bytes that it has once it is metered, or why it cannot be. */
  readonly metered: { readonly bytes: number } | { readonly problem: string }
}
