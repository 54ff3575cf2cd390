/** Whether a text has all the words that are looked for, whatever their case; none is looked for: undefined. */
export function finder(find: string): ((text: string) => boolean) | undefined {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return undefined
  return (text) => {
    const lower = text.toLowerCase()
    return words.every((word) => lower.includes(word))
  }
}
