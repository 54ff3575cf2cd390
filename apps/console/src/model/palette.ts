/** One line of the command palette. */
export interface PaletteEntry {
  readonly id: string
  readonly title: string
  /** Group and further words that find it. */
  readonly group: string
  readonly keys?: string
}

/**
 * Entries whose title or group has the typed letters in this order, best first: whole words before beginnings of words
 * before letters far apart. Nothing typed: all, as they are.
 */
export function rankEntries<T extends PaletteEntry>(
  entries: readonly T[],
  typed: string,
  limit: number,
): readonly T[] {
  const needle = typed.trim().toLowerCase()
  if (needle === '') return entries.slice(0, limit)
  const scored = entries
    .map((entry, i) => ({
      entry,
      i,
      score: scoreMatch(`${entry.title} ${entry.group}`.toLowerCase(), needle),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.i - b.i)
  // Letters far apart are only worth a guess where nothing has the word itself.
  const whole = scored.filter(({ score }) => score > 1)
  return (whole.length > 0 ? whole : scored).slice(0, limit).map(({ entry }) => entry)
}

/** 0 where the letters are not there. */
function scoreMatch(text: string, needle: string): number {
  const at = text.indexOf(needle)
  if (at === 0) return 4
  if (at > 0) return /[\s:/.-]/.test(text[at - 1]!) ? 3 : 2
  let from = 0
  for (const letter of needle) {
    const found = text.indexOf(letter, from)
    if (found === -1) return 0
    from = found + 1
  }
  return needle.length / (needle.length + from)
}
