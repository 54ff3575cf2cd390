// What generated code is made of: it runs in browsers, too.
export { ELEMENT, ListReader, type ReadElement } from './list-reader.ts'
export { MessageError, type MessageErrorCode } from './message-error.ts'
export { MessageReader, type ListPlace, type MessageOptions } from './message-reader.ts'
export { MessageWriter, type StructTarget } from './message-writer.ts'
export { StructReader } from './struct-reader.ts'
