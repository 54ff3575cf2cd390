/** A part of a string keeps the whole of it in memory; this does not. */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}
