/** Why there is no instruction, in place of its length: the code ends within it, or nothing we know begins so. */
export const TRUNCATED = 0
export const UNKNOWN = -1
