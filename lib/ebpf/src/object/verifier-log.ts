/** Lines at the end of a verifier's log that tell sums, not causes. */
const SUMMARY = /^(?:processed \d+ insns|verification time|stack depth|max_states|peak_states|mark_read|\s*$)/

/** The line that says why: the last one but the sums. Empty for an empty log. */
export function telling(log: string): string {
  const lines = log.split('\n').filter((line) => !SUMMARY.test(line))
  return lines.at(-1)?.trim() ?? ''
}
