import { ArgumentScannerError, formatMessageForArgumentScannerError, text_en } from '@stricli/core'
import { nearest } from '@quadrant/core'
import { CliError } from './cli-error.ts'

/** What stricli says, in our form: `error[CODE] what and why`, then `fix: command`. */
export const text = {
  ...text_en,
  noCommandRegisteredForInput: ({
    input,
    corrections,
  }: {
    input: string
    corrections: readonly string[]
  }): string =>
    `error[QDR-C012] there is no command \`${input}\`\nfix: ${
      corrections.length > 0 ? `did you mean ${corrections.join(' or ')}?` : 'quadrant --help lists them'
    }`,
  exceptionWhileParsingArguments: (error: unknown): string =>
    `error[QDR-C012] ${parseMessage(error)}\nfix: add --help to see what this command takes`,
  exceptionWhileRunningCommand: describe,
  commandErrorResult: describe,
  exceptionWhileLoadingCommandFunction: (error: unknown): string =>
    `error[QDR-C008] this command cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
}

function parseMessage(error: unknown): string {
  if (!(error instanceof ArgumentScannerError)) return error instanceof Error ? error.message : String(error)
  return formatMessageForArgumentScannerError(error, {
    ArgumentParseError: (problem) =>
      `${flag(problem.externalFlagNameOrPlaceholder)} \`${problem.input}\`: ${
        problem.exception instanceof Error ? problem.exception.message : String(problem.exception)
      }`,
    FlagNotFoundError: (problem) =>
      `there is no flag --${problem.input}${mean(problem.corrections.map((name) => `--${name}`))}`,
    AliasNotFoundError: (problem) => `there is no flag -${problem.input}`,
    UnexpectedPositionalError: (problem) => `\`${problem.input}\` is one argument too many`,
    UnsatisfiedFlagError: (problem) => `--${problem.externalFlagName} needs a value`,
    UnsatisfiedPositionalError: (problem) => `${problem.placeholder} is missing`,
    EnumValidationError: (problem) =>
      `--${problem.externalFlagName} \`${problem.input}\`: it is one of ${problem.values.join(', ')}${mean(near(problem.input, problem.values))}`,
    UnexpectedFlagError: (problem) =>
      `--${problem.externalFlagName} is given twice: \`${problem.previousInput}\` and \`${problem.input}\``,
  })
}

function near(input: string, values: readonly string[]): readonly string[] {
  const value = nearest(input, values)
  return value === undefined ? [] : [value]
}

/** Flags come with their name, positional arguments with their placeholder in upper case or brackets. */
function flag(name: string): string {
  return /^[a-z][a-zA-Z-]*$/.test(name) ? `--${name}` : name
}

function mean(corrections: readonly string[]): string {
  return corrections.length > 0 ? `; did you mean ${corrections.join(' or ')}?` : ''
}

function describe(error: unknown): string {
  if (error instanceof CliError) return error.format()
  // Not foreseen, so a fault of ours: the whole stack helps whoever reports it.
  return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}
