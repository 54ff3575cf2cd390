export const JOURNAL_LIMIT_BYTES_DEFAULT = 64 << 20
export const JOURNAL_LIMIT_BYTES_MIN = 1 << 20

/** Frames sent and not yet acknowledged: so many at most, and so large a part of the limit. */
export const WINDOW_FRAMES = 64
export const WINDOW_PART = 1 / 8
