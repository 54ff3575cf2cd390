// Reads files that people write in YAML, and says of each mistake where it is and what to do. Not for browsers.
export * from './config/address.ts'
export * from './config/config-reader.ts'
export * from './config/field.ts'
export * from './config/fields.ts'
export * from './config/parse-config.ts'
