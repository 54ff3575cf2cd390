/** Types of frames (RFC 9113, section 6). */
export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

/** Flags of frames; what one means depends on the type. */
export const FrameFlag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const

/** Settings that change how frames are read (RFC 9113, section 6.5.2). */
export const Setting = { headerTableSize: 1, maxFrameSize: 5 } as const

export const FRAME_HEAD_BYTES = 9
/** Longest frame before anybody allows more, and the most that can be allowed. */
export const FRAME_BYTES_DEFAULT = 16_384
export const FRAME_BYTES_MAX = 2 ** 24 - 1

/** What a client sends first (RFC 9113, section 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
