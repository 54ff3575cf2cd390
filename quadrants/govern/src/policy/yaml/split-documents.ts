/** A document of a file: its text, and where that begins. */
export interface DocumentText {
  readonly text: string
  /** Offset in the file. */
  readonly start: number
}

/**
 * The documents of a file. `---` or `...` at the start of a line ends a document wherever it stands (YAML 1.2.2, section
 * 9.1.2: no scalar can have such a line), so no parser is needed for this, and what did not change need not be parsed
 * again. Documents with nothing but blank lines and comments are left out.
 */
export function splitDocuments(file: string): readonly DocumentText[] {
  const documents: DocumentText[] = []
  let start = 0
  // A byte order mark is no content.
  if (file.charCodeAt(0) === 0xfe_ff) start = 1
  for (const match of file.matchAll(/^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm)) {
    add(start, match.index)
    start = match.index + 3
  }
  add(start, file.length)
  return documents

  function add(from: number, to: number): void {
    const text = file.slice(from, to)
    if (!/^(?:[ \t]*(?:#.*)?(?:\r?\n|$))*$/.test(text)) documents.push({ text, start: from })
  }
}
