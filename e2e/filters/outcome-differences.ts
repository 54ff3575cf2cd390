/** Lines of two outcomes that differ, where they differ. */
export interface Hunk {
  readonly case: string
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

/** What differs between two outcomes of a case: the fewest lines that, changed, make them the same. */
export function hunksOf(name: string, ours: readonly string[], theirs: readonly string[]): readonly Hunk[] {
  const [rows, columns] = [ours.length, theirs.length]
  // Length of the longest common part of what is left, by where each side is.
  const common = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1))
  for (let row = rows - 1; row >= 0; row--)
    for (let column = columns - 1; column >= 0; column--)
      common[row]![column] =
        ours[row] === theirs[column]
          ? common[row + 1]![column + 1]! + 1
          : Math.max(common[row + 1]![column]!, common[row]![column + 1]!)
  const hunks: Hunk[] = []
  let [row, column] = [0, 0]
  let open: { readonly case: string; readonly ours: string[]; readonly theirs: string[] } | undefined
  while (row < rows || column < columns) {
    if (row < rows && column < columns && ours[row] === theirs[column]) {
      open = undefined
      row++
      column++
      continue
    }
    if (open === undefined) {
      open = { case: name, ours: [], theirs: [] }
      hunks.push(open)
    }
    const isOurs =
      column === columns || (row < rows && common[row + 1]![column]! >= common[row]![column + 1]!)
    if (isOurs) open.ours.push(ours[row++]!)
    else open.theirs.push(theirs[column++]!)
  }
  return hunks.flatMap(byLine)
}

/** Where each line has one on the other side, each is a difference of its own. */
function byLine(hunk: Hunk): readonly Hunk[] {
  if (hunk.ours.length !== hunk.theirs.length) return [hunk]
  return hunk.ours.map((line, index) => ({ ...hunk, ours: [line], theirs: [hunk.theirs[index]!] }))
}
