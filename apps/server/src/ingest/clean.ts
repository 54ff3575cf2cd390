import { hasControl } from './refusal.ts'

/**
 * Makes a text harmless that a program chose for itself: cut to its longest, and without control characters, which
 * would reach terminals through the command line and the logs.
 */
export function clean(value: string, lengthMax: number): string {
  const cut = value.length > lengthMax ? `${value.slice(0, lengthMax - 1)}…` : value
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return hasControl(cut) ? cut.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd') : cut
}
