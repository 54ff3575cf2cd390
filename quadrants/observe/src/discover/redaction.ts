/** What stands where a secret was. */
const REDACTED = '***'

const SECRET_NAME =
  /(pass(word|wd|phrase)?|pwd|secret|token|api[-_.]?key|access[-_.]?key|private[-_.]?key|credential|auth(orization)?|cookie|session[-_.]?id|signature|sas|dsn)$/i
/** `--password=x`, `PGPASSWORD=x`, `-Dspring.password=x`. */
const ASSIGNMENT = /^(-{0,2}[\w.-]+)[=](.+)$/s
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]{0,256}):([^\s/@]{1,512})@/gi
const QUERY_SECRET =
  /([?&;](?:[\w.-]*(?:pass(?:word|wd)?|secret|token|key|sig|signature|auth|code))=)[^&;\s]+/gi
const HEADER_SECRET =
  /\b(authorization|proxy-authorization|x-api-key|cookie)(:\s*)(?:(bearer|basic|token)\s+)?\S.*$/gi
/** Tokens that can be told by their shape: JSON web tokens, GitHub, Slack, AWS, Stripe, Google keys. */
const SHAPES =
  /\b(eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|[sr]k_(?:live|test)_\w{16,}|AIza[\w-]{30,}|glpat-[\w-]{16,})/g

/**
 * The arguments without what looks like a secret: values of options and variables that are named like one,
 * passwords in URLs, tokens known by their shape. It errs on the side of hiding too much.
 */
export function redactArguments(argv: readonly string[]): string[] {
  const out: string[] = []
  let hideNext = false
  for (const argument of argv) {
    if (hideNext && !argument.startsWith('--')) {
      out.push(REDACTED)
      hideNext = false
      continue
    }
    hideNext = /^--?[\w.-]+$/.test(argument) && isSecretName(argument)
    out.push(redactText(argument))
  }
  return out
}

function redactText(argument: string): string {
  const assignment = ASSIGNMENT.exec(argument)
  if (assignment && isSecretName(assignment[1]!)) return `${assignment[1]}=${REDACTED}`
  return hideTokens(
    argument.replace(QUERY_SECRET, `$1${REDACTED}`).replace(HEADER_SECRET, `$1$2${REDACTED}`),
    REDACTED,
  )
}

/** Whether an option, variable or parameter is named as secrets are: by the end of its name. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** The text with a mark in place of passwords in URLs and of tokens that can be told by their shape. */
export function hideTokens(text: string, mark: string): string {
  return text.replace(URL_PASSWORD, `$1:${mark}@`).replace(SHAPES, mark)
}
