/** Gives the text with a number. @throws {GolangError} `pprof` where there is none */
export type TextOf = (number: number) => string
