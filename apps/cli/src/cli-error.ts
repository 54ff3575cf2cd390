/** Exit codes of every command. */
export const ExitCode = {
  ok: 0,
  findings: 1,
  usage: 2,
  failure: 3,
  authentication: 4,
  hostCannot: 5,
  interrupted: 130,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** What can go wrong in the command line itself; `quadrant explain CODE` tells more about each. */
export type CliErrorCode =
  | 'QDR-C001' // no server for this data directory
  | 'QDR-C002' // the server does not answer
  | 'QDR-C003' // the server's address cannot be read
  | 'QDR-C004' // the token was refused
  | 'QDR-C005' // one runs already
  | 'QDR-C006' // the port is taken
  | 'QDR-C007' // the data directory cannot be used
  | 'QDR-C008' // a part does not start
  | 'QDR-C009' // this host cannot do what was asked
  | 'QDR-C010' // the recording has lines that are not flows
  | 'QDR-C011' // the server refused or failed a request
  | 'QDR-C012' // the command line is wrong
  | 'QDR-C013' // a file cannot be read
  | 'QDR-C014' // a terminal cannot show that form
  | 'QDR-C015' // a file cannot be written
  | 'QDR-C016' // no service or process of that name
  | 'QDR-C017' // the pipeline file cannot be run
  | 'QDR-C018' // a file is no program of WASI
  | 'QDR-C019' // a program trapped
  | 'QDR-C020' // a program took too long
  | 'QDR-C021' // a model cannot be loaded
  | 'QDR-C022' // a gateway cannot start
  | 'QDR-C023' // a key cannot be used
  | 'QDR-C024' // a filter is not taken
  | 'QDR-C025' // a module is no filter

const EXIT_CODES: Partial<Record<CliErrorCode, ExitCode>> = {
  'QDR-C004': ExitCode.authentication,
  'QDR-C009': ExitCode.hostCannot,
  'QDR-C012': ExitCode.usage,
  'QDR-C014': ExitCode.usage,
  'QDR-C017': ExitCode.findings,
}

export interface CliErrorOptions {
  /** The command or change that mends it. */
  readonly fix?: string
  readonly cause?: unknown
}

/** A failure that is told to the person: what happened and why (`message`), and what mends it (`fix`). */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: CliErrorCode
  readonly fix: string | undefined

  constructor(code: CliErrorCode, message: string, options: CliErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.fix = options.fix
  }

  get exitCode(): ExitCode {
    return EXIT_CODES[this.code] ?? ExitCode.failure
  }

  /** `error[QDR-C001] message`, then `fix: command`. */
  format(): string {
    return `error[${this.code}] ${this.message}${this.fix ? `\nfix: ${this.fix}` : ''}`
  }
}

export function usageError(message: string, fix?: string): CliError {
  return new CliError('QDR-C012', message, fix === undefined ? {} : { fix })
}
