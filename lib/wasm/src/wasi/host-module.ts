import type { GuestProcess } from './process.ts'

/** An argument of a call: i32 as it comes, with a sign; i64 as a BigInt, likewise; f32 and f64 as numbers. */
export type HostCallArgument = number & bigint

/** A call that answers a number of type i32. A promise suspends the guest. */
export type HostCall = (...args: HostCallArgument[]) => number | Promise<number>

/** What a guest may import besides preview 1, under one module name: a capability that it is given. */
export interface HostModule {
  /** As in `(import "name" …)`. */
  readonly name: string
  /** The calls of one guest, by name, with what they keep for it. Memory is there when the first of them is called. */
  open(guest: GuestProcess): OpenHostModule
}

export interface OpenHostModule extends Disposable {
  readonly calls: Readonly<Record<string, HostCall>>
  /**
   * What the guest is answered where a call threw or rejected: `WasiError` of a place outside of its memory, or what
   * the module throws itself.
   */
  failed(error: unknown): number
}
