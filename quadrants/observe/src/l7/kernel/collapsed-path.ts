/** What stands for a segment that is an identifier. */
const IDENTIFIER = '{id}'

/** The rule of bpf/http-path.h: digits alone, 16 and more hexadecimal digits, or a UUID. */
const IDENTIFIERS = [/^\d+$/, /^[\da-f]{16,}$/i, /^(?=(?:[^-]*-){4}[^-]*$)[\da-f-]{36}$/i] as const

/**
 * A path as the kernel's program takes it: all that differ in their identifiers alone are one.
 */
export function collapsePath(path: string): string {
  return path
    .split('/')
    .map((segment) => (IDENTIFIERS.some((rule) => rule.test(segment)) ? IDENTIFIER : segment))
    .join('/')
}
