import { EbpfError } from '../error.ts'

/** Something a kernel can or cannot do, found out by doing it. */
export interface Feature {
  /** `program:tp_btf`, `map:ringbuf`, `attach:kprobe`, `helper:sk_storage_get`, `btf:vmlinux`. */
  readonly id: string
  readonly ok: boolean
  /** Name of the error number when the kernel said no by one. */
  readonly errno?: string
  /** What happened, for people. Empty when it is there. */
  readonly detail: string
}

/** Tries something and tells how it went. What it returns is disposed of. */
export function tryFeature(id: string, attempt: () => Disposable | void): Feature {
  try {
    using _ = attempt() ?? undefined
    return { id, ok: true, detail: '' }
  } catch (thrown) {
    const error = EbpfError.from(thrown)
    return { id, ok: false, errno: error.errnoName, detail: error.message }
  }
}
