// What tools need of the command line: its reference, made from the command tree and the protocol.
export { referenceFiles } from './reference/reference.ts'
