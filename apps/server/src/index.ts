export { parseOptions, type ServerOptions } from './options.ts'
