import type { TypeStatus } from './xds-stream.ts'

export interface XdsCounts {
  readonly streams: number
  /** Names and types that somebody waits for; 0 when nobody is connected. */
  readonly watches: number
  readonly responses: number
  readonly acknowledged: number
  readonly rejected: number
  /** Streams that were ended for what they asked, for being too many, or for not being let in. */
  readonly refused: number
}

export interface XdsStreamStatus {
  /** Of the stream, as long as the server lives. */
  readonly id: number
  readonly node: { readonly id: string; readonly cluster: string }
  readonly isDelta: boolean
  readonly types: readonly TypeStatus[]
}

export interface XdsStatus {
  readonly counts: XdsCounts
  /** In the order in which they came; one proxy may have several. */
  readonly streams: readonly XdsStreamStatus[]
}
